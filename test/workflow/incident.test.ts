import { failure } from '../../workflows/contracts/failures';
import * as messages from '../../workflows/contracts/messages';
import { summaryOf } from '../../workers/gateway/incident-summary';
import { alert, IncidentHarness, resolved, type IncidentHandle, type Incidents } from '../support/incident-harness';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

async function approve(incidents: Incidents, handle: IncidentHandle): Promise<void> {
  await incidents.waitingForApproval(handle);
  await handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'kim' }] });
}

async function resolveAll(incidents: Incidents, handle: IncidentHandle): Promise<void> {
  const { alerts } = await incidents.status(handle);
  await incidents.alerts(handle, ...alerts.filter(({ status }) => status === 'firing').map(resolved));
}

test('from alert to record: diagnosed, approved, recovered, verified, closed', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const waiting = await incidents.waitingForApproval(handle);
    expect(waiting).toMatchObject({ rootCause: 'broken', phase: 'approve', severity: 'critical', incidentClass: 'remote-write-failure', impact: 'outage' });
    expect(waiting.fiveW1H).toMatchObject({ what: 'samples arrive late', why: expect.stringContaining('Receivers are broken') });
    expect(incidents.world.log.executed).toEqual([]);
    await approve(incidents, handle);
    await incidents.until(handle, (status) => status.recoveredAt !== undefined);
    await resolveAll(incidents, handle);
    const result = await handle.result();
    expect(result.outcome).toBe('recovered');
    expect(incidents.world.log.executed.map(({ step }) => step)).toEqual(['thanos-receive-1', 'thanos-receive-2']);
    expect(incidents.world.log.leases).toEqual(['acquired', 'extended', 'released']);
    const record = incidents.world.log.records.at(-1);
    expect(record?.incident).toMatchObject({ phase: 'closed', outcome: 'recovered', publicId: result.publicId });
    expect(record?.incident.timeline.map(({ event }) => event)).toEqual(expect.arrayContaining(['opened', 'diagnosed', 'planned', 'decided', 'stepExecuted', 'verified', 'stabilityConfirmed', 'outcome', 'closed']));
    // The fix outlives the incident, and reminds as soon as time is skipped.
    expect(incidents.world.log.pages.filter(({ id }) => !id.includes('-fix-')).map(({ kind }) => kind)).toEqual(['opened', 'needs-you', 'recovered', 'closed']);
    const history = await handle.fetchHistory();
    expect(history.events?.length).toBeLessThan(250);
  }));

test('a plan that policy lets through is executed without asking', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await incidents.until(handle, (status) => status.recoveredAt !== undefined);
    await resolveAll(incidents, handle);
    expect((await handle.result()).outcome).toBe('recovered');
    expect(incidents.world.log.pages.map(({ kind }) => kind)).not.toContain('needs-you');
  }, (world) => {
    world.risk.first = 'safe';
  }));

test('repeats and duplicates join; a resolved alert of an HA twin changes nothing', () =>
  harness.run(async (incidents) => {
    const first = alert();
    const handle = await incidents.open({ alerts: [first] });
    await incidents.alerts(handle, first, { ...first });
    const second = alert({ labels: { alertname: 'ThanosReceiveReplicasNotReady', severity: 'warning' } });
    await incidents.alerts(handle, second);
    const status = await incidents.until(handle, ({ alerts, timeline }) => alerts.length === 2 && timeline.some(({ event }) => event === 'paged'));
    expect(status.severity).toBe('critical');
    expect(incidents.world.log.pages.filter(({ kind }) => kind === 'opened')).toHaveLength(1);
  }));

test('heals by itself while the plan waits: closed as self-healed, nothing executed', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    incidents.world.healthy = () => true;
    await resolveAll(incidents, handle);
    expect((await handle.result()).outcome).toBe('self-healed');
    expect(incidents.world.log.executed).toEqual([]);
  }));

test('alerts that resolve because their series vanished do not close a sick incident', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    await resolveAll(incidents, handle);
    await incidents.until(handle, (status) => status.timeline.some(({ event }) => event === 'notVerified'));
    expect(await incidents.status(handle)).toMatchObject({ phase: 'approve' });
    await approve(incidents, handle);
    expect((await handle.result()).outcome).toBe('recovered');
  }));

