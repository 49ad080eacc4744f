import { readToken } from '../../../workers/data-dir';
import { GatewayHarness } from '../../support/gateway-harness';

/** Routes that need no token, because they say nothing about incidents. */
const OPEN = ['/healthz', '/openapi.json', '/readyz'];

describe('the API', () => {
  let gateway: GatewayHarness;
  beforeAll(async () => {
    gateway = await GatewayHarness.start();
  });
  afterAll(() => gateway.stop());

  const paths = async () => {
    const { json } = await gateway.send('/openapi.json', undefined, { token: null });
    return Object.entries(json['paths'] as Record<string, Record<string, { summary?: string }>>).flatMap(([path, methods]) => Object.entries(methods).map(([method, { summary }]) => ({ path, method: method.toUpperCase(), summary })));
  };

  test('describes every route with a sentence', async () => {
    const described = await paths();
    expect(described.map(({ method, path }) => `${method} ${path}`).sort()).toMatchInlineSnapshot(`
[
  "GET /api/v1/incidents",
  "GET /api/v1/incidents/{id}",
  "GET /api/v1/incidents/{id}/fixes",
  "GET /api/v1/incidents/{id}/history",
  "GET /api/v1/incidents/{id}/postmortem",
  "GET /api/v1/practice/examples",
  "GET /api/v1/quarantine",
  "GET /api/v1/statistics",
  "GET /api/v1/watchdogs",
  "GET /healthz",
  "GET /metrics",
  "GET /readyz",
  "POST /api/v1/incidents",
  "POST /api/v1/incidents/{id}/cancel",
  "POST /api/v1/incidents/{id}/decisions",
  "POST /api/v1/incidents/{id}/fixes/{fix}",
  "POST /api/v1/incidents/{id}/notes",
  "POST /api/v1/incidents/{id}/postmortem/regenerate",
  "POST /api/v1/incidents/{id}/remedy",
  "POST /api/v1/incidents/{id}/resolve",
  "POST /api/v1/incidents/{id}/resume",
  "POST /api/v1/incidents/{id}/retry-fixes",
  "POST /api/v1/incidents/{id}/take-over",
  "POST /api/v1/practice/incidents",
  "POST /api/v1/watchdogs/{cluster}/pause",
  "POST /api/v1/watchdogs/{cluster}/resume",
  "POST /webhooks/alertmanager",
  "PUT /api/v1/incidents/{id}/postmortem",
]
`);
    expect(described.filter(({ summary }) => !summary)).toEqual([]);
  });

  test('is closed without a token, route by route', async () => {
    for (const { path, method } of await paths()) {
      if (OPEN.includes(path)) continue;
      const { status, json } = await gateway.send(path.replace('{id}', '20261122-00000000'), method === 'POST' ? {} : undefined, { method, token: null });
      expect({ path, method, status, title: json['title'] }).toEqual({ path, method, status: 401, title: 'Unauthorized' });
    }
    for (const page of ['/', '/incidents/20261122-00000000']) expect((await gateway.send(page, undefined, { token: null })).status).toBe(401);
  });

  test.each([
    [{ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://127.0.0.1:1' }, 403],
    [{ 'sec-fetch-site': 'none' }, 404],
    [{ origin: 'https://nightshift.example', 'sec-fetch-site': 'same-origin' }, 404],
    [{}, 404],
  ])('a POST of a browser that knows the token, sent with %j → %i', async (headers, status) => {
    const basic = `Basic ${Buffer.from(`x:${readToken(gateway.dir)}`).toString('base64')}`;
    for (const path of ['take-over', 'resume', 'cancel', 'resolve', 'retry-fixes']) {
      const answer = await gateway.send(`/api/v1/incidents/latest/${path}`, undefined, { method: 'POST', token: null, headers: { authorization: basic, ...headers } });
      expect({ path, status: answer.status }).toEqual({ path, status });
    }
  });

  test('a page of another site may change nothing anywhere, whatever it knows', async () => {
    for (const { path, method } of await paths()) {
      if (method === 'GET') continue;
      const { status, json } = await gateway.send(path.replaceAll(/\{\w+\}/g, 'latest'), {}, { method, headers: { 'sec-fetch-site': 'cross-site' } });
      expect({ path, method, status, detail: json['detail'] }).toEqual({ path, method, status: 403, detail: expect.stringContaining('another site') });
    }
  });

  test('a page of our own may, where a browser says its origin only', async () => {
    const { status } = await gateway.send('/api/v1/incidents/latest/take-over', {}, { headers: { origin: gateway.url } });
    expect(status).toBe(404);
  });

  test('sends headers that keep a browser from doing anything with an answer but show it', async () => {
    for (const path of ['/', '/healthz', '/api/v1/incidents', '/nowhere']) {
      const { headers } = await gateway.send(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  test.each([
    ['/api/v1/incidents/20200101-00000000', 404, 'There is no incident 20200101-00000000'],
    ['/api/v1/incidents/latest', 404, 'There is no incident latest'],
    ["/api/v1/incidents/x' OR 1=1", 404, 'an ID looks like'],
    ['/api/v1/incidents/..%2f..%2fetc%2fpasswd/postmortem', 404, 'an ID looks like'],
    ['/api/v1/incidents?limit=0', 400, 'limit'],
    ['/api/v1/incidents?open=perhaps', 400, 'open'],
    ['/api/v1/nothing', 404, 'GET /openapi.json lists what there is'],
  ])('GET %s → %i', async (path, status, detail) => {
    const answer = await gateway.send(path);
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({ status, type: 'application/problem+json; charset=utf-8' });
    expect(answer.json['detail']).toContain(detail);
  });

  test.each([
    ['/api/v1/incidents/x/decisions', { verdict: 'approve' }, 'planHash'],
    ['/api/v1/incidents/x/decisions', { verdict: 'approve', planHash: 'abc' }, 'planHash'],
    ['/api/v1/incidents/x/decisions', { verdict: 'maybe', planHash: 'a'.repeat(64) }, 'verdict'],
    ['/api/v1/incidents/x/decisions', { verdict: 'approve', planHash: 'a'.repeat(64), actor: 'somebody else' }, 'actor'],
    ['/api/v1/incidents/x/notes', { text: '' }, 'text'],
    ['/api/v1/incidents', { alertname: 'X', cluster: 'a/b' }, 'cluster'],
    ['/api/v1/practice/incidents', {}, 'example'],
  ])('POST %s with %j → 400, naming the field', async (path, body, field) => {
    const { status, json } = await gateway.send(path, body);
    expect(status).toBe(400);
    expect(json['detail']).toContain(field);
  });

  test('a filter is a value, not a query', async () => {
    const { status, json } = await gateway.send(`/api/v1/incidents?cluster=${encodeURIComponent("x' OR ExecutionStatus = 'Running")}`);
    expect({ status, json }).toEqual({ status: 200, json: { incidents: [] } });
  });
});
