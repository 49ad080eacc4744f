import { failure, type Outcome, type StormEntry } from '../../workflows/contracts';
import * as messages from '../../workflows/contracts/messages';
import { permanentFixStatus, settleFix } from '../../workflows/contracts/permanent-fix-messages';
import { alert, IncidentHarness, resolved, type IncidentHandle, type Incidents } from '../support/incident-harness';
import { IncidentWorld, TEST_RUNBOOK } from '../support/incident-world';

const MINUTE = 60_000;
const text = (en: string) => ({ en, ko: en });

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

/** A record store that can be away, and the company that an incident seeks and leaves. */
class ClosingWorld extends IncidentWorld {
  storeIsAway = true;
  readonly storm: string[] = [];
  override runbook = {
    ...TEST_RUNBOOK,
    causes: TEST_RUNBOOK.causes.map((cause) => (cause.id === 'advice-only' ? { ...cause, permanentFix: ['receivers'] } : cause)),
    permanentFix: [...TEST_RUNBOOK.permanentFix, { id: 'receivers', title: text('More receivers'), description: text('x') }],
  };
  override beforeRecord = async () => {
    if (this.storeIsAway) throw failure('UpstreamUnavailable', 'The record store is away');
  };

  override activities() {
    return {
      ...super.activities(),
      temporalJoinStorm: async (_: { cluster: string; entry: StormEntry }) => void this.storm.push('joined'),
      temporalLeaveStorm: async (_: { cluster: string; workflowId: string; outcome: Outcome }) => void this.storm.push('left'),
    };
  }

  /** The pods are whole, and there are too few of them: a cause that no remedy is for. */
  overload(): void {
    this.healthy = () => false;
    this.evidence = { pods: { broken: 0, overloaded: true }, log: null };
  }
}

const another = () => alert({ labels: { alertname: 'RemoteWriteLagging', cluster: 'test', severity: 'critical', receive: 'other' } });

async function resolveAll(incidents: Incidents, handle: IncidentHandle): Promise<void> {
  const { alerts } = await incidents.status(handle);
  await incidents.alerts(handle, ...alerts.filter(({ status }) => status === 'firing').map(resolved));
}

const closing = (incidents: Incidents, handle: IncidentHandle) => incidents.until(handle, ({ waiting }) => waiting?.for === 'record', 'a record that waits');

async function recoveredAndClosing(incidents: Incidents, handle: IncidentHandle): Promise<void> {
  await incidents.waitingForApproval(handle);
  await handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'kim' }] });
  await incidents.until(handle, (status) => status.recoveredAt !== undefined);
  await resolveAll(incidents, handle);
  await closing(incidents, handle);
}

function whileTheStoreIsAway(test: (incidents: Incidents, world: ClosingWorld, handle: IncidentHandle) => Promise<void>): Promise<void> {
  let world: ClosingWorld | undefined;
  return harness.run(async (incidents) => test(incidents, world!, await incidents.open()), undefined, { createWorld: (settings) => (world = new ClosingWorld(settings)) });
}

const saidOf = ({ world }: Incidents) => world.log.pages.map(({ kind, text: { en } }) => `${kind}: ${en}`);

test('an alert that fires while the record store is away reopens the incident at once: paged, diagnosed, timed, in company', () =>
  whileTheStoreIsAway(async (incidents, world, handle) => {
    await recoveredAndClosing(incidents, handle);
    await incidents.until(handle, () => world.storm.length === 2);
    const before = await incidents.env.currentTimeMs();
    world.overload();
    await incidents.alerts(handle, another());
    const again = await incidents.until(handle, ({ phase }) => phase === 'waiting', 'a hand-over');
    expect((await incidents.env.currentTimeMs()) - before).toBeLessThan(10 * MINUTE);
    expect(again).toMatchObject({ rootCause: 'advice-only', outcome: 'handed-over' });
    expect(again.recoveredAt).toBeUndefined();
    expect(saidOf(incidents)).toContainEqual('opened: Reopened: Remote write is failing; an alert fired again while the incident was closing. Diagnosis has begun.');
    expect(world.storm).toEqual(['joined', 'left', 'joined']);
    expect(again.clocks.recovery.breachedAt).toBeUndefined();
    await incidents.env.sleep(16 * MINUTE);
    expect((await incidents.status(handle)).clocks.recovery.breachedAt).toBeDefined();
    expect(saidOf(incidents)).toContain('overdue: Not recovered within the target: Remote write is failing');
    expect(world.log.records).toEqual([]);
    world.storeIsAway = false;
    await resolveAll(incidents, handle);
    expect((await handle.result()).outcome).toBe('handed-over');
    expect(world.log.records.map(({ incident }) => incident.phase)).toEqual(['closed']);
  }));

test('what another cause proposes is followed together with what was proposed before', () =>
  whileTheStoreIsAway(async (incidents, world, handle) => {
    await recoveredAndClosing(incidents, handle);
    world.overload();
    await incidents.alerts(handle, another());
    await incidents.until(handle, ({ phase }) => phase === 'waiting', 'a hand-over');
    world.storeIsAway = false;
    await resolveAll(incidents, handle);
    const { publicId } = await handle.result();
    const fixes = incidents.env.client.workflow.getHandle(`permanent-fix/${publicId}`);
    incidents.opened.push(fixes as never);
    expect((await fixes.query(permanentFixStatus)).fixes.map(({ id }) => id)).toEqual(['budget', 'receivers']);
    const { incident, permanentFixes } = world.log.records.at(-1)!;
    expect(permanentFixes.map(({ id }) => id)).toEqual(['budget', 'receivers']);
    expect(incident.permanentFix?.fixes.map(({ id }) => id)).toEqual(['budget', 'receivers']);
    for (const fix of ['budget', 'receivers']) await fixes.executeUpdate(settleFix, { args: [{ fix, state: 'applied', actor: 'kim' }] });
    await fixes.result();
  }));

