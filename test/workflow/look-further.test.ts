import type { IncidentClass, IncidentStatus, Runbook } from '../../workflows/contracts';
import * as messages from '../../workflows/contracts/messages';
import { alert, IncidentHarness, resolved, type IncidentHandle, type Incidents } from '../support/incident-harness';
import { TEST_RUNBOOK, type IncidentWorld } from '../support/incident-world';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

const text = (en: string) => ({ en, ko: `${en} (ko)` });
const [BROKEN] = TEST_RUNBOOK.causes as [Runbook['causes'][number]];

function runbook(id: IncidentClass, alertname: string, cause: Partial<Runbook['causes'][number]>): Runbook {
  return { ...TEST_RUNBOOK, id, title: text(`The problem ${id}`), match: [{ alertname }], causes: [{ ...BROKEN, id: `cause-of-${id}`, title: text(`Cause of ${id}`), supports: [], ...cause }] };
}

/** A log that was repaired at a start: nothing is left to do about it. */
const REPAIRED = runbook('tsdb-corruption', 'LogRepaired', { when: { probe: 'log', field: 'matched', includes: 'repaired' }, impact: 'none', remedies: [], advice: text('nothing has to be done') });
/** What really is wrong, and shows only once the second alert has fired. */
const DISK = runbook('disk-full', 'DiskFilling', { when: { probe: 'pods', field: 'full', is: true } });
const repairedAlert = () => alert({ labels: { alertname: 'LogRepaired', cluster: 'test', severity: 'warning' } });
const diskAlert = () => alert({ labels: { alertname: 'DiskFilling', cluster: 'test', severity: 'critical' } });

function world(change: Partial<IncidentWorld> = {}) {
  return (made: IncidentWorld) => {
    made.runbook = REPAIRED;
    made.others = [DISK, runbook('high-memory', 'OutOfMemory', { when: { probe: 'pods', field: 'killed', is: true } })];
    made.evidence = { pods: { full: false, killed: false }, log: { matched: ['repaired'] } };
    Object.assign(made, change);
  };
}

async function finish(incidents: Incidents, handle: IncidentHandle): Promise<IncidentStatus> {
  await incidents.waitingForApproval(handle);
  await handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'kim' }] });
  const { alerts } = await incidents.until(handle, (status) => status.recoveredAt !== undefined && status.mutations.length > 0);
  await incidents.alerts(handle, ...alerts.map(resolved));
  expect((await handle.result()).outcome).toBe('recovered');
  return incidents.world.log.records.at(-1)!.incident;
}

const further = ({ timeline }: IncidentStatus) => timeline.filter(({ event }) => event === 'lookedFurther').map(({ text: said }) => said.en);

test('an alert about damage that is repaired comes first; the one about what is wrong is not hidden by it', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open({ alerts: [repairedAlert()] });
    // The look whether all is well is over, which the next alert would call off.
    await incidents.until(handle, ({ rootCause, timeline }) => rootCause === 'cause-of-tsdb-corruption' && timeline.some(({ event }) => event === 'notVerified'));
    incidents.world.evidence = { ...incidents.world.evidence, pods: { full: true, killed: false } };
    await incidents.alerts(handle, diskAlert());
    const waiting = await incidents.waitingForApproval(handle);
    expect(waiting).toMatchObject({ incidentClass: 'disk-full', rootCause: 'cause-of-disk-full', ledFrom: [{ incidentClass: 'tsdb-corruption', cause: 'cause-of-tsdb-corruption', nothingToMend: true }] });
    expect(waiting.runbook?.chosenBecause).toBe('tsdb-corruption found nothing to mend; the evidence supports disk-full');
    // What was looked at first is no step on the way to the cause.
    expect(waiting.fiveW1H?.why).toBe('Cause of disk-full (90 %)');
    const record = await finish(incidents, handle);
    expect(further(record)).toEqual(['tsdb-corruption found nothing to mend (Cause of tsdb-corruption): the evidence supports disk-full, and the incident goes on as that']);
  }, world()));

test('the pipeline is well when it is looked at, and another alert fires while that is confirmed: it is looked at again', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open({ alerts: [repairedAlert()] });
    await incidents.until(handle, ({ waiting }) => waiting?.for === 'stability');
    incidents.world.healthy = () => incidents.world.log.executed.length > 0;
    incidents.world.evidence = { ...incidents.world.evidence, pods: { full: true, killed: false } };
    await incidents.alerts(handle, diskAlert());
    expect(await incidents.waitingForApproval(handle)).toMatchObject({ incidentClass: 'disk-full', rootCause: 'cause-of-disk-full' });
    await finish(incidents, handle);
  }, world({ healthy: () => true })));

