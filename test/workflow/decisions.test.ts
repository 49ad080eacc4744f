import { randomUUID } from 'node:crypto';
import type { DecisionBody, IncidentStatus, Signed, Statement } from '../../workflows/contracts';
import * as messages from '../../workflows/contracts/messages';
import { IncidentHarness, type IncidentHandle, type Incidents } from '../support/incident-harness';
import type { IncidentWorld } from '../support/incident-world';
import { TestSigner } from '../support/signing';

const signer = new TestSigner();
const signedOnly = (world: IncidentWorld) => {
  world.settings = { ...world.settings, acceptUnsigned: false, keys: [signer.key] };
};

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

const decide = (handle: IncidentHandle, decision: Signed<DecisionBody> | (DecisionBody & { actor?: string })) => handle.executeUpdate(messages.decide, { args: [decision] });

/** Refused: with the reason, without an event in the history, without a mutation. */
async function expectRefused(incidents: Incidents, handle: IncidentHandle, decision: Parameters<typeof decide>[1], reason: RegExp): Promise<void> {
  const before = (await handle.fetchHistory()).events?.filter(({ workflowExecutionUpdateAcceptedEventAttributes }) => workflowExecutionUpdateAcceptedEventAttributes).length;
  const refusal: unknown = await decide(handle, decision).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ cause: { type: 'Refused', message: expect.stringMatching(reason) } });
  const after = (await handle.fetchHistory()).events?.filter(({ workflowExecutionUpdateAcceptedEventAttributes }) => workflowExecutionUpdateAcceptedEventAttributes).length;
  expect(after).toBe(before);
  expect(incidents.world.log.executed).toEqual([]);
}

type Change = Partial<Statement<DecisionBody>>;
const attacks: Array<[string, (status: IncidentStatus) => Parameters<typeof decide>[1], RegExp]> = [
  ['unsigned', () => ({ verdict: 'approve', actor: 'admin' }), /unsigned messages are not accepted/],
  ['signed by a stranger', (status) => new TestSigner().decision(status, 'approve'), /not trusted/],
  ['changed after signing', (status) => {
    const good = signer.decision(status, 'reject');
    return { ...good, statement: { ...good.statement, body: { ...good.statement.body, verdict: 'approve' } } };
  }, /signature does not match/],
  ['for another incident', (status) => signer.decision(status, 'approve', { workflowId: 'incident/other/receive' } satisfies Change), /another workflowId/],
  ['for an earlier run of this one', (status) => signer.decision(status, 'approve', { firstRunId: randomUUID() } satisfies Change), /another firstRunId/],
  ['for another namespace', (status) => signer.decision(status, 'approve', { temporalNamespace: 'prod' } satisfies Change), /another temporalNamespace/],
  ['for another plan', (status) => signer.decision(status, 'approve', { body: { verdict: 'approve', planHash: 'f'.repeat(64) } } satisfies Change), /about another/],
  ['without a plan', (status) => signer.decision(status, 'approve', { body: { verdict: 'approve' } } satisfies Change), /names the hash/],
  ['of a viewer', (status) => signer.decision(status, 'approve', { roles: ['viewer'] } satisfies Change), /takes the role approver/],
  ['too late', (status) => signer.decision(status, 'approve', { expiresAt: '2020-01-01T00:00:00.000Z' } satisfies Change), /expired/],
  ['a note’s signature', (status) => signer.sign(status, 'addNote', { verdict: 'approve', planHash: status.plan?.hash ?? '' } satisfies DecisionBody), /another message/],
];

test.each(attacks)('a decision %s is refused without an event', (_name, attack, reason) =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await expectRefused(incidents, handle, attack(await incidents.waitingForApproval(handle)), reason);
  }, signedOnly));

test('a forged signal changes nothing and is written down as refused', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    await handle.signal(messages.approve, { actor: 'root' });
    const status = await incidents.until(handle, ({ refusedMessages }) => refusedMessages.length > 0);
    expect(status.refusedMessages).toMatchObject([{ message: 'approve', actor: 'root (claimed)', reason: expect.stringContaining('unsigned') }]);
    expect(status.phase).toBe('approve');
    expect(incidents.world.log.executed).toEqual([]);
  }, signedOnly));

test('a signed decision counts once, and its replay is refused', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const status = await incidents.waitingForApproval(handle);
    const kim = signer.decision(status, 'approve');
    expect(await decide(handle, kim)).toMatchObject({ standing: 'waiting', approvalsMissing: 1 });
    await expectRefused(incidents, handle, kim, /counted before/);
    await expectRefused(incidents, handle, signer.decision(status, 'approve'), /another person/);
    expect(await decide(handle, signer.decision(status, 'approve', { actor: 'lee' }))).toMatchObject({ standing: 'approved' });
    await incidents.until(handle, ({ recoveredAt }) => recoveredAt !== undefined);
  }, (world) => {
    signedOnly(world);
    world.risk.first = 'destructive';
  }));

test('a decision that comes after the end of the wait is refused', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const status = await incidents.waitingForApproval(handle);
    await incidents.env.sleep('61 minutes');
    await incidents.until(handle, ({ phase }) => phase === 'waiting');
    await expectRefused(incidents, handle, signer.decision(status, 'approve'), /no plan waits/);
  }, signedOnly));

test('fifty people press approve and reject at once: one decision stands, everyone gets a true answer', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const status = await incidents.waitingForApproval(handle);
    const presses = Array.from({ length: 50 }, (_, person) => signer.decision(status, person % 2 ? 'approve' : 'reject', { actor: `person-${person}` }));
    // Ten at a time: more updates than that may not be in flight.
    const answers: unknown[] = [];
    for (let start = 0; start < presses.length; start += 10) {
      answers.push(...(await Promise.all(presses.slice(start, start + 10).map((press) => decide(handle, press).catch((error: unknown) => error)))));
    }
    const after = await incidents.status(handle);
    const first = after.decisions.filter(({ planId }) => planId === status.plan?.id);
    expect(answers.filter((answer) => !(answer instanceof Error))).toHaveLength(first.length);
    const rejected = first.some(({ verdict }) => verdict === 'reject');
    if (rejected) expect(incidents.world.log.executed).toEqual([]);
    expect(first.length).toBeGreaterThan(0);
  }, signedOnly));
