import { axiosFrontDoor } from '../../../activities/grafana/axios-gateway';
import { quantile } from '../../../activities/histogram';
import type { QueryGateway } from '../../../activities/prometheus/gateway';
import type { Target } from '../../../activities/clusters';
import { failure } from '../../../workflows/contracts';
import { accessWith, clusterConfig, NAMESPACE, pod, statefulSet, type TestAccess } from '../../support/pipeline-objects';
import { json, WireServer } from '../../support/wire-server';
import { ask } from './ask';

const target = (apiVersion: string, kind: string, name: string, more: Partial<Target> = {}): Target => ({ apiVersion, kind, namespace: NAMESPACE, name, ports: {}, ...more });
const PORTS = { ports: { http: 10902, metrics: 10902 } };

function access(desired: Parameters<typeof accessWith>[1] = {}): TestAccess {
  const made = accessWith({
    targets: {
      ...clusterConfig().targets,
      query: target('apps/v1', 'StatefulSet', 'thanos-query', PORTS), store: target('apps/v1', 'StatefulSet', 'thanos-store', PORTS), compactor: target('apps/v1', 'StatefulSet', 'thanos-compactor', PORTS),
      grafana: target('apps/v1', 'StatefulSet', 'grafana', { ports: { http: 3000 } }), grafanaIngress: target('networking.k8s.io/v1', 'Ingress', 'grafana'), grafanaConfig: target('v1', 'ConfigMap', 'grafana', { key: 'grafana.ini' }),
    },
  }, desired);
  for (const workload of ['thanos-query', 'thanos-store', 'thanos-compactor', 'grafana']) made.kubernetes.put(statefulSet({ workload, replicas: 1 }), pod({ ordinal: 0, workload }));
  return made;
}

describe('grafana.frontDoor', () => {
  let server: WireServer;
  beforeAll(async () => {
    server = await WireServer.start();
  });
  afterAll(() => server.stop());
  const through = () => ({ ...access(), frontDoor: axiosFrontDoor(server.url, 1_000) });

  it('tells a missing rule from a page, and reads the health of the database', async () => {
    server.handler = (request, response) => (request.url === '/api/health' ? json(response, 200, { database: 'ok', version: '12.1.1' }) : json(response, 200, 'login'));
    expect((await ask(through(), 'grafana.frontDoor')).fields).toMatchObject({ resolves: true, connects: true, status: 200, noRule: false, database: 'ok', version: '12.1.1' });
    server.handler = (_request, response) => void response.writeHead(404, { 'content-type': 'text/plain' }).end('default backend - 404');
    expect((await ask(through(), 'grafana.frontDoor')).fields).toMatchObject({ status: 404, noRule: true, database: null });
  });

  it('says where it stops: no name, no connection', async () => {
    const unresolved = { host: 'grafana.lab', port: 80, resolve: () => Promise.resolve([]), connect: () => Promise.reject(new Error('not asked')), get: () => Promise.reject(new Error('not asked')) };
    expect((await ask({ ...access(), frontDoor: unresolved }, 'grafana.frontDoor')).fields).toMatchObject({ resolves: false, connects: null, status: null });
    expect((await ask({ ...access(), frontDoor: axiosFrontDoor('http://127.0.0.1:1', 500) }, 'grafana.frontDoor')).fields).toMatchObject({ resolves: true, connects: false, connection: 'refused' });
  });

  it('asks data sources, and says when Grafana does not tell', async () => {
    server.handler = (request, response) => (request.url === '/api/datasources' ? json(response, 200, [{ uid: 'a', name: 'Thanos', type: 'prometheus' }]) : json(response, 400, { status: 'ERROR', message: 'deadline exceeded' }));
    expect((await ask(through(), 'grafana.dataSources')).fields).toMatchObject({ known: true, failing: ['Thanos'], messages: ['deadline exceeded'] });
    server.handler = (_request, response) => json(response, 401, { message: 'Unauthorized' });
    expect((await ask(through(), 'grafana.dataSources')).fields).toMatchObject({ known: false, failing: [] });
  });
});

