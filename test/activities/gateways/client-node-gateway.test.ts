import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { clientNodeGateway } from '../../../activities/kubernetes/client-node-gateway';
import type { KubernetesGateway } from '../../../activities/kubernetes/gateway';
import { json, tlsFiles, WireServer, type Handler } from '../../support/wire-server';
import { conforms, failureOf, PLANTED } from './conformance';

const folder = mkdtempSync(path.join(tmpdir(), 'nightshift-kubeconfig-'));
afterAll(() => rmSync(folder, { recursive: true }));

const NAMESPACE = 'monitoring';
const POD = { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, name: 'p' };

let files = 0;
function kubeconfigFor(server: string, cluster: object = {}, user: object = { token: PLANTED }): string {
  const file = path.join(folder, `kubeconfig-${(files += 1)}`);
  const config = {
    apiVersion: 'v1', kind: 'Config', 'current-context': 'c',
    clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': Buffer.from(tlsFiles().cert).toString('base64'), ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
  };
  writeFileSync(file, stringify(config));
  return file;
}

const RESOURCES: Record<string, unknown> = {
  '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: [{ name: 'pods', kind: 'Pod', namespaced: true }, { name: 'secrets', kind: 'Secret', namespaced: true }, { name: 'services', kind: 'Service', namespaced: true }, { name: 'configmaps', kind: 'ConfigMap', namespaced: true }] },
  '/apis/apps/v1': { kind: 'APIResourceList', groupVersion: 'apps/v1', resources: [{ name: 'statefulsets', kind: 'StatefulSet', namespaced: true }] },
};

const discovery = (...[request, response]: Parameters<Handler>): boolean => {
  const found = RESOURCES[request.url ?? ''];
  if (found) json(response, 200, found);
  return found !== undefined;
};
const status = (code: number, message: string) => ({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code });

conforms({
  name: 'clientNodeGateway',
  tls: true,
  connect: (url, timeoutMs) => {
    const gateway = clientNodeGateway({ kubeconfig: kubeconfigFor(url) }, { callTimeoutMs: timeoutMs });
    return () => gateway.list({ apiVersion: 'v1', kind: 'Pod' }, NAMESPACE);
  },
  aside: discovery,
  errorBody: status,
  good: { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: [] },
});

