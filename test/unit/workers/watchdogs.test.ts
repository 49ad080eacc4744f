import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { deliver } from '../../../activities/temporal/incidents-gateway';
import { prepareNamespace } from '../../../workers/gateway/namespace';
import { Watchdogs, type WatchdogStatus } from '../../../workers/gateway/watchdogs';
import { silenceAlert } from '../../../workflows/domain/silence';
import { GatewayHarness } from '../../support/gateway-harness';

/** Short enough to be waited for, long enough for a busy machine to send the next heartbeat in. */
const TOLERATED_MS = 10_000;

const YAML = `
practice: true
defaultCluster: heard
clusters:
  - { name: heard, kubeconfig: nowhere, aliases: [heard-too], watchdog: { tolerate: 10s } }
  - { name: planned, kubeconfig: nowhere, watchdog: { tolerate: 10s, maintenance: [{ reason: node upgrades, period: { from: 2020-01-01, until: 2099-12-31, timeZone: Asia/Seoul } }] } }
  - { name: unexpected, kubeconfig: nowhere }
`;

let gateway: GatewayHarness;
beforeAll(async () => {
  gateway = await GatewayHarness.start(YAML);
  await prepare();
}, 60_000);
afterAll(() => gateway.stop());

async function prepare(): Promise<void> {
  await prepareNamespace(gateway.client, { ownServer: true });
  await gateway.dependencies.watchdogs.reconcile();
}

const beat = (cluster: string | undefined, status = 'firing') =>
  gateway.send('/webhooks/alertmanager', { version: '4', alerts: [{ status, labels: { alertname: 'Watchdog', severity: 'none', ...(cluster && { cluster }) }, annotations: {}, startsAt: '2026-11-22T03:00:00Z', fingerprint: 'w' }] });
const list = async () => (await gateway.send('/api/v1/watchdogs')).json['watchdogs'] as WatchdogStatus[];
const statusOf = async (cluster: string) => (await list()).find((status) => status.cluster === cluster);
const handle = (cluster: string) => gateway.client.workflow.getHandle(`watchdog/${cluster}`);
const incident = (cluster: string) => gateway.client.workflow.getHandle(`incident/${cluster}/alerting`);

test('from the start on, what is expected is watched, and the list says who was never heard of, planned and not watched', async () => {
  expect(await list()).toMatchObject([
    { cluster: 'heard', state: 'never-heard', tolerateMs: TOLERATED_MS, expectedBy: expect.any(String) },
    { cluster: 'planned', state: 'maintenance', planned: { reason: 'node upgrades' } },
    { cluster: 'unexpected', state: 'not-watched' },
    { cluster: 'practice', state: 'not-watched' },
  ]);
  await expect(handle('unexpected').describe()).rejects.toThrow('not found');
});

test('a heartbeat starts the wait anew, costs one event, wakes no worker and leaves nothing behind', async () => {
  const forget = jest.spyOn(gateway.client.connection.workflowService, 'deleteWorkflowExecution');
  const before = await handle('heard').describe();
  expect((await beat('heard-too')).json).toMatchObject({ heartbeats: 1, accepted: 0 });
  const after = await handle('heard').describe();
  expect(after.runId).not.toBe(before.runId);
  expect({ events: after.historyLength, status: after.status.name, summary: await after.staticSummary() }).toEqual({ events: 1, status: 'RUNNING', summary: expect.stringContaining('runs when heard sends no heartbeat') });
  expect(await statusOf('heard')).toMatchObject({ state: 'heard', lastHeartbeatAt: expect.any(String) });
  // Of an alert without the label, the default cluster is meant.
  await beat(undefined);
  expect((await handle('heard').describe()).runId).not.toBe(after.runId);
  // The heartbeat is answered before Temporal is asked to delete, which it does about half a minute later (measured: 35 s).
  for (let look = 0; look < 100 && forget.mock.calls.length < 2; look += 1) await delay(100);
  expect(forget.mock.calls.map(([request]) => request.workflowExecution)).toEqual([before, after].map(({ runId }) => ({ workflowId: 'watchdog/heard', runId })));
});

test('what a planned silence explains opens nothing; elsewhere, and about anything else, an incident opens', async () => {
  const told = async (cluster: string, alertname: string, status = 'firing') =>
    (await gateway.send('/webhooks/alertmanager', { version: '4', alerts: [{ status, labels: { alertname, severity: 'critical', cluster }, annotations: {}, startsAt: '2026-11-22T03:00:00Z', fingerprint: `${alertname}-${cluster}` }] })).json;
  expect(await told('planned', 'ThanosRuleSenderIsFailingAlerts')).toMatchObject({ planned: 1, accepted: 0, incidents: [] });
  await expect(incident('planned').describe()).rejects.toThrow('not found');
  expect(await told('planned', 'ThanosRuleSenderIsFailingAlerts', 'resolved')).toMatchObject({ planned: 0, resolvedUnknown: 1 });
  expect(await told('planned', 'ThanosRuleIsDown')).toMatchObject({ planned: 0, accepted: 1 });
  expect(await told('unexpected', 'ThanosRuleSenderIsFailingAlerts')).toMatchObject({ planned: 0, accepted: 1 });
  for (const cluster of ['planned', 'unexpected']) await incident(cluster).terminate();
});

