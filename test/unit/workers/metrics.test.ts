import { GatewayHarness } from '../../support/gateway-harness';

let gateway: GatewayHarness;
beforeAll(async () => {
  gateway = await GatewayHarness.start();
}, 60_000);
afterAll(() => gateway.stop());

const value = async (line: string) => Number(new RegExp(`^${line.replaceAll(/[{}]/g, '\\$&')} (\\d+)$`, 'm').exec((await gateway.send('/metrics')).text)?.[1] ?? 0);
const alert = { status: 'firing', labels: { alertname: 'RemoteWriteLagging', cluster: 'practice' }, annotations: {}, startsAt: '2026-11-22T03:00:00Z', fingerprint: '5ef7a1c0d3b2e4f6' };

test('every count begins at nought, so that the first one of its kind rises', async () => {
  const { text } = await gateway.send('/metrics');
  expect(text).toContain('nightshift_alerts_received_total{result="quarantined"} 0');
  expect(text).toContain('nightshift_webhooks_refused_total{status="503"} 0');
});

test('what became of alerts and webhooks is counted', async () => {
  const accepted = await value('nightshift_alerts_received_total{result="accepted"}');
  const quarantined = await value('nightshift_alerts_received_total{result="quarantined"}');
  expect((await gateway.send('/webhooks/alertmanager', { version: '4', alerts: [alert, { status: 'nonsense' }] })).status).toBe(200);
  expect(await value('nightshift_alerts_received_total{result="accepted"}')).toBe(accepted + 1);
  expect(await value('nightshift_alerts_received_total{result="quarantined"}')).toBe(quarantined + 1);
  const refused = await value('nightshift_webhooks_refused_total{status="400"}');
  expect((await gateway.send('/webhooks/alertmanager', { nonsense: true })).status).toBe(400);
  expect(await value('nightshift_webhooks_refused_total{status="400"}')).toBe(refused + 1);
});

test('metrics are for those with a token, and name no incident', async () => {
  expect((await gateway.send('/metrics', undefined, { token: null })).status).toBe(401);
  const { text, headers } = await gateway.send('/metrics');
  expect(headers.get('content-type')).toContain('text/plain');
  expect(text).toContain('process_cpu_seconds_total');
  expect(text).not.toMatch(/5ef7a1c0d3b2e4f6|RemoteWriteLagging/);
});
