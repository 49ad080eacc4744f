import { GatewayHarness } from '../../support/gateway-harness';

/** What asks for no cluster of that name asks for nothing, whatever the text would mean to the query's parser. */
describe('a filter is a text, never a part of the query', () => {
  let gateway: GatewayHarness;
  beforeAll(async () => {
    gateway = await GatewayHarness.start();
    await gateway.send('/webhooks/alertmanager', { version: '4', alerts: [{ status: 'firing', labels: { alertname: 'RemoteWriteLagging', cluster: 'cluster-03' }, annotations: {}, startsAt: new Date().toISOString(), fingerprint: 'a0a0a0a0a0a0a0a0' }] });
    for (let look = 0; look < 100; look += 1) if (((await gateway.send('/api/v1/incidents')).json['incidents'] as unknown[]).length > 0) return;
    throw new Error('the incident never appeared in visibility');
  }, 60_000);
  afterAll(() => gateway.stop());

  test.each(["' OR WorkflowType = 'incidentWorkflow", "\\' OR WorkflowType = 'incidentWorkflow", "\\' OR WorkflowType = \\'incidentWorkflow\\' OR WorkflowType = \\'", "x' --", '\\', "'", '"', '%', '`'])('%j', async (hostile) => {
    for (const field of ['cluster', 'phase', 'class', 'outcome']) {
      const longest = field === 'cluster' ? 63 : field === 'class' ? 40 : 20;
      const { status, json } = await gateway.send(`/api/v1/incidents?${field}=${encodeURIComponent(hostile.slice(0, longest))}`);
      expect({ field, status, incidents: json['incidents'] }).toEqual({ field, status: 200, incidents: [] });
    }
  });
});