test('a rejected plan leads to the next remedy, and to a person when none is left', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const first = await incidents.waitingForApproval(handle);
    await handle.executeUpdate(messages.decide, { args: [{ verdict: 'reject', actor: 'kim', reason: 'not now' }] });
    const second = await incidents.until(handle, ({ plan, waiting }) => plan?.remedy === 'second' && waiting?.for === 'approval');
    expect(second.plan?.id).not.toBe(first.plan?.id);
    await handle.signal(messages.reject, { actor: 'kim' });
    await incidents.until(handle, ({ phase }) => phase === 'waiting');
    expect(await incidents.status(handle)).toMatchObject({ outcome: 'handed-over' });
    await resolveAll(incidents, handle);
    expect((await handle.result()).outcome).toBe('handed-over');
    expect(incidents.world.log.executed).toEqual([]);
  }));

test('nobody decides: reminders, both clocks, then handed over at the deadline', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    await incidents.env.sleep('61 minutes');
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting');
    expect(status.outcome).toBe('handed-over');
    expect(status.clocks.recovery.breachedAt).toBeDefined();
    expect(status.clocks.rootCause.breachedAt).toBeUndefined();
    await incidents.page(handle, 'handed-over');
    const kinds = incidents.world.log.pages.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'reminder')).toHaveLength(11);
    expect(kinds).toEqual(expect.arrayContaining(['overdue', 'handed-over']));
  }));

test('taken over: nothing more is executed; given back: it starts afresh and finishes', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    await handle.executeUpdate(messages.takeOver, { args: [{ actor: 'lee', reason: 'I know this one' }] });
    const taken = await incidents.until(handle, ({ phase }) => phase === 'waiting');
    expect(taken).toMatchObject({ owner: 'lee', outcome: 'handed-over' });
    await expect(handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve' }] })).rejects.toMatchObject({ cause: { message: expect.stringContaining('no plan waits') } });
    await handle.executeUpdate(messages.resume, { args: [undefined] });
    await approve(incidents, handle);
    await incidents.until(handle, (status) => status.recoveredAt !== undefined);
    await resolveAll(incidents, handle);
    expect((await handle.result()).outcome).toBe('recovered');
  }));

test('another remedy is chosen while a plan waits', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    await expect(handle.executeUpdate(messages.chooseRemedy, { args: [{ remedy: 'nonsense' }] })).rejects.toMatchObject({ cause: { message: expect.stringContaining('first, second') } });
    await handle.executeUpdate(messages.chooseRemedy, { args: [{ remedy: 'second', actor: 'kim' }] });
    await incidents.until(handle, ({ plan, waiting }) => plan?.remedy === 'second' && waiting?.for === 'approval');
  }));

test('cancelled: nothing is executed, stays open until the alerts resolve, terminal stays terminal', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    await handle.executeUpdate(messages.cancelIncident, { args: [{ actor: 'kim', reason: 'drill' }] });
    await incidents.until(handle, ({ phase }) => phase === 'waiting');
    await expect(handle.executeUpdate(messages.resume, { args: [undefined] })).rejects.toBeDefined();
    await resolveAll(incidents, handle);
    expect((await handle.result()).outcome).toBe('cancelled');
    expect(incidents.world.log.executed).toEqual([]);
  }));

test('the world changes while a plan waits: planned again, decided again', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const before = await incidents.waitingForApproval(handle);
    incidents.world.generation = 2;
    await approve(incidents, handle);
    const after = await incidents.until(handle, ({ plan, waiting }) => plan?.hash !== before.plan?.hash && waiting?.for === 'approval');
    expect(incidents.world.log.executed).toEqual([]);
    expect(after.plan?.steps[0]?.object.uid).toBe('thanos-receive-1-2');
    await approve(incidents, handle);
    await incidents.until(handle, (status) => status.recoveredAt !== undefined);
  }));

test('a remedy that does not help is undone, and the next one is tried', () =>
  harness.run(async (incidents) => {
    const { world } = incidents;
    world.healthy = () => world.log.executed.some(({ planHash }) => planHash === helps);
    let helps = '';
    world.refusedRemedies.add('first');
    const handle = await incidents.open();
    await approve(incidents, handle);
    const handedOver = await incidents.until(handle, ({ phase }) => phase === 'waiting');
    expect(handedOver.outcome).toBe('handed-over');
    expect(world.log.executed.map(({ step, undo }) => [step, undo])).toEqual([['thanos-receive-1', false], ['thanos-receive-2', false], ['undo-1', true]]);
    expect(world.log.leases).toEqual(['acquired', 'extended', 'extended', 'released']);
    world.refusedRemedies.clear();
    await handle.executeUpdate(messages.resume, { args: [undefined] });
    helps = (await incidents.waitingForApproval(handle)).plan?.hash ?? '';
    await approve(incidents, handle);
    await incidents.until(handle, (status) => status.recoveredAt !== undefined);
  }));

