import { performance } from 'node:perf_hooks';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import { BenchWorld } from './bench-world';
import { wholeIncident } from './incidents';
import { startBare } from './latency';
import { interleave, median, ratioRow, runsOf, type BenchRow } from './measure';
import { withServer, type BenchServer } from './server';
import { WORKFLOW_BUNDLE } from '../../workers/workflow-code';
import { bareBundle, bareWorker, incidentWorker, runOn } from './workers';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

const PROBES = 12;
/** Replays that one replay worker does before any of them counts. */
const WARM_UP = 3;

/** How long a warm worker takes to bring an incident back into its memory, against a bare workflow with as many events. */
export const replay: BenchRow = {
  name: 'replay',
  run: (options) =>
    withServer(async (server) => {
      const { incident, bare } = await twoHistories(server);
      const samples = options.quick ? 10 : 25;
      const bundle = await bareBundle();
      const pairs = await interleave(runsOf(options), () => replayTime({ workflowBundle: WORKFLOW_BUNDLE }, incident, samples), () => replayTime({ workflowBundle: bundle }, bare, samples));
      const row = ratioRow(`replay of an incident with ${incident.events?.length ?? 0} events`, pairs, 'ms', { atMost: 3 });
      return { ...row, raw: `${row.raw} (${bare.events?.length ?? 0} events)` };
    }),
};

async function twoHistories(server: BenchServer): Promise<{ incident: History; bare: History }> {
  const webhook = await server.startGateway();
  const world = new BenchWorld({ probes: PROBES, probeMs: 20 });
  runOn(server, await incidentWorker(server.native, world), await bareWorker(server.native));
  const incident = await (await wholeIncident(server, webhook, world, 'replayed')).fetchHistory();
  webhook.close();
  return { incident, bare: await bareHistory(server, incident.events?.length ?? 0) };
}

/** The same fan-out, and then as many activities one after another as make the histories equally long. */
async function bareHistory(server: BenchServer, events: number): Promise<History> {
  const lengths: number[] = [];
  const take = async (sequence: number): Promise<History> => {
    const handle = await startBare(server, `bare-${sequence}`, { parallel: PROBES, sequence, ms: 0 });
    await handle.result();
    const taken = await handle.fetchHistory();
    lengths.push(taken.events?.length ?? 0);
    return taken;
  };
  await take(0);
  await take(10);
  const [without = 0, withTen = 0] = lengths;
  return take(Math.max(0, Math.round((events - without) / ((withTen - without) / 10))));
}

/** Milliseconds that one replay takes on a worker that has replayed before; the median of the samples. */
async function replayTime(options: ReplayWorkerOptions, history: History, samples: number): Promise<number> {
  const times: number[] = [];
  const copies = Array.from({ length: WARM_UP + samples }, (_, index) => ({ workflowId: `copy-${index}`, history }));
  let began = performance.now();
  for await (const { error } of Worker.runReplayHistories(options, copies)) {
    if (error) throw error;
    times.push(performance.now() - began);
    began = performance.now();
  }
  return median(times.slice(WARM_UP));
}