test('a Watchdog that has resolved is no heartbeat, nor is one of a cluster that nobody expects', async () => {
  await beat('heard');
  const before = await handle('heard').describe();
  expect((await beat('heard', 'resolved')).json).toMatchObject({ heartbeats: 1 });
  await beat('unexpected');
  await beat('cluster-99');
  expect((await handle('heard').describe()).runId).toBe(before.runId);
  await expect(handle('unexpected').describe()).rejects.toThrow('not found');
});

test('after a silence, the next heartbeats end its alert, three times; then they leave the incident alone', async () => {
  await beat('heard');
  const { expectedBy } = (await statusOf('heard'))!;
  for (let look = 0; look < 300 && (await statusOf('heard'))?.state !== 'silent'; look += 1) await delay(100);
  expect((await statusOf('heard'))?.state).toBe('silent');
  // No worker is here to run the watchdog, so the incident is opened as it would: the first heartbeat finds it.
  await deliver(gateway.client, [{ cluster: 'heard', failureDomain: 'alerting', alerts: [silenceAlert({ cluster: 'heard', expectedBy: expectedBy!, tolerateMs: TOLERATED_MS })] }], { at: new Date().toISOString(), truncated: 0 });
  for (let heard = 0; heard < 5; heard += 1) await beat('heard');
  const { events } = await incident('heard').fetchHistory();
  const signals = events?.flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => (signal ? [JSON.parse(Buffer.from(signal.input!.payloads![0]!.data!).toString()) as { alerts: unknown[] }] : []));
  expect(signals?.map(({ alerts }) => alerts)).toEqual([
    [expect.objectContaining({ status: 'firing', startsAt: expectedBy })],
    ...Array.from({ length: 3 }, (): unknown[] => [expect.objectContaining({ status: 'resolved', startsAt: expectedBy, fingerprint: 'heartbeat-missing-heard' })]),
  ]);
});

test('a planned silence outlasts heartbeats, and ends when it is over or somebody ends it', async () => {
  const paused = await gateway.send('/api/v1/watchdogs/heard-too/pause', { forMs: 3_600_000, reason: 'moving house' });
  expect(paused.json).toMatchObject({ cluster: 'heard', state: 'paused', planned: { reason: 'moving house', by: userInfo().username } });
  await beat('heard');
  const status = await statusOf('heard');
  expect(status).toMatchObject({ state: 'paused', lastHeartbeatAt: expect.any(String) });
  expect(Date.parse(status!.expectedBy!)).toBe(Date.parse(status!.planned!.until) + TOLERATED_MS);
  expect((await gateway.send('/api/v1/watchdogs/heard/resume', {})).json).toMatchObject({ state: 'heard' });
  expect((await gateway.send('/api/v1/watchdogs/unexpected/pause', { forMs: 1_000, reason: 'x' })).json).toMatchObject({ status: 404, detail: expect.stringContaining('expected clusters: heard, planned') });
  expect((await gateway.send('/api/v1/watchdogs/heard/pause', { forMs: 1_000 })).status).toBe(400);
});

test('a watchdog that somebody has ended is armed again by the clock, and one that waits is left as it is', async () => {
  const before = await handle('heard').describe();
  await handle('planned').terminate('by mistake');
  expect(await statusOf('planned')).toMatchObject({ state: 'unarmed' });
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'clearTimeout', 'Date', 'queueMicrotask', 'performance', 'hrtime'] });
  const timer = gateway.dependencies.watchdogs.keepArmed();
  jest.advanceTimersByTime(60_000);
  clearInterval(timer);
  jest.useRealTimers();
  for (let look = 0; look < 50 && (await handle('planned').describe()).status.name !== 'RUNNING'; look += 1) await delay(100);
  expect((await handle('planned').describe()).status.name).toBe('RUNNING');
  expect((await handle('heard').describe()).runId).toBe(before.runId);
});

test('a cluster that is taken out of the configuration is stood down', async () => {
  const fewer = { ...gateway.config, clusters: gateway.config.clusters.map((entry) => (entry.cluster.name === 'planned' ? { ...entry, cluster: (({ watchdog: _, ...cluster }) => cluster)(entry.cluster) } : entry)) };
  for (let look = 0; look < 50 && (await handle('planned').describe()).status.name === 'RUNNING'; look += 1) {
    await new Watchdogs(gateway.client, fewer, gateway.dependencies.log).reconcile();
    await delay(100);
  }
  expect((await handle('planned').describe()).status.name).toBe('TERMINATED');
});