describe('grafana.health', () => {
  it('counts a pod that answers 503 or not at all as not well', async () => {
    const made = access();
    made.kubernetes.pages = { 'grafana-0 /api/health': JSON.stringify({ database: 'ok', version: '12' }) };
    expect((await ask(made, 'grafana.health')).fields).toMatchObject({ running: 1, healthy: 1, silent: 0 });
    made.kubernetes.pages = {};
    expect((await ask(made, 'grafana.health')).fields).toMatchObject({ running: 1, healthy: 0, silent: 1 });
  });
});

describe('kubernetes.ingress and kubernetes.settings', () => {
  const ingress = (host: string, className = 'nginx') => ({
    apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'grafana', namespace: NAMESPACE }, spec: { ingressClassName: className, rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'grafana', port: { number: 80 } } } }] } }] },
  });

  it('finds a wrong host, a class and a backend that do not exist', async () => {
    const made = access({ 'Ingress grafana': ingress('grafana.lab') });
    made.kubernetes.put(ingress('grafana.lap', 'traefik'));
    expect((await ask(made, 'kubernetes.ingress')).fields).toMatchObject({ exists: true, matchesDesired: false, hosts: ['grafana.lap'], classExists: false, backendsExist: false, addressed: false });
    expect((await ask(access({ 'Ingress grafana': ingress('grafana.lab') }), 'kubernetes.ingress')).fields).toMatchObject({ exists: false, desiredKnown: true, matchesDesired: false });
  });

  it('compares a file with the desired one', async () => {
    const config = (file: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'grafana', namespace: NAMESPACE }, data: { 'grafana.ini': file } });
    const made = access({ 'ConfigMap grafana': config('a\nb') });
    made.kubernetes.put(config('a\nc'));
    expect((await ask(made, 'kubernetes.settings')).fields).toMatchObject({ exists: true, differs: true, changedLines: 2 });
  });
});

