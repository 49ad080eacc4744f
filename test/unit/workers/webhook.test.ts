import { readdirSync, writeFileSync } from 'node:fs';
import { readToken } from '../../../workers/data-dir';
import { tokenDigest } from '../../../workers/gateway/users';
import { GatewayHarness, type SendOptions } from '../../support/gateway-harness';

const STARTS_AT = '2026-11-22T03:00:00.123456789Z';

function alert(change: Record<string, unknown> = {}, labels: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    status: 'firing',
    labels: { alertname: 'RemoteWriteLagging', cluster: 'practice', severity: 'critical', ...labels },
    annotations: { summary: 'Remote write lags' },
    startsAt: STARTS_AT,
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus.example/graph',
    fingerprint: '5ef7a1c0d3b2e4f6',
    ...change,
  };
}

function body(alerts: unknown[], change: Record<string, unknown> = {}): Record<string, unknown> {
  return { version: '4', groupKey: '{}:{}', truncatedAlerts: 0, status: 'firing', receiver: 'nightshift', groupLabels: {}, commonLabels: {}, commonAnnotations: {}, externalURL: 'http://alertmanager.example', alerts, ...change };
}

const counts = (accepted: number, quarantined = 0, heartbeats = 0, resolvedUnknown = 0) => ({ accepted, quarantined, heartbeats, planned: 0, resolvedUnknown });

interface Case {
  name: string;
  send: unknown;
  options?: SendOptions;
  status: number;
  /** Part of the answer's JSON. */
  answer?: Record<string, unknown>;
  /** Part of the problem's `detail`. */
  detail?: string;
}

const basic = (password: string) => ({ token: null, headers: { authorization: `Basic ${Buffer.from(`alertmanager:${password}`).toString('base64')}` } });

const CASES: Case[] = [
  { name: 'a firing alert', send: body([alert()]), status: 200, answer: counts(1) },
  { name: 'unknown extra fields, in the body and in an alert', send: body([alert({ silenceURL: 'x', future: { deep: true } })], { notificationReason: 'new' }), status: 200, answer: counts(1) },
  { name: 'alerts that were truncated', send: body([alert()], { truncatedAlerts: 7 }), status: 200, answer: counts(1) },
  { name: 'no alerts at all', send: body([]), status: 200, answer: counts(0) },
  { name: 'the alert that always fires', send: body([alert({}, { alertname: 'Watchdog', severity: 'none' })]), status: 200, answer: counts(0, 0, 1) },
  { name: 'a cluster that nobody configured', send: body([alert({}, { cluster: 'cluster-99' })]), status: 200, answer: { ...counts(1), incidents: [{ cluster: 'cluster-99', failureDomain: 'receive', workflowId: 'incident/cluster-99/receive' }] } },
  { name: 'an alias of a cluster', send: body([alert({}, { cluster: 'cluster-03' })]), status: 200, answer: { incidents: [{ cluster: 'practice', failureDomain: 'receive', workflowId: 'incident/practice/receive' }] } },
  { name: 'resolved, of which no incident is open', send: body([alert({ status: 'resolved', endsAt: '2026-11-22T03:10:00Z' }, { alertname: 'GrafanaDown' })]), status: 200, answer: counts(0, 0, 0, 1) },
  { name: 'one bad alert among good ones', send: body([alert(), alert({ labels: { severity: 'critical' } }), alert({}, { alertname: 'ThanosStoreIsDown' })]), status: 200, answer: counts(2, 1) },
  { name: 'an alert without labels', send: body([alert({ labels: undefined })]), status: 200, answer: counts(0, 1) },
  { name: 'an alert that is no object', send: body(['RemoteWriteLagging', null, 7]), status: 200, answer: counts(0, 3) },
  { name: 'a label that is no text', send: body([alert({}, { pod: { name: 'x' } })]), status: 200, answer: counts(0, 1) },
  { name: 'a cluster that would reach into another ID', send: body([alert({}, { cluster: '../lease' })]), status: 200, answer: counts(0, 1) },
  { name: 'a start that is no time', send: body([alert({ startsAt: 'yesterday' })]), status: 200, answer: counts(0, 1) },
  { name: 'no fingerprint', send: body([alert({ fingerprint: undefined })]), status: 200, answer: counts(1) },
  { name: 'basic authentication with the token as password', send: body([alert()]), options: basic('TOKEN'), status: 200, answer: counts(1) },
  { name: 'malformed JSON', send: '{"version":"4","alerts":[', status: 400, detail: 'JSON' },
  { name: 'an empty body', send: '', status: 400 },
  { name: 'a wrong version', send: body([alert()], { version: '3' }), status: 400, detail: 'version: expected "4"' },
  { name: 'no version', send: { alerts: [] }, status: 400, detail: 'version: expected "4"' },
  { name: 'no alerts field', send: { version: '4' }, status: 400, detail: 'alerts: ' },
  { name: 'alerts that are no list', send: { version: '4', alerts: {} }, status: 400, detail: 'alerts: ' },
  { name: 'a body that is a list', send: [body([alert()])], status: 400, detail: 'not an Alertmanager webhook' },
  { name: 'a body that is null', send: 'null', status: 400, detail: 'not an Alertmanager webhook' },
  { name: 'a body that would poison prototypes', send: '{"version":"4","alerts":[],"__proto__":{"x":1}}', status: 400 },
  { name: 'a body of 10 MB', send: body([alert({ annotations: { summary: 'x'.repeat(10 * 1024 * 1024) } })]), status: 413, detail: '1 MiB' },
  { name: 'another content type', send: 'alerts=1', options: { headers: { 'content-type': 'application/x-www-form-urlencoded' } }, status: 415 },
  { name: 'no token', send: body([alert()]), options: { token: null }, status: 401, detail: 'Authorization: Bearer' },
  { name: 'a wrong token', send: body([alert()]), options: { token: 'wrong' }, status: 401 },
  { name: 'a wrong password', send: body([alert()]), options: basic('wrong'), status: 401 },
  { name: 'an authorization that is none', send: body([alert()]), options: { token: null, headers: { authorization: 'Bearer' } }, status: 401 },
  { name: 'a token that may only look', send: body([alert()]), options: { token: 'viewer-token' }, status: 403, detail: 'takes the role' },
  { name: 'another method', send: undefined, options: { method: 'GET' }, status: 404 },
];

