/** One incident, one trace: the real processes, a worker that is killed in the middle, and a run that goes on in a new one. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { PracticeCluster } from '../../activities/practice/cluster';
import { startDevServer, type DevServer } from '../../infra/embedded/dev-server';
import { freePort } from '../../infra/embedded/ports';
import { findTemporal } from '../../infra/embedded/programs';
import { projectRoot } from '../../infra/project';
import { dataDirAt, ensureDataDir, readToken } from '../../workers/data-dir';
import type { IncidentStatus } from '../../workflows/contracts';
import { incidentWorkflowId } from '../../workflows/contracts/names';
import { cleanEnvironment } from '../support/nightshift-process';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver';
import { replayHistory } from '../support/replay';
import { historiesBelow } from '../../workers/replay/histories';
import { WORKFLOW_BUNDLE } from '../../workers/workflow-code';

/** As a sender that is traced itself would send it. */
const PARENT = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const EXAMPLE = 'two-receivers-bad-file';

const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-tracing-'));
const dataDir = path.join(folder, 'data');
const processes: ChildProcess[] = [];
let receiver: OtlpReceiver;
let server: DevServer;
let url: string;
let env: NodeJS.ProcessEnv;

function start(name: 'gateway' | 'worker'): ChildProcess {
  const log = openSync(path.join(folder, `${name}.log`), 'a');
  const child = spawn(process.execPath, [path.join(projectRoot(), 'bin', 'nightshift.mjs'), name], { env, stdio: ['ignore', log, log] });
  processes.push(child);
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

async function until<Found>(what: string, look: () => Promise<Found | undefined | false>): Promise<Found> {
  for (let tries = 0; tries < 900; tries += 1) {
    const found = await look().catch(() => undefined);
    if (found) return found;
    await delay(100);
  }
  throw new Error(`never: ${what}; see ${folder}`);
}

async function ask<Answer>(method: 'GET' | 'POST', target: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const token = readToken(dataDirAt(dataDir));
  const response = await fetch(`${url}${target}`, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers }, ...(body !== undefined && { body: JSON.stringify(body) }) });
  if (!response.ok) throw new Error(`${target} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

beforeAll(async () => {
  receiver = await OtlpReceiver.start();
  ensureDataDir(dataDir);
  // Runs are short enough to be continued as soon as somebody has an incident in hand.
  server = await startDevServer({ program: await findTemporal(() => undefined), port: await freePort(), namespace: 'default', logFile: path.join(folder, 'temporal.log'), dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 20 } });
  const config = path.join(folder, 'nightshift.yaml');
  writeFileSync(config, 'practice: true\n');
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  env = cleanEnvironment({ NIGHTSHIFT_CONFIG: config, NIGHTSHIFT_DATA_DIR: dataDir, NIGHTSHIFT_PORT: String(port), TEMPORAL_ADDRESS: server.address, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '200', OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test' });
}, 120_000);

afterAll(async () => {
  await Promise.all(processes.map((child) => end(child, 'SIGKILL')));
  await server.stop();
  await receiver.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Spans whose parent never came. */
function orphans(spans: readonly ReceivedSpan[]): ReceivedSpan[] {
  const known = new Set([...spans.map(({ spanId }) => spanId), PARENT.spanId]);
  return spans.filter(({ parentSpanId }) => parentSpanId !== undefined && !known.has(parentSpanId));
}

test('a whole incident is one trace without a gap, over a worker that was killed and a run that was continued', async () => {
  const gateway = start('gateway');
  let worker = start('worker');
  await until('the gateway is ready', () => fetch(`${url}/readyz`).then(({ ok }) => ok));
  const { alert: labels, title } = PracticeCluster.open(dataDir, path.join(projectRoot(), 'runbooks')).play(EXAMPLE);
  const alert = { status: 'firing', fingerprint: 'abcdef0123456789', startsAt: new Date().toISOString(), labels, annotations: { summary: title.en } };
  await ask('POST', '/webhooks/alertmanager', { version: '4', alerts: [alert] }, { traceparent: `00-${PARENT.traceId}-${PARENT.spanId}-01` });
  const incident = () => ask<IncidentStatus>('GET', '/api/v1/incidents/latest');
  const waiting = (status: IncidentStatus) => status.waiting?.for === 'approval' && status.plan;
  const { publicId } = await until('a plan waits', async () => {
    const status = await incident();
    return waiting(status) && status;
  });

  // What was sent by then is enough: the rest is made again, under the same names.
  await delay(1_000);
  await end(worker, 'SIGKILL');
  worker = start('worker');
  await until('the new worker answers', () => ask('POST', `/api/v1/incidents/${publicId}/take-over`, { reason: 'to see it continued' }));
  const connection = await Connection.connect({ address: server.address });
  const handle = new Client({ connection }).workflow.getHandle(incidentWorkflowId('practice', 'receive'));
  const [first] = await until('the incident goes on in a new run', async () => {
    const { events } = await handle.fetchHistory();
    return events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ? events : undefined;
  });
  expect(first?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId).toBeTruthy();

  await ask('POST', `/api/v1/incidents/${publicId}/resume`, {});
  const plan = await until('the plan waits again', async () => waiting(await incident()));
  await ask('POST', `/api/v1/incidents/${publicId}/decisions`, { verdict: 'approve', planHash: plan.hash });
  await until('the pipeline is well again', async () => (await incident()).recoveredAt);
  await ask('POST', '/webhooks/alertmanager', { version: '4', alerts: [{ ...alert, status: 'resolved', endsAt: new Date().toISOString() }] });
  await until('the incident is recovered and closed', async () => {
    const status = await incident();
    return status.phase === 'closed' && status.outcome === 'recovered';
  });
  await end(worker, 'SIGTERM');
  await end(gateway, 'SIGTERM');
  // Somebody may switch tracing off while incidents are open; on: below.
  await replayHistory(WORKFLOW_BUNDLE, JSON.parse(historyToJSON(await handle.fetchHistory())));
  await connection.close();

  const trace = receiver.trace(PARENT.traceId);
  expect(orphans(trace)).toEqual([]);
  // One root of ours, below what the sender said.
  expect(trace.filter(({ parentSpanId }) => parentSpanId === PARENT.spanId).map(({ name, service }) => ({ name, service }))).toEqual([{ name: 'POST /webhooks/alertmanager', service: 'nightshift-gateway' }]);
  expect(trace.filter(({ parentSpanId }) => parentSpanId === undefined)).toEqual([]);
  const names = new Set(trace.map(({ name }) => name));
  // From the webhook over both runs to the last mutation and the record.
  for (const name of ['ContinueAsNew:incidentWorkflow', 'RunActivity:kubernetesExecuteStep', 'RunActivity:recordsWrite']) expect([...names].sort()).toContain(name);
  expect(trace.filter(({ name }) => name === 'RunWorkflow:incidentWorkflow')).toHaveLength(2);
  // Whatever somebody sent later is a trace of its own, and whole as well.
  const sent = receiver.spans.filter(({ name, parentSpanId }) => parentSpanId === undefined && name.startsWith('POST '));
  expect(sent.map(({ name }) => name)).toEqual(expect.arrayContaining(['POST /api/v1/incidents/:id/take-over', 'POST /api/v1/incidents/:id/resume', 'POST /api/v1/incidents/:id/decisions', 'POST /webhooks/alertmanager']));
  for (const { traceId } of sent) expect(orphans(receiver.trace(traceId))).toEqual([]);
}, 240_000);

/** Somebody switches tracing on while incidents are open. A sample: what the interceptors do depends on no history. */
test('what was recorded without tracing replays with it', async () => {
  const workflows = path.join(projectRoot(), 'workflows');
  const workflowBundle = await bundleWorkflowCode({ workflowsPath: path.join(workflows, 'index.ts'), workflowInterceptorModules: [path.join(workflows, 'trace-interceptors.ts')], logger: new DefaultLogger('ERROR') });
  const sinks = { exporter: { export: { fn: () => undefined } } };
  const sample = [...historiesBelow(path.join(projectRoot(), 'test', 'replay', 'histories'))].filter((_, index) => index % 6 === 0);
  const failed: string[] = [];
  let replayed = 0;
  for await (const { error, workflowId } of Worker.runReplayHistories({ workflowBundle, sinks }, sample)) {
    replayed += 1;
    if (error) failed.push(`${workflowId}: ${error.message}`);
  }
  expect({ replayed, failed }).toEqual({ replayed: sample.length, failed: [] });
  expect(replayed).toBeGreaterThan(10);
});