test('a destructive plan needs two different people', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    const one = await handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'kim' }] });
    expect(one).toMatchObject({ standing: 'waiting', approvalsMissing: 1 });
    await expect(handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'kim' }] })).rejects.toMatchObject({ cause: { message: expect.stringContaining('another person') } });
    const two = await handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'lee' }] });
    expect(two.standing).toBe('approved');
    await incidents.until(handle, (status) => status.recoveredAt !== undefined);
    expect(incidents.world.log.executed[0]?.decisions).toBe(2);
  }, (world) => {
    world.risk.first = 'destructive';
  }));

test('alerts that no runbook claims go through the triage tree', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open({ alerts: [alert({ labels: { alertname: 'SomethingOdd' } })] });
    const status = await incidents.waitingForApproval(handle);
    expect(status).toMatchObject({ incidentClass: 'remote-write-failure', rootCause: 'broken' });
    expect(status.runbook?.chosenBecause).toContain('the evidence supports');
  }));

test('what the tree cannot place goes to a person with all the evidence', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open({ alerts: [alert({ labels: { alertname: 'SomethingOdd' } })] });
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting');
    expect(status).toMatchObject({ incidentClass: 'unknown', rootCause: 'unknown', outcome: 'handed-over' });
    expect(status.evidence.map(({ probe, status: answer }) => [probe, answer])).toEqual([['pods', 'answered'], ['log', 'unanswered']]);
    expect((await incidents.page(handle, 'handed-over')).text.en).toMatch(/certain enough to act on; no answer from log \(.+\)/);
  }, (world) => {
    world.evidence = { pods: { broken: 0, overloaded: false }, log: null };
  }));

test('a cluster that is not configured: paged, handed over, never dropped', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open({ cluster: 'nowhere' });
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting');
    expect(status.outcome).toBe('handed-over');
    expect(status.timeline.map(({ text }) => text.en).join('\n')).toContain('cluster "nowhere" is not configured');
    await incidents.page(handle, 'handed-over');
  }));

test('a cause without a remedy gives its advice to a person', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting');
    expect(status.timeline.map(({ text }) => text.en).join('\n')).toContain('Overload: add receivers');
  }, (world) => {
    world.evidence = { pods: { broken: 0, overloaded: true }, log: null };
  }));

test('waits for the lease that another incident holds', () =>
  harness.run(async (incidents) => {
    let held = true;
    incidents.world.leaseHeldBy = () => (held ? 'incident/test/agent' : undefined);
    const handle = await incidents.open();
    await approve(incidents, handle);
    await incidents.until(handle, ({ waiting }) => waiting?.for === 'lease');
    expect(incidents.world.log.executed).toEqual([]);
    held = false;
    await incidents.until(handle, (status) => status.recoveredAt !== undefined);
  }));

test('a pager that is gone holds nothing up and is written down', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await approve(incidents, handle);
    await incidents.until(handle, (status) => status.recoveredAt !== undefined);
    await resolveAll(incidents, handle);
    expect((await handle.result()).outcome).toBe('recovered');
    expect(incidents.world.log.records.at(-1)?.incident.timeline.map(({ text }) => text.en).join('\n')).toContain('not delivered: the pager said 410 Gone');
  }, (world) => {
    world.pagerWorks = false;
  }));

test('recovery that does not last is revoked and worked on again', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await approve(incidents, handle);
    await incidents.until(handle, (status) => status.recoveredAt !== undefined);
    incidents.world.healthy = () => false;
    const again = await incidents.until(handle, ({ plan, waiting }) => plan?.remedy === 'second' && waiting?.for === 'approval');
    expect(again.recoveredAt).toBeUndefined();
    expect(again.timeline.map(({ event }) => event)).toContain('recoveryRevoked');
  }));

test('a malformed webhook signal changes nothing and stops nothing', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    for (const body of [null, {}, { alerts: null }, { alerts: [null, { labels: 7 }] }]) await handle.signal('alertsChanged', body);
    await approve(incidents, handle);
    await incidents.until(handle, (status) => status.recoveredAt !== undefined);
    const { events } = await handle.fetchHistory();
    expect(events?.filter(({ workflowTaskFailedEventAttributes }) => workflowTaskFailedEventAttributes)).toEqual([]);
  }));

