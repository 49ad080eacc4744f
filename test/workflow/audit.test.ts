import type { AuditEntry, IncidentMemo, IncidentRecord } from '../../workflows/contracts';
import { failure } from '../../workflows/contracts/failures';
import * as messages from '../../workflows/contracts/messages';
import { headOf, recordDigest } from '../../workflows/domain/audit';
import { historyFaults, readHistory, type History } from '../../workers/audit/history';
import type { LedgerEntry } from '../../workers/audit/ledger-entry';
import { verifyIncident } from '../../workers/audit/verify';
import { filesOf } from '../support/audited-incident';
import { alert, IncidentHarness, resolved, type IncidentHandle, type Incidents } from '../support/incident-harness';
import { TestSigner } from '../support/signing';

const signer = new TestSigner();
let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

type Audited = IncidentRecord & { audit: AuditEntry[] };
const written = ({ world }: Incidents) => world.log.records.at(-1) as Audited;
const kinds = ({ audit }: Audited) => audit.map(({ kind }) => kind);
const memoOf = async (handle: IncidentHandle) => (await handle.describe()).memo as unknown as IncidentMemo;
const historyOf = async ({ env }: Incidents, handle: IncidentHandle): Promise<History> => {
  const { workflowId, firstRunId } = (await handle.query(messages.incidentStatus));
  return (await readHistory(env.client, { workflowId, firstRunId }))!;
};
const told = (entries: readonly AuditEntry[], history: History) => historyFaults(entries, history).map(({ where, problem }) => `${where}: ${problem}`);

test('the trail has what was decided, refused and done; memo, record and history agree with it', () =>
  harness.run(async (incidents) => {
    const fired = alert();
    const handle = await incidents.open({ alerts: [fired] });
    const status = await incidents.waitingForApproval(handle);
    await handle.signal(messages.approve, { actor: 'root' });
    await handle.executeUpdate(messages.decide, { args: [signer.decision(status, 'approve')] });
    await incidents.until(handle, ({ recoveredAt }) => recoveredAt !== undefined);
    await incidents.alerts(handle, resolved(fired));
    await handle.result();

    const record = written(incidents);
    expect(kinds(record)).toEqual(['opened', 'runbookChosen', 'diagnosed', 'planned', 'approvalAsked', 'messageRefused', 'decided', 'leaseTaken', 'stepExecuted', 'stepExecuted', 'verified', 'stabilityConfirmed', 'outcome', 'permanentFixStarted', 'sealed']);
    expect(record.audit.at(-1)!.body['recordDigest']).toBe(recordDigest(record));
    expect((await memoOf(handle)).audit).toEqual(headOf(record.audit));

    const history = await historyOf(incidents, handle);
    expect(told(record.audit, history)).toEqual([]);
    const files = await filesOf(record);
    const closed = { n: 0, kind: 'closed', publicId: record.incident.publicId, ended: 'completed', ...history.head } as LedgerEntry;
    expect(verifyIncident({ publicId: record.incident.publicId, audit: files['audit.jsonl'], record: files['record.json'], ledger: [closed], keys: [signer.key] }).faults).toEqual([]);

    const without = (kind: AuditEntry['kind']) => record.audit.filter((entry) => entry.kind !== kind);
    expect(told(without('stepExecuted'), history)).toEqual(expect.arrayContaining([expect.stringContaining('Temporal knows another end'), expect.stringContaining('the mutation thanos-receive-1'), expect.stringContaining('the mutation thanos-receive-2')]));
    expect(told(without('decided'), history)).toContainEqual(expect.stringContaining("the decision of kim, which Temporal's history has"));
    expect(told(record.audit, { ...history, plans: [], mutations: [], accepted: [], signalled: [] })).toEqual([
      expect.stringMatching(/entry 8: .*no such mutation/), expect.stringMatching(/entry 9: .*no such mutation/), expect.stringMatching(/entry 3: .*no such plan/), expect.stringMatching(/entry 6: .*no such decision/),
    ]);
  }, (world) => {
    world.settings = { ...world.settings, acceptUnsigned: false, keys: [signer.key] };
  }));

test('a kill switch that stopped a step, its undo, a take-over and a return are in the trail', () =>
  harness.run(async (incidents) => {
    const fired = alert();
    const handle = await incidents.open({ alerts: [fired] });
    await incidents.waitingForApproval(handle);
    await handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'kim' }] });
    await incidents.until(handle, ({ mutations }) => mutations.some(({ undo }) => undo));
    await handle.executeUpdate(messages.takeOver, { args: [{ actor: 'kim', reason: 'mine' }] });
    await incidents.until(handle, ({ phase }) => phase === 'waiting');
    await incidents.alerts(handle, resolved(fired));
    await handle.result();
    const { audit } = written(incidents);
    const of = (kind: AuditEntry['kind']) => audit.filter((entry) => entry.kind === kind);
    expect(of('executionFailed')[0]!.body).toMatchObject({ reason: expect.stringContaining('Automation is switched off') });
    expect(of('stepExecuted').map(({ body }) => body['undo'])).toEqual([false, true]);
    expect(of('takenOver')).toMatchObject([{ actor: 'kim', body: { reason: 'mine' } }]);
    expect(told(audit, await historyOf(incidents, handle))).toEqual([]);
  }, (world) => {
    world.refusedRemedies.add('first');
    world.healthy = () => false;
    world.onExecute = (request) => {
      if (request.stepId === 'thanos-receive-2') throw failure('GateRefused', 'Automation is switched off in the cluster test');
    };
  }));

test('what is said while the record is being written is in it', () =>
  harness.run(async (incidents) => {
    const fired = alert();
    const handle = await incidents.open({ alerts: [fired] });
    await incidents.waitingForApproval(handle);
    const { records } = incidents.world.log;
    incidents.world.beforeRecord = async () => {
      if (records.length === 0) await handle.signal(messages.approve, { actor: 'late' });
    };
    await handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'kim' }] });
    await incidents.until(handle, ({ recoveredAt }) => recoveredAt !== undefined);
    await incidents.alerts(handle, resolved(fired));
    await handle.result();
    expect(records).toHaveLength(2);
    expect(kinds(written(incidents)).slice(-2)).toEqual(['messageRefused', 'sealed']);
    expect((await memoOf(handle)).audit).toEqual(headOf(written(incidents).audit));
  }));