test('no other alert fires, but it is not well: at the second look the other classes are asked', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open({ alerts: [repairedAlert()] });
    expect(await incidents.waitingForApproval(handle)).toMatchObject({ incidentClass: 'high-memory', rootCause: 'cause-of-high-memory' });
    // The same question is asked once, however many classes have it: twice by each diagnosis, twice by the search.
    expect(incidents.world.log.probes).toHaveLength(3 * 2 + 2);
    await finish(incidents, handle);
  }, world({ evidence: { pods: { full: false, killed: true }, log: { matched: ['repaired'] } } })));

test('no class finds anything: a person has it, and is told who has been asked', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open({ alerts: [repairedAlert(), diskAlert()] });
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting');
    expect(status).toMatchObject({ incidentClass: 'tsdb-corruption', outcome: 'handed-over' });
    expect(status.ledFrom).toBeUndefined();
    expect(further(status)[0]).toBe('tsdb-corruption found nothing to mend (Cause of tsdb-corruption); nor does disk-full, high-memory');
  }, world()));

describe('in a person’s hands', () => {
  test('an alert that says what the first did not: it is looked at again', () =>
    harness.run(async (incidents) => {
      const handle = await incidents.open({ alerts: [repairedAlert()] });
      await incidents.until(handle, ({ phase }) => phase === 'waiting');
      incidents.world.evidence = { ...incidents.world.evidence, pods: { full: true, killed: false } };
      await incidents.alerts(handle, diskAlert());
      const waiting = await incidents.waitingForApproval(handle);
      expect(waiting).toMatchObject({ incidentClass: 'disk-full' });
      expect(waiting.timeline.some(({ event, text: said }) => event === 'resumed' && said.en.includes('another alert fires'))).toBe(true);
      await finish(incidents, handle);
    }, world()));

  test('who has taken it over keeps it', () =>
    harness.run(async (incidents) => {
      const handle = await incidents.open({ alerts: [repairedAlert()] });
      await incidents.until(handle, ({ phase }) => phase === 'waiting');
      await handle.executeUpdate(messages.takeOver, { args: [{ actor: 'kim' }] });
      await incidents.alerts(handle, diskAlert());
      await incidents.env.sleep('20 minutes');
      expect(await incidents.status(handle)).toMatchObject({ phase: 'waiting', owner: 'kim', incidentClass: 'tsdb-corruption' });
    }, world()));

  test('an incident that no runbook claimed is claimed by an alert that joins', () =>
    harness.run(async (incidents) => {
      const handle = await incidents.open({ alerts: [alert({ labels: { alertname: 'Unheard', cluster: 'test' } })] });
      await incidents.until(handle, ({ phase }) => phase === 'waiting');
      incidents.world.evidence = { ...incidents.world.evidence, pods: { full: true, killed: false } };
      await incidents.alerts(handle, diskAlert());
      expect(await incidents.waitingForApproval(handle)).toMatchObject({ incidentClass: 'disk-full' });
      await finish(incidents, handle);
    }, world({ runbook: null })));
});

test('a class that was left because it found nothing may be come back to', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open({ alerts: [repairedAlert(), diskAlert()] });
    const waiting = await incidents.waitingForApproval(handle);
    expect(waiting).toMatchObject({ incidentClass: 'tsdb-corruption', rootCause: 'damaged' });
    expect(waiting.ledFrom?.map(({ incidentClass, nothingToMend }) => [incidentClass, nothingToMend ?? false])).toEqual([['tsdb-corruption', true], ['disk-full', false]]);
    await finish(incidents, handle);
  }, (made) => {
    world()(made);
    // The damage shows only when the disk has been looked at.
    Object.defineProperty(made, 'evidence', { get: () => ({ pods: { full: true, damaged: made.log.probes.length > 4 }, log: { matched: ['repaired'] } }) });
    made.runbook = { ...REPAIRED, causes: [{ ...BROKEN, id: 'damaged', title: text('Damaged'), when: { probe: 'pods', field: 'damaged', is: true } }, ...REPAIRED.causes] };
    made.others = [{ ...DISK, causes: [{ ...DISK.causes[0]!, leadsTo: 'tsdb-corruption', remedies: [] }] }];
  }));

test('while nobody is certain, the end of the alerts is a reason to look again at once', () =>
  harness.run(async (incidents) => {
    const first = alert();
    const handle = await incidents.open({ alerts: [first] });
    await incidents.until(handle, ({ rootCause }) => rootCause === 'unknown', 'a first look');
    const looked = incidents.world.log.probes.length;
    await incidents.alerts(handle, resolved(first));
    await incidents.until(handle, () => incidents.world.log.probes.length > looked, 'a second look');
  }, (world) => {
    world.evidence = { pods: null, log: null };
    world.healthy = () => false;
    // Weeks between two looks: nothing but the end of the alerts can bring the second one forward.
    world.settings.durations.rootCauseTarget = 100 * 24 * 3_600_000;
  }));
