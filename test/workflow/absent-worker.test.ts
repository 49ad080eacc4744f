/** Several clusters, each with workers of its own: one whose workers are away is evidence and a hand-over, not silence. */
import { Worker } from '@temporalio/worker';
import type { IncidentSettings, IncidentStatus } from '../../workflows/contracts';
import * as messages from '../../workflows/contracts/messages';
import { alert, IncidentHarness, resolved, type IncidentHandle, type Incidents } from '../support/incident-harness';
import { IncidentWorld, TEST_RUNBOOK } from '../support/incident-world';

/** Everything is asked on a queue that nobody polls, and changed on another. */
const FAR = { probe: 'far', mutate: 'far-mutate' };

/** The server does not skip what a task waits for. Milliseconds: short where nobody polls, long enough for a busy machine where somebody does. */
const BACK_WITHIN = { nobody: 500, somebody: 3_000 };

/** Two clusters: `test`, whose workers work, and `far`. */
class TwoClusters extends IncidentWorld {
  queuesOfFar: Partial<IncidentSettings['queues']> = FAR;

  override activities() {
    const near = super.activities();
    return {
      ...near,
      configurationSnapshot: async (request: { cluster: string }) => {
        const settings = await near.configurationSnapshot(request);
        if (request.cluster !== 'far') return settings;
        return { ...settings, queues: { ...settings.queues, ...this.queuesOfFar }, durations: { ...settings.durations, workerBackWithin: BACK_WITHIN[this.queuesOfFar === FAR ? 'nobody' : 'somebody'] } };
      },
    };
  }
}

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

const inFar = (alertname = 'RemoteWriteLagging') => alert({ labels: { alertname, cluster: 'far', severity: 'critical' } });

function run(test: (incidents: Incidents) => Promise<void>, change: (world: TwoClusters) => void = () => undefined): Promise<void> {
  const createWorld = (settings: ConstructorParameters<typeof IncidentWorld>[0]) => {
    const world = new TwoClusters(settings);
    change(world);
    return world;
  };
  return harness.run(test, undefined, { createWorld });
}

const handedOver = (incidents: Incidents, handle: IncidentHandle) => incidents.until(handle, ({ phase }) => phase === 'waiting', 'a hand-over');

/** How often somebody was asked for something on the queue that nobody polls. */
async function askedInFar(handle: IncidentHandle): Promise<number> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).filter(({ activityTaskScheduledEventAttributes: task }) => task?.taskQueue?.name === FAR.probe).length;
}

/** Seconds from the opening until a person had it. */
function secondsUntilHandedOver({ openedAt, timeline }: IncidentStatus): number {
  const entry = timeline.find(({ text }) => text.en.includes('queue far') && text.en.includes('handed'));
  return (Date.parse(entry?.at ?? 'never') - Date.parse(openedAt)) / 1000;
}

test('an absent worker is named in the evidence and in the hand-over; the other cluster’s incident goes its way', () =>
  run(async (incidents) => {
    const near = await incidents.open();
    const firing = inFar();
    const far = await incidents.open({ cluster: 'far', alerts: [firing] });
    const status = await handedOver(incidents, far);
    expect(status.evidence.map(({ probe, status: answered, summary }) => ({ probe, answered, named: summary.includes('no worker takes the tasks of the queue far') }))).toEqual([
      { probe: 'pods', answered: 'unanswered', named: true },
      { probe: 'log', answered: 'unanswered', named: true },
    ]);
    expect(status).toMatchObject({ outcome: 'handed-over', rootCause: 'unknown', mutations: [] });
    expect(secondsUntilHandedOver(status)).toBeLessThan(incidents.world.settings.durations.rootCauseTarget / 1000);
    // Both probes, twice: no other class and no checklist is asked by a worker that is away.
    expect(await askedInFar(far)).toBe(4);
    const page = await incidents.page(far, 'handed-over');
    expect(page.text.en).toContain(`no worker takes the tasks of the queue far, so that nothing about far could be asked: start that worker, then nightshift resume ${status.publicId}`);
    expect(await incidents.status(near)).toMatchObject({ cluster: 'test', rootCause: 'broken' });
    await incidents.alerts(far, resolved(firing));
    await expect(far.result()).resolves.toMatchObject({ outcome: 'handed-over' });
  }));

test('a worker that comes back within the first looks takes the incident up', () =>
  run(async (incidents) => {
    const handle = await incidents.open({ cluster: 'far', alerts: [inFar()] });
    await incidents.until(handle, ({ evidence }) => evidence.length > 0, 'a first look');
    const status = await withWorker(incidents, 'far', () => incidents.waitingForApproval(handle));
    expect(status).toMatchObject({ rootCause: 'broken', waiting: { for: 'approval' } });
    await handle.terminate();
  }, (world) => (world.queuesOfFar = { probe: 'far' })));

test('given back when the worker is there again, it is diagnosed as ever', () =>
  run(async (incidents) => {
    const handle = await incidents.open({ cluster: 'far', alerts: [inFar()] });
    await handedOver(incidents, handle);
    const status = await withWorker(incidents, 'far', async () => {
      await handle.executeUpdate(messages.resume, { args: [{ actor: 'kim' }] });
      return incidents.waitingForApproval(handle);
    });
    expect(status).toMatchObject({ rootCause: 'broken' });
    await handle.terminate();
  }, (world) => (world.queuesOfFar = { probe: 'far' })));

test('where only the worker that changes things is away, the cause is known, and it is named beside it', () =>
  run(async (incidents) => {
    const handle = await incidents.open({ cluster: 'far', alerts: [inFar()] });
    const status = await handedOver(incidents, handle);
    expect(status.rootCause).toBe('broken');
    expect(status.plans).toMatchObject([{ kind: 'refused', workerAbsent: true, reason: { en: expect.stringContaining('no worker takes the tasks of the queue far-mutate') } }]);
    expect((await incidents.page(handle, 'handed-over')).text.en).toContain('queue far-mutate');
    await handle.terminate();
  }, (world) => {
    world.queuesOfFar = { mutate: 'far-mutate' };
    world.runbook = { ...TEST_RUNBOOK, causes: TEST_RUNBOOK.causes.map((cause) => ({ ...cause, advice: { en: 'look at it', ko: 'look at it' } })) };
  }));

test('an alert that nobody claims does not ask one class after the other by a worker that is away', () =>
  run(async (incidents) => {
    const handle = await incidents.open({ cluster: 'far', alerts: [inFar('NobodyKnowsMe')] });
    const status = await handedOver(incidents, handle);
    expect(secondsUntilHandedOver(status)).toBeLessThan(incidents.world.settings.durations.rootCauseTarget / 1000);
    // Both probes of the first class, and twice those of the runbook for what nobody knows.
    expect(await askedInFar(handle)).toBe(6);
    await handle.terminate();
  }, (world) => {
    const classes = ['disk-full', 'high-memory', 'hashring-misconfigured', 'tsdb-corruption', 'unknown'] as const;
    world.runbook = null;
    world.others = classes.map((id) => ({ ...TEST_RUNBOOK, id, match: [] }));
  }));

/** Somebody starts the cluster's worker: activities only, as in production. */
async function withWorker<Result>(incidents: Incidents, taskQueue: string, work: () => Promise<Result>): Promise<Result> {
  const worker = await Worker.create({ connection: incidents.env.nativeConnection, taskQueue, activities: incidents.world.activities() });
  return worker.runUntil(work);
}
