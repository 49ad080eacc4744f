import { failure, type Runbook } from '../../workflows/contracts';
import * as messages from '../../workflows/contracts/messages';
import { alert, IncidentHarness, resolved } from '../support/incident-harness';
import { TEST_RUNBOOK, type IncidentWorld } from '../support/incident-world';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

const text = (en: string) => ({ en, ko: en });
const STRANGE = alert({ labels: { alertname: 'NobodyKnowsMe', cluster: 'test', severity: 'warning' } });

/** As the shipped one: it claims nothing, asks about everything, and lays it out. */
const UNKNOWN: Runbook = {
  ...TEST_RUNBOOK,
  id: 'unknown',
  title: text('Trouble of an unknown kind'),
  match: [],
  probes: [{ id: 'allPods', use: 'test.pods', with: {} }, { id: 'allErrors', use: 'test.log', with: {} }],
  causes: [{ ...TEST_RUNBOOK.causes[0]!, id: 'symptom', when: { probe: 'allPods', field: 'broken', above: 0 }, supports: [], remedies: [], permanentFix: [], leadsTo: 'grafana-unreachable', advice: text('look') }],
  remedies: [],
  permanentFix: [],
  checklists: [{ id: 'first-look', title: text('First look'), lines: [
    { id: 'pods', title: text('Pods'), ok: { probe: 'allPods', field: 'overloaded', is: false } },
    { id: 'errors', title: text('Errors'), ok: { probe: 'allErrors', field: 'matched', isEmpty: true } },
  ] }],
};

const sick = (world: IncidentWorld) => {
  world.healthy = () => false;
  world.others = [UNKNOWN];
};

test('an alert that nobody knows: everything is asked, and a person gets it by the checklists', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open({ alerts: [STRANGE] });
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting', 'a hand-over');
    expect(status).toMatchObject({ incidentClass: 'unknown', rootCause: 'unknown', runbook: { id: 'unknown' } });
    expect(status.checklists?.[0]?.lines.map(({ id, verdict }) => [id, verdict])).toEqual([['pods', 'ok'], ['errors', 'not-answered']]);
    expect(status.checklists?.[0]?.lines[1]?.because[0]).toContain('allErrors answered garbage');
    await incidents.alerts(handle, resolved(STRANGE));
    await expect(handle.result()).resolves.toMatchObject({ outcome: 'handed-over' });
    expect(incidents.world.log.records[0]?.incident.checklists).toHaveLength(1);
  }, (world) => {
    sick(world);
    world.runbook = null;
    world.evidence = { allPods: { broken: 0, overloaded: false }, allErrors: null };
  }));

test('a symptom leads to the class that treats it', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open({ alerts: [STRANGE] });
    const status = await incidents.waitingForApproval(handle);
    expect(status).toMatchObject({ incidentClass: 'grafana-unreachable', rootCause: 'broken', ledFrom: [{ incidentClass: 'unknown', cause: 'symptom' }] });
    await handle.cancel().catch(() => undefined);
  }, (world) => {
    world.runbook = null;
    world.healthy = () => false;
    // The tree does not ask this class for the receive domain: only the symptom leads there.
    world.others = [UNKNOWN, { ...TEST_RUNBOOK, id: 'grafana-unreachable', probes: [{ id: 'pods', use: 'test.pods', with: {} }, { id: 'log', use: 'test.log', with: {} }] }];
    world.evidence = { allPods: { broken: 1, overloaded: false }, allErrors: { matched: [] }, pods: { broken: 2, overloaded: false }, log: { matched: ['refused'] } };
  }));

test('a claimed incident without a certain cause is laid out by the checklists, too, beside what its runbook asked', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting', 'a hand-over');
    expect(status).toMatchObject({ incidentClass: 'remote-write-failure', rootCause: 'unknown' });
    expect(status.evidence.map(({ probe }) => probe)).toEqual(['pods', 'log', 'allPods', 'allErrors']);
    expect(status.checklists?.[0]?.lines.map(({ verdict }) => verdict)).toEqual(['ok', 'look-here']);
  }, (world) => {
    sick(world);
    world.evidence = { pods: { broken: 0, overloaded: false }, log: { matched: [] }, allPods: { broken: 0, overloaded: false }, allErrors: { matched: ['refused'] } };
  }));

test('nothing is found and everything looks well: it is not called recovered while its alert fires', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open({ alerts: [STRANGE] });
    const status = await incidents.until(handle, ({ phase }) => phase === 'waiting', 'a hand-over');
    expect(status).toMatchObject({ rootCause: 'unknown', outcome: 'handed-over' });
    expect(status.recoveredAt).toBeUndefined();
  }, (world) => {
    world.runbook = null;
    world.healthy = () => true;
    world.others = [UNKNOWN];
    world.evidence = { allPods: { broken: 0, overloaded: false }, allErrors: { matched: [] } };
  }));

/** What everything that asks the cluster gets while its API server is away. */
const AWAY = () => failure('UpstreamUnavailable', 'The Kubernetes API could not be reached (ECONNREFUSED) when asked for GET Pod; it is asked again');

test('the API server goes away for two minutes while a plan is carried out: the step waits for it, and the incident goes on', () => {
  let away = false;
  return harness.run(async (incidents) => {
    const opened = alert();
    const handle = await incidents.open({ alerts: [opened] });
    await incidents.waitingForApproval(handle);
    away = true;
    await handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'kim' }] });
    await incidents.env.sleep('2 minutes');
    const meanwhile = await incidents.status(handle);
    // Nothing is claimed to have been done, nothing is called recovered, and nobody has been handed anything.
    expect(meanwhile).toMatchObject({ phase: 'recover', mutations: [] });
    expect(meanwhile.recoveredAt).toBeUndefined();
    away = false;
    const recovered = await incidents.until(handle, ({ recoveredAt }) => recoveredAt !== undefined, 'recovery after the API server came back');
    expect(recovered.mutations.map(({ result }) => result)).toEqual(['evicted', 'evicted']);
    await incidents.alerts(handle, resolved(opened));
    await expect(handle.result()).resolves.toMatchObject({ outcome: 'recovered' });
  }, (world) => {
    world.onExecute = () => {
      if (away) throw AWAY();
    };
    world.onVerify = world.onExecute as () => void;
  });
});

test('the API server is away while the incident is diagnosed: said, not guessed, and looked at again', () =>
  harness.run(async (incidents) => {
    const { world } = incidents;
    const handle = await incidents.open();
    const silent = await incidents.until(handle, ({ timeline }) => timeline.some(({ event }) => event === 'diagnosed'), 'a diagnosis of nothing');
    expect(silent).toMatchObject({ rootCause: 'unknown', plans: [] });
    expect(silent.evidence.map(({ status }) => status)).toEqual(['unanswered', 'unanswered']);
    expect(silent.causes.every(({ verdict }) => verdict === 'possible')).toBe(true);
    await incidents.env.sleep('2 minutes');
    world.evidence = { pods: { broken: 2, overloaded: false }, log: { matched: ['refused'] } };
    await expect(incidents.waitingForApproval(handle)).resolves.toMatchObject({ rootCause: 'broken' });
  }, (world) => {
    world.others = [UNKNOWN];
    world.evidence = { pods: null, log: null, allPods: null, allErrors: null };
  }));
