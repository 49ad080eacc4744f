import { axiosAlertmanagerGateway } from '../../../activities/alertmanager/axios-gateway';
import { axiosRulesGateway } from '../../../activities/prometheus/axios-rules-gateway';
import { axiosQueryGateway } from '../../../activities/prometheus/axios-query-gateway';
import { json, WireServer } from '../../support/wire-server';
import { conforms, failureOf, PLANTED } from './conformance';

const withCredentials = (url: string) => url.replace('://', `://nightshift:${PLANTED}@`);

conforms({
  name: 'axiosQueryGateway',
  connect: (url, timeoutMs) => {
    const gateway = axiosQueryGateway(withCredentials(url), 'Thanos Query', timeoutMs);
    return () => gateway.query('up');
  },
  errorBody: (_status, error) => ({ status: 'error', errorType: 'bad_data', error }),
  good: { status: 'success', data: { resultType: 'vector', result: [] } },
});

conforms({
  name: 'axiosAlertmanagerGateway',
  connect: (url, timeoutMs) => {
    const gateway = axiosAlertmanagerGateway(withCredentials(url), timeoutMs);
    return () => gateway.activeAlerts(['alertname="X"']);
  },
  errorBody: (_status, message) => ({ code: 400, message }),
  good: [],
});

conforms({
  name: 'axiosRulesGateway',
  connect: (url, timeoutMs) => {
    const gateway = axiosRulesGateway(withCredentials(url), 'The Ruler', timeoutMs);
    return () => gateway.alertingRules();
  },
  errorBody: (_status, error) => ({ status: 'error', errorType: 'bad_data', error }),
  good: { status: 'success', data: { groups: [] } },
});

describe('the wire', () => {
  let server: WireServer;
  beforeAll(async () => {
    server = await WireServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    server.seen.length = 0;
  });

  it('asks Thanos to refuse partial answers, and reads special values and warnings', async () => {
    server.handler = (_request, response) =>
      json(response, 200, {
        status: 'success',
        warnings: ['store thanos-receive-1 is not reachable'],
        data: { resultType: 'vector', result: [
          { metric: { __name__: 'up', cluster: 'c' }, value: [1_700_000_000.5, '1'] },
          { metric: {}, value: [1_700_000_000, 'NaN'] },
          { metric: {}, value: [1_700_000_000, '+Inf'] },
          { metric: {}, histogram: [1_700_000_000, {}] },
        ] },
      });
    const answer = await axiosQueryGateway(`${server.url}/prefix/`).query('up{cluster="a b&c"}');
    expect(server.seen[0]?.line).toMatch(/^GET \/prefix\/api\/v1\/query\?/);
    const asked = new URL(server.seen[0]!.line.slice(4), server.url).searchParams;
    expect(asked.get('query')).toBe('up{cluster="a b&c"}');
    expect(asked.get('partial_response')).toBe('false');
    expect(answer.warnings).toEqual(['store thanos-receive-1 is not reachable']);
    expect(answer.samples).toEqual([
      { name: 'up', labels: { cluster: 'c' }, value: 1 },
      { name: '', labels: {}, value: Number.NaN },
      { name: '', labels: {}, value: Number.POSITIVE_INFINITY },
    ]);
  });

  it('reads a scalar', async () => {
    server.handler = (_request, response) => json(response, 200, { status: 'success', data: { resultType: 'scalar', result: [1, '3.5'] } });
    expect((await axiosQueryGateway(server.url).query('3.5')).samples).toEqual([{ name: '', labels: {}, value: 3.5 }]);
  });

  it('says which query language fault Prometheus found (422 in agent mode)', async () => {
    server.handler = (_request, response) => json(response, 422, { status: 'error', errorType: 'execution', error: 'unavailable with Prometheus Agent' });
    const error = await failureOf(() => axiosQueryGateway(server.url).query('up'));
    expect(error.message).toContain('unavailable with Prometheus Agent');
    expect(error.type).toBe('UpstreamRejected');
  });

  it('gives Alertmanager each matcher of its own and reads states', async () => {
    const alert = { fingerprint: 'f', labels: { alertname: 'A' }, annotations: {}, startsAt: '2026-01-01T00:00:00Z', endsAt: '2026-01-01T00:05:00Z', receivers: [{ name: 'n' }], updatedAt: 'x', generatorURL: '' };
    server.handler = (_request, response) => json(response, 200, [{ ...alert, status: { state: 'suppressed', silencedBy: ['s'], inhibitedBy: [] } }]);
    const alerts = await axiosAlertmanagerGateway(server.url).activeAlerts(['alertname=~"A|B"', 'cluster="c"']);
    expect(new URL(server.seen[0]!.line.slice(4), server.url).searchParams.getAll('filter')).toEqual(['alertname=~"A|B"', 'cluster="c"']);
    expect(alerts).toEqual([{ fingerprint: 'f', labels: { alertname: 'A' }, startsAt: '2026-01-01T00:00:00Z', state: 'suppressed', silencedBy: ['s'], receivers: ['n'] }]);
  });

  it('reads rules with the alerts that fire, those of a Thanos Ruler too', async () => {
    const rule = { state: 'firing', name: 'Watchdog', query: 'vector(1)', duration: 0, labels: {}, annotations: {}, health: 'ok', type: 'alerting', lastEvaluation: '2026-01-01T00:00:00Z', evaluationTime: 0.1 };
    const alerts = [{ labels: { alertname: 'Watchdog', cluster: 'c' }, annotations: {}, state: 'firing', activeAt: 'x', value: '1' }, { labels: { alertname: 'Watchdog', cluster: 'd' }, annotations: {}, state: 'pending', activeAt: 'x', value: '1' }];
    const failing = { ...rule, name: 'X', health: 'err', lastError: 'no answer', alerts: null, partialResponseStrategy: 'ABORT' };
    server.handler = (_request, response) => json(response, 200, { status: 'success', data: { groups: [{ name: 'g', file: 'f', interval: 30, rules: [{ ...rule, alerts }, failing] }] } });
    expect(await axiosRulesGateway(server.url).alertingRules()).toEqual([
      { group: 'g', name: 'Watchdog', health: 'ok', lastEvaluation: '2026-01-01T00:00:00Z', firing: [{ alertname: 'Watchdog', cluster: 'c' }] },
      { group: 'g', name: 'X', health: 'err', lastError: 'no answer', lastEvaluation: '2026-01-01T00:00:00Z', firing: [] },
    ]);
    expect(server.seen[0]?.line).toBe('GET /api/v1/rules?type=alert');
  });
});