describe('clientNodeGateway on the wire', () => {
  let server: WireServer;
  let gateway: KubernetesGateway;

  beforeAll(async () => {
    server = await WireServer.start({ tls: true });
    gateway = clientNodeGateway({ kubeconfig: kubeconfigFor(server.url) });
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    server.seen.length = 0;
  });

  const answers = (handler: Handler) => {
    server.handler = (...args) => {
      if (!discovery(...args)) handler(...args);
    };
  };
  const asked = () => server.seen.filter(({ line }) => !(line.slice(4) in RESOURCES));

  it('reads an object as it is, unknown fields included, and sends its token', async () => {
    const object = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'r', namespace: NAMESPACE, creationTimestamp: '2026-01-01T00:00:00Z' }, spec: { fieldOfTheFuture: { deep: 1 }, replicas: 3 } };
    answers((_request, response) => json(response, 200, object));
    expect(await gateway.read({ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: NAMESPACE, name: 'r' })).toEqual(object);
    expect(asked()[0]?.line).toBe('GET /apis/apps/v1/namespaces/monitoring/statefulsets/r');
    expect(asked()[0]?.headers.authorization).toBe(`Bearer ${PLANTED}`);
  });

  it('keeps the prefix of a server behind a gateway', async () => {
    server.handler = (request, response) => {
      request.url = request.url!.replace('/k8s/clusters/c1', '');
      if (!discovery(request, response, '')) json(response, 200, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } });
    };
    expect(await clientNodeGateway({ kubeconfig: kubeconfigFor(`${server.url}/k8s/clusters/c1/`) }).read(POD)).toBeDefined();
    expect(server.seen.map(({ line }) => line)).toEqual(['GET /k8s/clusters/c1/api/v1', 'GET /k8s/clusters/c1/api/v1/namespaces/monitoring/pods/p']);
  });

  it('answers undefined for what is not there, and only for that', async () => {
    answers((_request, response) => json(response, 404, status(404, 'pods "p" not found')));
    expect(await gateway.read(POD)).toBeUndefined();
    answers((_request, response) => void response.writeHead(404).end('<html>some proxy</html>'));
    expect((await failureOf(() => gateway.read(POD))).type).toBe('TargetNotFound');
  });

  it('says that the cluster knows no such kind', async () => {
    answers((_request, response) => json(response, 404, status(404, 'x')));
    expect((await failureOf(() => gateway.read({ ...POD, kind: 'Gadget' }))).message).toContain('no Gadget of v1');
    expect((await failureOf(() => gateway.read({ ...POD, apiVersion: 'monitoring.coreos.com/v1', kind: 'Prometheus' }))).message).toContain('no Prometheus of monitoring.coreos.com/v1');
  });

  it('lists page by page, by label, and completes the items', async () => {
    answers((request, response) => {
      const next = new URL(request.url!, server.url).searchParams.get('continue');
      json(response, 200, { kind: 'PodList', apiVersion: 'v1', metadata: next ? {} : { continue: 'two' }, items: [{ metadata: { name: next ? 'b' : 'a' } }] });
    });
    const pods = await gateway.list({ apiVersion: 'v1', kind: 'Pod' }, NAMESPACE, { app: 'thanos-receive', tier: 'x' });
    expect(pods).toEqual([{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'b' } }]);
    expect(new URL(asked()[0]!.line.slice(4), server.url).searchParams.get('labelSelector')).toBe('app=thanos-receive,tier=x');
  });

  it('patches by JSON Patch under its own name, tried first', async () => {
    answers((_request, response) => json(response, 200, { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' } }));
    const operations = [{ op: 'test', path: '/a', value: null }, { op: 'replace', path: '/a', value: 1 }] as const;
    await gateway.patch({ apiVersion: 'v1', kind: 'Service', namespace: NAMESPACE, name: 's' }, [...operations], { dryRun: true });
    const [call] = asked();
    expect(call?.line).toBe('PATCH /api/v1/namespaces/monitoring/services/s?fieldManager=nightshift&dryRun=All');
    expect(call?.headers['content-type']).toBe('application/json-patch+json');
    expect(JSON.parse(call!.body)).toEqual(operations);
  });

  it.each(['the server rejected our request due to an error in our request', 'testing value /spec/x failed: test failed', 'the server rejected our request due to an error in our request: replace operation does not apply: doc is missing key: /x: missing value'])('takes a failed test for a conflict: %s', async (message) => {
    answers((_request, response) => json(response, 422, status(422, message)));
    expect((await failureOf(() => gateway.patch({ ...POD }, [], { dryRun: false }))).type).toBe('Conflict');
  });

  it('takes any other 422 for a rejection, with the server’s words', async () => {
    answers((_request, response) => json(response, 422, status(422, 'Service "s" is invalid: spec.ports: Required value')));
    const error = await failureOf(() => gateway.patch({ ...POD }, [], { dryRun: false }));
    expect(error.type).toBe('UpstreamRejected');
    expect(error.message).toContain('spec.ports: Required value');
  });

  it('says nothing of a Secret’s content', async () => {
    answers((_request, response) => json(response, 422, status(422, 'Secret "s" is invalid: data: Invalid value: "c2VjcmV0LWNvbnRlbnQ="')));
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: NAMESPACE } };
    expect((await failureOf(() => gateway.create(secret, { dryRun: false }))).message).not.toContain('c2VjcmV0');
    expect((await failureOf(() => gateway.patch({ ...POD, kind: 'Secret' }, [], { dryRun: false }))).message).not.toContain('c2VjcmV0');
  });

  it('creates, tried or for good', async () => {
    answers((_request, response, body) => json(response, 201, JSON.parse(body)));
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: NAMESPACE }, spec: { fieldOfTheFuture: true } };
    expect(await gateway.create(service, { dryRun: false })).toEqual(service);
    expect(asked()[0]?.line).toBe('POST /api/v1/namespaces/monitoring/services?fieldManager=nightshift');
  });

  it('evicts and removes exactly one pod', async () => {
    answers((_request, response) => json(response, 201, { kind: 'Status', status: 'Success' }));
    await gateway.evict({ ...POD, uid: 'u1' }, { dryRun: true });
    await gateway.remove({ ...POD, uid: 'u1' }, { dryRun: true });
    const [eviction, removal] = asked();
    expect(eviction?.line).toBe('POST /api/v1/namespaces/monitoring/pods/p/eviction');
    expect(JSON.parse(eviction!.body)).toEqual({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p', namespace: NAMESPACE }, deleteOptions: { preconditions: { uid: 'u1' }, dryRun: ['All'] } });
    expect(removal?.line).toBe('DELETE /api/v1/namespaces/monitoring/pods/p');
    expect(JSON.parse(removal!.body)).toEqual({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: 'u1' }, dryRun: ['All'] });
  });

  it('keeps the end of a long log and asks for what is wanted', async () => {
    const line = `${'x'.repeat(99)}\n`;
    answers((_request, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end(`${line.repeat(20_000)}the end`));
    const text = await gateway.logs({ namespace: NAMESPACE, pod: 'p', container: 'c', previous: true, sinceSeconds: 1.5, tailLines: 7 });
    expect(text.length).toBeLessThanOrEqual(256 * 1024);
    expect(text.endsWith('the end')).toBe(true);
    expect(asked()[0]?.line).toBe('GET /api/v1/namespaces/monitoring/pods/p/log?tailLines=7&container=c&previous=true&sinceSeconds=2');
  });

  it.each(['container "c" in pod "p" is waiting to start: CrashLoopBackOff', 'previous terminated container "c" in pod "p" not found'])('has an empty log where nothing was logged: %s', async (message) => {
    answers((_request, response) => json(response, 400, status(400, message)));
    expect(await gateway.logs({ namespace: NAMESPACE, pod: 'p', previous: true })).toBe('');
  });

  it('asks programs through the proxy, with query and method', async () => {
    answers((_request, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end('metrics'));
    expect(await gateway.proxyGet({ namespace: NAMESPACE, resource: 'pods', name: 'p', port: 9090, path: '/api/v1/targets?state=active' })).toBe('metrics');
    expect(await gateway.proxyGet({ resource: 'nodes', name: 'node-1', path: '/stats/summary' })).toBe('metrics');
    await gateway.proxyPost({ namespace: NAMESPACE, resource: 'services', name: 's', port: 'http', path: '/-/reload' });
    expect(asked().map(({ line }) => line)).toEqual([
      'GET /api/v1/namespaces/monitoring/pods/p:9090/proxy/api/v1/targets?state=active',
      'GET /api/v1/nodes/node-1/proxy/stats/summary',
      'POST /api/v1/namespaces/monitoring/services/s:http/proxy/-/reload',
    ]);
  });

  it('repeats the short refusal of a proxied program, redacted, and no page', async () => {
    answers((_request, response) => void response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' }).end('Lifecycle API is not enabled. token=abcdefgh'));
    const call = () => gateway.proxyPost({ namespace: NAMESPACE, resource: 'pods', name: 'p', port: 9090, path: '/-/reload' });
    const { message } = await failureOf(call);
    expect(message).toContain('Lifecycle API is not enabled');
    expect(message).not.toContain('abcdefgh');
    answers((_request, response) => void response.writeHead(502, { 'content-type': 'text/html' }).end('<html>internal page</html>'));
    expect((await failureOf(call)).message).not.toContain('internal page');
  });

  it('tells faults of the kubeconfig in one sentence', () => {
    expect(() => clientNodeGateway({ kubeconfig: '/nowhere/kubeconfig' })).toThrow(/Cannot read the kubeconfig .*ENOENT/);
    expect(() => clientNodeGateway({ kubeconfig: kubeconfigFor(server.url), context: 'other' })).toThrow(/has no context other; it has c/);
  });

  it('tells that plain http and unknown certificates are not trusted', async () => {
    const plain = clientNodeGateway({ kubeconfig: kubeconfigFor('http://127.0.0.1:9') });
    expect((await failureOf(() => plain.read(POD))).message).toContain('http://');
    const untrusted = clientNodeGateway({ kubeconfig: kubeconfigFor(server.url, { 'certificate-authority-data': undefined }) });
    expect((await failureOf(() => untrusted.read(POD))).message).toMatch(/DEPTH_ZERO_SELF_SIGNED_CERT/);
  });

  it('tells that credentials cannot be had, and not what went wrong inside', async () => {
    const broken = clientNodeGateway({ kubeconfig: kubeconfigFor(server.url, {}, { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: '/nowhere/login', args: [PLANTED] } }) });
    const error = await failureOf(() => broken.read(POD));
    expect(error.type).toBe('NotAuthorized');
    expect(error.message).not.toContain(PLANTED);
  });
});
