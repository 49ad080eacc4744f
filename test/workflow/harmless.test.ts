import type { Runbook } from '../../workflows/contracts';
import { IncidentHarness, resolved } from '../support/incident-harness';
import { TEST_RUNBOOK, type IncidentWorld } from '../support/incident-world';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

/** The log of a receiver was damaged and repaired at its start; nothing is left to do. */
function repaired(healthy: boolean) {
  return (world: IncidentWorld) => {
    const harmless: Runbook['causes'][number] = { ...TEST_RUNBOOK.causes[1]!, impact: 'none', remedies: [], advice: { en: 'nothing has to be done', ko: '조치 불필요' } };
    world.runbook = { ...TEST_RUNBOOK, causes: [harmless] };
    world.evidence = { pods: { broken: 0, overloaded: true }, log: { matched: [] } };
    world.healthy = () => healthy;
  };
}

test('a harmless cause without a remedy wakes nobody when all is well, and is named all the same', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const { alerts, rootCause } = await incidents.until(handle, ({ phase }) => phase === 'verify');
    expect(rootCause).toBe(TEST_RUNBOOK.causes[1]!.id);
    await incidents.alerts(handle, ...alerts.map(resolved));
    expect((await handle.result()).outcome).toBe('self-healed');
    expect(incidents.world.log.pages.map(({ kind }) => kind)).not.toContain('handed-over');
  }, repaired(true)));

test('and goes to a person when it is not well', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const status = await incidents.until(handle, ({ outcome }) => outcome !== undefined);
    expect(status.outcome).toBe('handed-over');
  }, repaired(false)));

test('all is well twice and the alert fires all the same: a person is told that nobody here sees what it sees', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const { outcome, timeline } = await incidents.until(handle, (status) => status.outcome !== undefined);
    expect(outcome).toBe('handed-over');
    expect(timeline.filter(({ event }) => event === 'recoveryRevoked')).toHaveLength(2);
    expect(timeline.find(({ event }) => event === 'outcome')?.text.en).toContain('all that is looked at is well, and RemoteWriteLagging fires all the same');
    expect(incidents.world.log.executed).toEqual([]);
    expect(incidents.world.log.pages.map(({ kind }) => kind)).toContain('handed-over');
  }, repaired(true)));
