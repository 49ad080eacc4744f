import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ChildProcess } from 'node:child_process';
import type { WorkflowHandle } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time';
import { stopProcess } from '../../infra/embedded/dev-server';
import { projectRoot } from '../../infra/project';
import { incidentStatus } from '../../workflows/contracts/messages';
import { alertsOf } from './alerts';
import { approveAndResolve, incidentHandle } from './incidents';
import { wallClock, type BenchRow } from './measure';
import { startChild } from './processes';
import { withServer, type BenchServer } from './server';
import type { Webhook } from './webhook';

const INCIDENTS = 50;
const MOST_SECONDS = 10;
/** Spread over more time than a diagnosis takes, so that the kill finds some waiting, some asking and some just begun. */
const SENT_EVERY_MS = 60;
/** As the supervisor of `npm start` does. */
const RESTART_AFTER_MS = 500;
/** What is open after this is stuck. */
const PATIENCE_MS = 120_000;

const clusters = Array.from({ length: INCIDENTS }, (_, index) => `kill-${index}`);

/** SIGKILL right after the last webhook was acknowledged, with every incident at work. */
export const kill: BenchRow = {
  name: 'kill',
  run: () =>
    withServer(async (server) => {
      const webhook = await server.startGateway();
      const records = path.join(server.folder, 'bench-records');
      mkdirSync(records);
      const first = await startWorker(server, 'worker-1', records);
      for (const cluster of clusters) await Promise.all([webhook.post(alertsOf(cluster)), delay(SENT_EVERY_MS)]);
      await killed(first);
      await delay(RESTART_AFTER_MS);
      const restartedAt = wallClock();
      const second = await startWorker(server, 'worker-2', records);
      server.beforeClose(() => stopProcess(second));
      const readyAfter = wallClock() - restartedAt;
      await finish(server, webhook);
      webhook.close();
      return judge(server, records, restartedAt, readyAfter);
    }),
};

function startWorker(server: BenchServer, identity: string, records: string): Promise<ChildProcess> {
  return startChild({ module: path.join(projectRoot(), 'dist', 'test', 'bench', 'kill-worker.js'), args: [server.address, identity, records], env: {}, logFile: path.join(server.folder, `${identity}.log`) });
}

async function killed(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

/** Approves each incident as soon as its plan waits, and waits until none is open. */
async function finish(server: BenchServer, webhook: Webhook): Promise<void> {
  const approved = new Set<string>();
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await delay(250)) {
    for (const workflowId of await listed(server, "NightshiftPhase = 'approve' AND ExecutionStatus = 'Running'")) {
      if (approved.has(workflowId)) continue;
      approved.add(workflowId);
      await approveAndResolve(server, webhook, workflowId.split('/')[1] ?? '');
    }
    if (approved.size === INCIDENTS && (await listed(server, "WorkflowType = 'incidentWorkflow' AND ExecutionStatus = 'Running'")).length === 0) return;
  }
}

async function listed({ client }: BenchServer, query: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query })) ids.push(workflowId);
  return ids;
}

async function judge(server: BenchServer, records: string, restartedAt: number, readyAfter: number): Promise<Awaited<ReturnType<BenchRow['run']>>> {
  const fates = await Promise.all(clusters.map((cluster) => fateOf(server, cluster)));
  const recorded = new Set(readdirSync(records));
  const stuck = fates.filter((fate) => fate.open).length;
  const lost = fates.filter((fate, index) => !fate.open && !recorded.has(`${clusters[index]}.json`)).length;
  const resumed = fates.map(({ resumedAt }) => (resumedAt - restartedAt) / 1000).sort((a, b) => a - b);
  const slowest = resumed.at(-1) ?? Infinity;
  const value = `${lost} lost, ${stuck} stuck, resumed in ${slowest.toFixed(1)} s`;
  return {
    what: `kill -9 after the ack, ${INCIDENTS} incidents in work`,
    ours: value,
    raw: '–',
    value,
    budget: `0 lost, 0 stuck, ≤ ${MOST_SECONDS} s`,
    verdict: lost === 0 && stuck === 0 && slowest <= MOST_SECONDS ? 'ok' : 'MISSED',
    spread: `first ${resumed[0]?.toFixed(1)} s, half ${resumed[INCIDENTS / 2]?.toFixed(1)} s (the process took work after ${(readyAfter / 1000).toFixed(1)} s)`,
    notes: [
      ...fates.flatMap(({ open, state }) => (open ? [state] : [])),
      `later than ${MOST_SECONDS} s: ${count(fates.filter(({ resumedAt }) => resumedAt - restartedAt > MOST_SECONDS * 1000).map(({ resumedWith }) => resumedWith))}`,
      `before the kill, the first worker had begun ${fates.filter(({ begunBefore }) => begunBefore).length} of ${INCIDENTS} incidents; all were closed ${Math.max(...fates.map(({ closedAt }) => (closedAt - restartedAt) / 1000)).toFixed(1)} s after the restart`,
    ],
  };
}

/** "3 × kubernetesPlanRemedy, 2 × a workflow task": what the late ones had to wait for. */
function count(names: readonly string[]): string {
  return [...new Set(names)].map((name) => `${names.filter((other) => other === name).length} × ${name}`).join(', ') || 'none';
}

/** In the incident's own words; a worker that is away is a state, too. */
async function stateOf(handle: WorkflowHandle): Promise<string> {
  try {
    const { phase, waiting, timeline } = await handle.query(incidentStatus);
    return `${handle.workflowId} is open in phase ${phase}, waiting for ${waiting?.for ?? 'nothing'}: ${timeline.slice(-6).map(({ text }) => text.en).join('; ')}`;
  } catch (error) {
    return `${handle.workflowId} is open and does not answer: ${String(error)}`;
  }
}

interface Fate {
  open: boolean;
  /** Of an open one, so that it can be understood when its server is gone. */
  state: string;
  begunBefore: boolean;
  /** When the second worker first did something for the incident; infinite when it never did. */
  resumedAt: number;
  resumedWith: string;
  closedAt: number;
}

async function fateOf(server: BenchServer, cluster: string): Promise<Fate> {
  const handle = incidentHandle(server, cluster);
  const { status, closeTime } = await handle.describe();
  const { events } = await handle.fetchHistory();
  const begun = (events ?? []).flatMap((event) => {
    const activity = event.activityTaskStartedEventAttributes;
    const identity = (event.workflowTaskStartedEventAttributes ?? activity)?.identity;
    const scheduled = events?.find(({ eventId }) => activity?.scheduledEventId?.equals(eventId ?? 0))?.activityTaskScheduledEventAttributes;
    return identity ? [{ identity, at: tsToMs(event.eventTime), what: scheduled?.activityType?.name ?? 'a workflow task' }] : [];
  });
  const resumed = begun.find(({ identity }) => identity === 'worker-2');
  return {
    open: status.name === 'RUNNING',
    state: status.name === 'RUNNING' ? await stateOf(handle) : '',
    begunBefore: begun.some(({ identity }) => identity === 'worker-1'),
    resumedAt: resumed?.at ?? Infinity,
    resumedWith: resumed?.what ?? 'nothing',
    closedAt: closeTime?.getTime() ?? Infinity,
  };
}