describe('POST /webhooks/alertmanager', () => {
  let gateway: GatewayHarness;

  beforeAll(async () => {
    gateway = await GatewayHarness.start();
    writeFileSync(gateway.dir.usersFile, JSON.stringify([{ name: 'nari', roles: ['viewer'], tokenSha256: tokenDigest('viewer-token').toString('hex') }]));
  });
  afterAll(() => gateway.stop());

  const post = ({ send, options }: Pick<Case, 'send' | 'options'>) => {
    const headers = options?.headers?.['authorization']?.startsWith('Basic ') ? withToken(options) : options;
    return gateway.send('/webhooks/alertmanager', send, headers);
  };
  const withToken = (options: SendOptions): SendOptions => {
    const password = Buffer.from(options.headers!['authorization']!.slice(6), 'base64').toString().split(':')[1]!;
    return password === 'TOKEN' ? basic(readToken(gateway.dir)) : options;
  };

  test.each(CASES)('$name → $status', async ({ send, options, status, answer, detail }) => {
    const received = await post({ send, ...(options && { options }) });
    expect(received.status).toBe(status);
    if (answer) expect(received.json).toMatchObject(answer);
    if (detail) expect(received.json['detail']).toContain(detail);
    if (status >= 400) expect(received.json).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
    expect(received.text).not.toMatch(/\.js:\d+|at \w+ \(/);
  });

  test('what was quarantined can be seen, with the reason, and is kept as a file', async () => {
    const before = (await gateway.send('/api/v1/quarantine')).json['total'] as number;
    await post({ send: body([alert({ labels: {} })]) });
    const { json } = await gateway.send('/api/v1/quarantine');
    expect(json['total']).toBe(before + 1);
    expect((json['alerts'] as unknown[])[0]).toMatchObject({ faults: ['labels.alertname: is missing'], alert: { status: 'firing' } });
    expect(readdirSync(gateway.dir.quarantineDir)).toHaveLength(before + 1);
  });

  test('repeats join the incident that is open', async () => {
    const again = () => post({ send: body([alert({}, { alertname: 'ThanosCompactHalted' })]) });
    await again();
    const first = await gateway.client.workflow.getHandle('incident/practice/compact').describe();
    await again();
    const second = await gateway.client.workflow.getHandle('incident/practice/compact').describe();
    expect(second.runId).toBe(first.runId);
    expect(second.typedSearchAttributes.getAll()).toHaveLength(4);
  });

  test('a resolution reaches an open incident, and starts none', async () => {
    const resolved = alert({ status: 'resolved', endsAt: '2026-11-22T03:30:00Z' }, { alertname: 'ThanosQueryOverload' });
    expect((await post({ send: body([resolved]) })).json).toMatchObject(counts(0, 0, 0, 1));
    await expect(gateway.client.workflow.getHandle('incident/practice/query').describe()).rejects.toThrow('not found');
    await post({ send: body([alert({}, { alertname: 'ThanosQueryOverload' })]) });
    expect((await post({ send: body([resolved]) })).json).toMatchObject(counts(1));
  });

  test('many alerts in one body are signalled in parts that fit a history', async () => {
    const many = Array.from({ length: 250 }, (_, index) => alert({ fingerprint: `f${index}` }, { alertname: 'GrafanaDown', pod: `grafana-${index}` }));
    expect((await post({ send: body(many) })).json).toMatchObject(counts(250));
    const history = await gateway.client.workflow.getHandle('incident/practice/ui').fetchHistory();
    expect(history.events?.filter((event) => event.workflowExecutionSignaledEventAttributes)).toHaveLength(3);
  });

  test('without a worker, an incident is listed and shown from what Temporal itself knows', async () => {
    await post({ send: body([alert({}, { alertname: 'ThanosStoreIsDown' })]) });
    const { json } = await gateway.send('/api/v1/incidents?open=true&cluster=practice');
    const listed = (json['incidents'] as Array<Record<string, unknown>>).find(({ failureDomain }) => failureDomain === 'store');
    expect(listed).toMatchObject({ phase: 'triage', open: true, severity: 'critical', title: { en: 'Remote write lags' } });
    const shown = await gateway.send(`/api/v1/incidents/${String(listed?.['publicId'])}`);
    expect(shown.json).toMatchObject({ publicId: listed?.['publicId'], workerAway: true });
    const decision = await gateway.send(`/api/v1/incidents/${String(listed?.['publicId'])}/decisions`, { verdict: 'approve', planHash: 'a'.repeat(64) });
    expect(decision.status).toBe(503);
    expect(decision.headers.get('retry-after')).toBe('5');
  }, 20_000);

  test('with Temporal down it answers 503 with Retry-After, and accepts when Temporal is back', async () => {
    await gateway.stopTemporal();
    const [away, shown, ready, alive] = await Promise.all([
      post({ send: body([alert({}, { alertname: 'AlertmanagerClusterDown' })]) }),
      gateway.send('/api/v1/incidents/20260101-00000000'),
      gateway.send('/readyz', undefined, { token: null }),
      gateway.send('/healthz', undefined, { token: null }),
    ]);
    expect(away.status).toBe(503);
    expect(away.headers.get('retry-after')).toBe('5');
    expect(away.json['detail']).toContain('Send it again');
    // That there is no record of it does not mean that there is no such incident.
    expect(shown.status).toBe(503);
    expect(ready.status).toBe(503);
    expect(alive.status).toBe(200);
    await gateway.startTemporal();
    let back = away;
    for (let tried = 0; tried < 20 && back.status !== 200; tried += 1) back = await post({ send: body([alert({}, { alertname: 'AlertmanagerClusterDown' })]) });
    expect(back.json).toMatchObject(counts(1));
    expect((await gateway.send('/readyz', undefined, { token: null })).status).toBe(200);
  }, 60_000);
});