test('a lease that cannot be asked for hands the incident over, and nothing is executed', () =>
  harness.run(async (incidents) => {
    incidents.world.leaseHeldBy = () => {
      throw failure('UpstreamRejected', 'the lease workflow is gone');
    };
    const handle = await incidents.open();
    await approve(incidents, handle);
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting');
    expect(status.outcome).toBe('handed-over');
    expect(status.timeline.map(({ text }) => text.en).join('\n')).toContain('the lease could not be taken: the lease workflow is gone');
    expect(incidents.world.log.executed).toEqual([]);
  }));

test('a record that cannot be written is said and paged, and the incident keeps its outcome', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await approve(incidents, handle);
    await incidents.until(handle, (status) => status.recoveredAt !== undefined);
    await resolveAll(incidents, handle);
    expect((await handle.result()).outcome).toBe('recovered');
    expect(incidents.world.log.pages.some(({ text }) => text.en.includes('was not written: the record store said 507'))).toBe(true);
  }, (world) => {
    world.recordStoreWorks = false;
  }));

test('a record store that is away for ten minutes is waited for, and gets the record when it is back', () =>
  harness.run(async (incidents) => {
    const { env, world } = incidents;
    let attempts = 0;
    let backAt = Number.POSITIVE_INFINITY;
    world.beforeRecord = async () => {
      attempts += 1;
      const now = await env.currentTimeMs();
      if (attempts === 1) backAt = now + 10 * 60_000;
      if (now < backAt) throw failure('UpstreamUnavailable', 'The record bucket could not be reached');
    };
    const handle = await incidents.open();
    await approve(incidents, handle);
    await incidents.until(handle, (status) => status.recoveredAt !== undefined);
    await resolveAll(incidents, handle);
    const status = await incidents.until(handle, ({ waiting }) => waiting?.for === 'record', 'a record that waits');
    expect(status.waiting?.text).toEqual({ en: 'the record to be written', ko: '기록 저장' });
    expect(world.log.records).toEqual([]);
    expect((await handle.result()).outcome).toBe('recovered');
    expect(await env.currentTimeMs()).toBeGreaterThanOrEqual(backAt);
    expect(attempts).toBeGreaterThan(10);
    expect(world.log.records.map(({ incident }) => incident.outcome)).toEqual(['recovered']);
    expect(world.log.pages.some(({ text }) => text.en.includes('was not written'))).toBe(false);
  }));

test('a remedy chosen by whoever has taken over gives the incident back, and still waits for a decision', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    await handle.executeUpdate(messages.takeOver, { args: [{ actor: 'lee' }] });
    await incidents.until(handle, ({ phase }) => phase === 'waiting');
    await handle.executeUpdate(messages.chooseRemedy, { args: [{ remedy: 'second', actor: 'lee' }] });
    const status = await incidents.until(handle, ({ plan, waiting }) => plan?.remedy === 'second' && waiting?.for === 'approval');
    expect(status.owner).toBeUndefined();
    expect(incidents.world.log.executed).toEqual([]);
  }));

test('lists say who has it and when it recovered for as long as that is so', () =>
  harness.run(async (incidents) => {
    const listed = async () => summaryOf(await handle.describe());
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    await handle.executeUpdate(messages.takeOver, { args: [{ actor: 'lee' }] });
    await incidents.until(handle, ({ phase }) => phase === 'waiting');
    expect(await listed()).toMatchObject({ owner: 'lee' });
    await handle.executeUpdate(messages.takeOver, { args: [{ actor: 'park' }] });
    expect(await listed()).toMatchObject({ owner: 'park' });
    await handle.executeUpdate(messages.resume, { args: [undefined] });
    await incidents.waitingForApproval(handle);
    expect((await listed()).owner).toBeUndefined();
    await approve(incidents, handle);
    await incidents.until(handle, (status) => status.recoveredAt !== undefined);
    expect(await listed()).toMatchObject({ recoveredAt: expect.any(String) });
    incidents.world.healthy = () => false;
    await incidents.until(handle, ({ plan, waiting }) => plan?.remedy === 'second' && waiting?.for === 'approval');
    expect((await listed()).recoveredAt).toBeUndefined();
  }));

test('what recovered after a change that was taken back has healed by itself', () =>
  harness.run(async (incidents) => {
    const { world } = incidents;
    world.healthy = () => world.log.executed.some(({ undo }) => undo);
    world.refusedRemedies.add('first');
    const handle = await incidents.open();
    await approve(incidents, handle);
    await incidents.until(handle, ({ mutations }) => mutations.some(({ undo }) => undo), 'an undo');
    await resolveAll(incidents, handle);
    expect((await handle.result()).outcome).toBe('self-healed');
    expect(world.log.records.at(-1)?.incident.outcome).toBe('self-healed');
  }));
