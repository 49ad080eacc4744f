import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time';
import type { bareWorkflow, BareInput } from './bare-workflows';
import { BenchWorld } from './bench-world';
import { incidentHandle, Moment, untilApproval } from './incidents';
import { alternate, ratioRow, runsOf, wallClock, type BenchRow, type Pair, type RowOptions } from './measure';
import { withServer, type BenchServer } from './server';
import { BARE_QUEUE, bareWorker, incidentWorker, runOn } from './workers';
import type { Webhook } from './webhook';

const PROBES = 10;
const PROBE_MS = 20;
/** First calls compile code and fill caches; not counted. */
const WARM_UP = 3;

/** Both sides with a warm worker each, on the same server. */
interface Arena {
  server: BenchServer;
  webhook: Webhook;
  world: BenchWorld;
  /** Set by a sample: told when an activity of a bare workflow runs. */
  bareBegan: (workflowId: string) => void;
}

async function inArena(options: RowOptions, ours: (arena: Arena) => Promise<number>, raw: (arena: Arena) => Promise<number>): Promise<Pair[]> {
  return withServer(async (server) => {
    const arena: Arena = { server, webhook: await server.startGateway(), world: new BenchWorld({ probes: PROBES, probeMs: PROBE_MS }), bareBegan: () => undefined };
    runOn(server, await incidentWorker(server.native, arena.world), await bareWorker(server.native, (workflowId) => arena.bareBegan(workflowId)));
    await alternate(WARM_UP, () => ours(arena), () => raw(arena));
    const pairs: Pair[] = [];
    for (let run = 0; run < runsOf(options); run += 1) pairs.push(await alternate(options.quick ? 6 : 12, () => ours(arena), () => raw(arena)));
    arena.webhook.close();
    return pairs;
  });
}

/** From the moment the webhook is sent, or the start is asked for, until the first activity that asks something runs. */
export const firstProbe: BenchRow = {
  name: 'first-probe',
  async run(options) {
    const ours = async ({ server, webhook, world }: Arena) => {
      const cluster = `probe-${randomUUID()}`;
      const ran = new Moment<number>('The first probe');
      world.watcher.probed = (request) => request.cluster === cluster && ran.seen(wallClock());
      const began = wallClock();
      await untilApproval(webhook, world, cluster);
      await incidentHandle(server, cluster).terminate('measured');
      return (await ran.wait()) - began;
    };
    const raw = async (arena: Arena) => {
      const workflowId = `bare-${randomUUID()}`;
      const ran = new Moment<number>('The first activity');
      arena.bareBegan = (running) => running === workflowId && ran.seen(wallClock());
      const began = wallClock();
      const handle = await startBare(arena.server, workflowId, { parallel: 1, sequence: 0, ms: PROBE_MS });
      await handle.result();
      return (await ran.wait()) - began;
    };
    return ratioRow('alert sent → first probe runs, warm worker', await inArena(options, ours, raw), 'ms', { atMost: 1.5 });
  },
};

/** Until the ranking is persisted: our first event that follows from it, the bare workflow's end. */
export const rankedCause: BenchRow = {
  name: 'ranked-cause',
  async run(options) {
    const ours = async ({ server, webhook, world }: Arena) => {
      const cluster = `cause-${randomUUID()}`;
      const began = wallClock();
      await untilApproval(webhook, world, cluster);
      const handle = incidentHandle(server, cluster);
      const ranked = await eventTime(handle, (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'kubernetesPlanRemedy');
      await handle.terminate('measured');
      return ranked - began;
    };
    const raw = async ({ server }: Arena) => {
      const began = wallClock();
      const handle = await startBare(server, `bare-${randomUUID()}`, { parallel: PROBES, sequence: 0, ms: PROBE_MS });
      await handle.result();
      return (await eventTime(handle, (event) => Boolean(event.workflowExecutionCompletedEventAttributes))) - began;
    };
    return ratioRow(`alert sent → ranked cause, ${PROBES} probes of ${PROBE_MS} ms`, await inArena(options, ours, raw), 'ms', { atMost: 2 });
  },
};

export function startBare({ client }: BenchServer, workflowId: string, input: BareInput): Promise<WorkflowHandle<typeof bareWorkflow>> {
  return client.workflow.start<typeof bareWorkflow>('bareWorkflow', { workflowId, taskQueue: BARE_QUEUE, args: [input] });
}

type HistoryEvent = NonNullable<NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number]>;

/** When the server wrote the first such event. */
async function eventTime(handle: WorkflowHandle, wanted: (event: HistoryEvent) => boolean): Promise<number> {
  const { events } = await handle.fetchHistory();
  const event = events?.find(wanted);
  if (!event?.eventTime) throw new Error(`${handle.workflowId} has no such event.`);
  return tsToMs(event.eventTime);
}