describe('the query path', () => {
  it('thanos.stores names endpoints that are not reached, in every form of an error', async () => {
    const made = access();
    made.kubernetes.pages = { 'thanos-query-0 /api/v1/stores': JSON.stringify({ status: 'success', data: { store: [{ name: 'a', lastError: null }, { name: 'b', lastError: 'refused' }], receive: [{ name: 'c', lastError: {} }] } }) };
    expect((await ask(made, 'thanos.stores')).fields).toMatchObject({ endpoints: 3, unhealthy: ['b', 'c'], unhealthyTypes: ['store', 'receive'], errors: ['refused', 'an error without words'] });
  });

  it('thanos.queryLoad finds a gate that is full, and how long queries took between the two looks', async () => {
    const made = access();
    let look = 0;
    made.kubernetes.pages = {
      'thanos-query-0 /metrics': () => {
        look += 1;
        const bucket = (le: string, count: number) => `http_request_duration_seconds_bucket{handler="query",le="${le}"} ${count}`;
        return ['thanos_query_concurrent_gate_queries_in_flight 20', 'thanos_query_concurrent_gate_queries_max 20', bucket('1', 100), bucket('10', look === 1 ? 100 : 200), bucket('+Inf', look === 1 ? 100 : 200), ''].join('\n');
      },
    };
    const { fields } = await ask(made, 'thanos.queryLoad');
    expect(fields).toMatchObject({ answering: 1, inFlight: 20, max: 20, saturated: true });
    expect(fields['p99Seconds']).toBeGreaterThan(9);
  });

  it('thanos.compactor and thanos.storeGateway read their programs’ own metrics', async () => {
    const made = access();
    made.kubernetes.pages = {
      'thanos-compactor-0 /metrics': 'thanos_compact_halted 1\nthanos_compact_todo_compactions 12\n',
      'thanos-store-0 /metrics': 'thanos_bucket_store_blocks_loaded 7\nthanos_objstore_bucket_operation_duration_seconds_bucket{operation="get",le="5"} 10\nthanos_objstore_bucket_operation_duration_seconds_bucket{operation="get",le="+Inf"} 10\nthanos_store_index_cache_requests_total 10\nthanos_store_index_cache_hits_total 9\n',
    };
    expect((await ask(made, 'thanos.compactor')).fields).toMatchObject({ running: 1, halted: true, todo: 12 });
    expect((await ask(made, 'thanos.storeGateway')).fields).toMatchObject({ answering: 1, blocksLoaded: 7, cacheHitRatio: 0.9, objstoreFailures: 0 });
  });

  it('thanos.frontend tells what only the frontend gets wrong', async () => {
    const answering = (points: number): QueryGateway => ({ query: () => Promise.resolve({ samples: [], warnings: [] }), queryRange: () => Promise.resolve({ series: [{ labels: {}, points: Array.from({ length: points }, (_, index): [number, number] => [index, 1]) }], warnings: [] }) });
    const away: QueryGateway = { ...answering(0), queryRange: () => Promise.reject(failure('UpstreamUnavailable', 'away')) };
    expect((await ask({ ...access(), query: answering(120), frontend: answering(60) }, 'thanos.frontend')).fields).toMatchObject({ directAnswers: true, frontendAnswers: true, gapped: true });
    expect((await ask({ ...access(), query: answering(120), frontend: away }, 'thanos.frontend')).fields).toMatchObject({ directAnswers: true, frontendAnswers: false, gapped: null });
    expect((await ask(access(), 'thanos.frontend')).fields).toMatchObject({ notApplicable: true });
  });

  describe('thanos.frontendCache', () => {
    const count = (method: string, status: string, value: number) => `cortex_memcache_request_duration_seconds_count{name="frontend",method="${method}",status_code="${status}"} ${value}\n`;
    const PAGE = 'thanos-query-0 /metrics';

    /** The question through the frontend makes its counters what they are afterwards. */
    function asking(before: string, after: string) {
      const made = access();
      made.kubernetes.pages = { [PAGE]: `up 1\n${before}` };
      const frontend: QueryGateway = { query: () => Promise.resolve({ samples: [], warnings: [] }), queryRange: () => {
        made.kubernetes.pages = { [PAGE]: `up 1\n${after}` };
        return Promise.reject(failure('UpstreamUnavailable', 'no answer in time'));
      } };
      return ask({ ...made, frontend }, 'thanos.frontendCache', { target: 'query' });
    }

    it('finds a cache that does not answer, whatever it answered before', async () => {
      const { fields, summary } = await asking(count('Memcache.GetMulti', '200', 900), count('Memcache.GetMulti', '200', 900) + count('Memcache.GetMulti', '500', 3) + count('Memcache.GetBatched', '200', 3));
      expect(fields).toEqual({ notApplicable: false, answering: 1, requests: 3, failedRatio: 1, failing: true });
      expect(summary).toBe('Of 3 requests of the query frontend to its cache 3 had no answer.');
    });

    it('takes a miss for an answer, and a single failure of many for none', async () => {
      expect((await asking('', count('Memcache.GetMulti', '404', 2))).fields).toMatchObject({ requests: 2, failing: false });
      expect((await asking(count('Memcache.GetMulti', '500', 40), count('Memcache.GetMulti', '500', 41) + count('Memcache.GetMulti', '200', 30))).fields).toMatchObject({ requests: 31, failing: false });
    });

    it('says of no failure where there is no such cache, or a frontend that cannot be read', async () => {
      expect((await asking('', '')).fields).toMatchObject({ answering: 1, requests: 0, failedRatio: null, failing: false });
      const silent = access();
      silent.kubernetes.pages = {};
      expect((await ask({ ...silent, frontend: { query: () => Promise.reject(new Error('not asked')), queryRange: () => Promise.reject(failure('UpstreamUnavailable', 'away')) } }, 'thanos.frontendCache', { target: 'query' })).fields).toMatchObject({ answering: 0, requests: 0, failing: false });
      expect((await ask(access(), 'thanos.frontendCache')).fields).toMatchObject({ notApplicable: true, failing: false });
    });
  });

  it('a quantile is null without observations, and never beyond what is known', () => {
    const bucket = (le: string, value: number) => ({ name: 'x_bucket', labels: { le }, value });
    expect(quantile(0.99, 'x', [])).toBeNull();
    expect(quantile(0.5, 'x', [bucket('1', 10), bucket('+Inf', 10)])).toBe(0.5);
    expect(quantile(0.99, 'x', [bucket('1', 1), bucket('+Inf', 10)])).toBe(1);
  });
});
