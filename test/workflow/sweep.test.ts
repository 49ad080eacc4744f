import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { filesOf } from '../../activities/records/activities';
import { DirectoryRecordStore } from '../../activities/records/directory-store';
import { createRecordKeepingActivities } from '../../activities/records/record-keeping';
import { parseRecord } from '../../activities/records/record-schema';
import { createTemporalGateway } from '../../activities/temporal/client-gateway';
import { startDevServer, type DevServer } from '../../infra/embedded/dev-server';
import { freePort } from '../../infra/embedded/ports';
import { findTemporal } from '../../infra/embedded/programs';
import { incidentWorkflowId, type AlertsChanged, type Notification } from '../../workflows/contracts';
import { alertsChanged, incidentStatus } from '../../workflows/contracts/messages';
import type { incidentWorkflow, monthlyReportWorkflow, sweepWorkflow } from '../../workflows';
import { prepareNamespace } from '../../workers/gateway/namespace';
import { prepareSchedules } from '../../workers/gateway/schedules';
import { historiesBelow } from '../../workers/replay/histories';
import { alert } from '../support/incident-harness';
import { IncidentWorld } from '../support/incident-world';
import { WORKFLOW_BUNDLE } from '../../workers/workflow-code';

const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-sweeping-'));
const store = new DirectoryRecordStore(path.join(folder, 'records'));
const pages: Notification[] = [];

let server: DevServer;
let native: NativeConnection;
let connection: Connection;
let client: Client;
let worker: Worker;
let running: Promise<void>;
const taskQueue = `sweep-${randomUUID()}`;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const [program, port] = await Promise.all([findTemporal(() => undefined), freePort()]);
  server = await startDevServer({ program, port, namespace: 'default', logFile: path.join(folder, 'temporal.log') });
  native = await NativeConnection.connect({ address: server.address });
  connection = await Connection.connect({ address: server.address });
  client = new Client({ connection });
  await prepareNamespace(client, { ownServer: true });
  const world = new IncidentWorld({ queues: { probe: taskQueue, mutate: taskQueue } });
  const keeping = createRecordKeepingActivities({ store, temporal: createTemporalGateway(client), filesOf, locale: 'ko', timeZone: 'Asia/Seoul', publicUrl: 'http://127.0.0.1' });
  const notifyPage = async (page: Notification) => {
    pages.push(page);
    return { delivered: true, detail: 'test: 200' };
  };
  worker = await Worker.create({ connection: native, taskQueue, workflowBundle: WORKFLOW_BUNDLE, activities: { ...world.activities(), ...keeping, notifyPage } });
  running = worker.run();
}, 120_000);

afterAll(async () => {
  if (worker) worker.shutdown();
  await running;
  await connection?.close();
  await native?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const sweeping = () => client.workflow.execute<typeof sweepWorkflow>('sweepWorkflow', { taskQueue, workflowId: `sweep-${randomUUID()}`, args: [] });

async function terminatedIncident(): Promise<string> {
  const handle = await client.workflow.signalWithStart<typeof incidentWorkflow, [AlertsChanged]>('incidentWorkflow', {
    workflowId: incidentWorkflowId('test', 'receive'),
    taskQueue,
    args: [{ cluster: 'test', failureDomain: 'receive' }],
    signal: alertsChanged,
    signalArgs: [{ alerts: [alert()], receivedAt: new Date().toISOString() }],
  });
  for (;;) {
    const status = await handle.query(incidentStatus);
    if (status.waiting?.for === 'approval') {
      await handle.terminate('by mistake');
      return status.publicId;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('an incident that somebody terminated has a record after the next sweep; its exported history replays', async () => {
  const publicId = await terminatedIncident();
  for (let look = 0; look < 100 && (await store.files(publicId)).length === 0; look += 1) await sweeping();
  const record = parseRecord((await store.read(publicId, 'record.json')) ?? '', publicId);
  expect(record.ended).toMatchObject({ how: 'terminated' });
  expect(record.incident).toMatchObject({ publicId, phase: 'closed', cluster: 'test', plans: [{ kind: 'planned' }] });
  expect((await store.files(publicId)).map(({ name }) => name)).toEqual(['history.json', 'postmortem.html', 'postmortem.md', 'record.json']);
  const [exported, ...others] = [...historiesBelow(path.join(folder, 'records'))];
  expect(others).toEqual([]);
  expect(exported?.workflowId).toBe('incident/test/receive');
  await Worker.runReplayHistory({ workflowBundle: WORKFLOW_BUNDLE }, exported?.history, exported?.workflowId);
}, 60_000);

test('the report of a month is written beside the records and sent, under one ID however often', async () => {
  const report = (workflowId: string) => client.workflow.execute<typeof monthlyReportWorkflow>('monthlyReportWorkflow', { taskQueue, workflowId, args: [{ month: '2026-11' }] });
  const first = await report('report-1');
  expect(await report('report-2')).toEqual(first);
  expect(first).toMatchObject({ month: '2026-11', timeZone: 'Asia/Seoul', delivered: true });
  expect(pages.filter(({ kind }) => kind === 'report').map(({ id }) => id)).toEqual(['report-2026-11-Asia/Seoul', 'report-2026-11-Asia/Seoul']);
  expect(await store.readAside('report-2026-11.md')).toBe(pages.find(({ kind }) => kind === 'report')?.text.ko);
});

test('both run by the clock; a start after the first changes nothing, and a pause of a person stays', async () => {
  await prepareSchedules(client, { timeZone: 'UTC' });
  await client.schedule.getHandle('nightshift-sweep').pause('while we look');
  await prepareSchedules(client, { timeZone: 'Asia/Seoul' });
  const sweepSchedule = await client.schedule.getHandle('nightshift-sweep').describe();
  const reportSchedule = await client.schedule.getHandle('nightshift-monthly-report').describe();
  expect(sweepSchedule).toMatchObject({ state: { paused: true, note: 'while we look' }, action: { workflowType: 'sweepWorkflow' }, spec: { intervals: [{ every: 3_600_000 }] } });
  expect(reportSchedule).toMatchObject({ action: { workflowType: 'monthlyReportWorkflow' }, spec: { timezone: 'Asia/Seoul' } });
  // Eight in the morning of a first, in Seoul.
  expect(reportSchedule.info.nextActionTimes[0]?.toISOString()).toMatch(/T23:00:00\.000Z$/);
});