test('where what was proposed before has been settled, what is new is followed all the same', () =>
  whileTheStoreIsAway(async (incidents, world, handle) => {
    await recoveredAndClosing(incidents, handle);
    const { permanentFix } = await incidents.status(handle);
    const fixes = incidents.env.client.workflow.getHandle(permanentFix!.workflowId);
    await fixes.executeUpdate(settleFix, { args: [{ fix: 'budget', state: 'applied', actor: 'kim' }] });
    await fixes.result();
    world.overload();
    await incidents.alerts(handle, another());
    await incidents.until(handle, ({ phase }) => phase === 'waiting', 'a hand-over');
    world.storeIsAway = false;
    await resolveAll(incidents, handle);
    await handle.result();
    const followed = await incidents.env.client.workflow.getHandle(permanentFix!.workflowId).query(permanentFixStatus);
    expect(followed.fixes.map(({ id, state }) => [id, state])).toEqual([['receivers', 'proposed']]);
  }));

test('what fires after a cancelled incident’s alerts have ended is no longer what was cancelled', () =>
  whileTheStoreIsAway(async (incidents, world, handle) => {
    await incidents.waitingForApproval(handle);
    await handle.executeUpdate(messages.cancelIncident, { args: [{ actor: 'kim' }] });
    await incidents.until(handle, ({ phase }) => phase === 'waiting');
    await resolveAll(incidents, handle);
    await closing(incidents, handle);
    await incidents.alerts(handle, another());
    const again = await incidents.waitingForApproval(handle);
    expect(again.outcome).toBeUndefined();
    expect(world.log.executed).toEqual([]);
  }));

test('one that ended as part of another is looked at by itself when it is reopened', () =>
  whileTheStoreIsAway(async (incidents, _world, handle) => {
    await incidents.waitingForApproval(handle);
    await handle.signal(messages.stormNews, { kind: 'follow', leader: { workflowId: 'incident/test/agent', publicId: '20260101-0c0c0c0c', failureDomain: 'agent' } });
    await incidents.until(handle, ({ waiting }) => waiting?.for === 'leader', 'a follower');
    await resolveAll(incidents, handle);
    expect((await closing(incidents, handle)).outcome).toBe('merged');
    await incidents.alerts(handle, another());
    const again = await incidents.waitingForApproval(handle);
    expect([again.leader, again.outcome]).toEqual([undefined, undefined]);
  }));

test('whoever had it when it closed has it when it is reopened', () =>
  whileTheStoreIsAway(async (incidents, world, handle) => {
    await incidents.waitingForApproval(handle);
    await handle.executeUpdate(messages.takeOver, { args: [{ actor: 'lee' }] });
    await incidents.until(handle, ({ phase }) => phase === 'waiting');
    await resolveAll(incidents, handle);
    await closing(incidents, handle);
    const probes = world.log.probes.length;
    await incidents.alerts(handle, another());
    expect(await incidents.until(handle, ({ phase }) => phase === 'waiting')).toMatchObject({ owner: 'lee' });
    await incidents.until(handle, () => saidOf(incidents).some((said) => /^opened: Reopened: .* It is still lee's\.$/.test(said)));
    expect(world.log.probes).toHaveLength(probes);
    // And can be given back.
    await handle.executeUpdate(messages.resume, { args: [undefined] });
    await incidents.waitingForApproval(handle);
  }));

test('what would come to nothing is refused while the incident is closing; a note is taken', () =>
  whileTheStoreIsAway(async (incidents, world, handle) => {
    await recoveredAndClosing(incidents, handle);
    const refused = { cause: { message: 'the incident is closing' } };
    await expect(handle.executeUpdate(messages.takeOver, { args: [{ actor: 'lee' }] })).rejects.toMatchObject(refused);
    await expect(handle.executeUpdate(messages.takeOver, { args: [{ actor: 'lee', forMs: MINUTE }] })).rejects.toMatchObject(refused);
    await expect(handle.executeUpdate(messages.resume, { args: [undefined] })).rejects.toMatchObject(refused);
    await expect(handle.executeUpdate(messages.chooseRemedy, { args: [{ remedy: 'second', actor: 'lee' }] })).rejects.toMatchObject(refused);
    await expect(handle.executeUpdate(messages.cancelIncident, { args: [{ actor: 'lee' }] })).rejects.toMatchObject(refused);
    await handle.executeUpdate(messages.addNote, { args: [{ actor: 'lee', text: 'the disk of the store was full' }] });
    world.storeIsAway = false;
    expect((await handle.result()).outcome).toBe('recovered');
    expect(world.log.records.at(-1)?.incident).toMatchObject({ notes: [{ text: 'the disk of the store was full' }] });
    expect(world.log.records.at(-1)?.incident.owner).toBeUndefined();
  }));
