/** The practice cluster behind Kubernetes' protocol, asked by the client that workers use. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { clientNodeGateway } from '../../../activities/kubernetes/client-node-gateway';
import type { KubernetesGateway } from '../../../activities/kubernetes/gateway';
import { brokenCluster } from '../../../infra/kill-matrix/incident';
import { PracticeApi, type Moment } from '../../../infra/kill-matrix/practice-api';
import { failureTypeOf } from '../../../workflows/contracts';

const SET = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'monitoring', name: 'thanos-receive' };
const POD = { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name: 'thanos-receive-2' };
const SERVICE = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'thanos-receive-lb', namespace: 'monitoring' }, spec: { selector: { app: 'thanos-receive' }, ports: [{ port: 19291 }] } };
const toTwo = [{ op: 'test' as const, path: '/spec/replicas', value: 3 }, { op: 'replace' as const, path: '/spec/replicas', value: 2 }];

const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-kill-api-'));
let api: PracticeApi;
let gateway: KubernetesGateway;
let clusters = 0;
let seen: string[];
let stopAt: Moment | undefined;

beforeAll(async () => {
  api = await PracticeApi.start();
});
beforeEach(() => {
  const name = `c${(clusters += 1)}`;
  seen = [];
  stopAt = undefined;
  api.serve(name, brokenCluster(path.join(folder, name)), async (moment, write) => {
    seen.push(`${moment} ${write}`);
    return moment !== stopAt;
  });
  const kubeconfig = path.join(folder, `${name}.kubeconfig`);
  writeFileSync(kubeconfig, api.kubeconfig(name));
  gateway = clientNodeGateway({ kubeconfig });
});
afterAll(async () => {
  await api.stop();
  rmSync(folder, { recursive: true, force: true });
});

const audit = () => api.audit(`c${clusters}`).map(({ verb, object }) => `${verb} ${object.kind}/${object.name}`);
const failureOf = async (work: Promise<unknown>) => failureTypeOf(await work.then(() => undefined, (error: unknown) => error));

test('objects, lists by label and what is not there are read as from any API server', async () => {
  expect((await gateway.read(SET))?.metadata.name).toBe('thanos-receive');
  expect(await gateway.read({ ...SET, name: 'nobody' })).toBeUndefined();
  const pods = await gateway.list({ apiVersion: 'v1', kind: 'Pod' }, 'monitoring', { app: 'thanos-receive' });
  expect(pods.map(({ metadata }) => metadata.name)).toEqual(['thanos-receive-0', 'thanos-receive-1', 'thanos-receive-2']);
  expect(await gateway.proxyGet({ namespace: 'monitoring', resource: 'pods', name: 'prometheus-agent-0', port: 9090, path: '/-/ready' })).toBe('OK\n');
  expect(seen).toEqual([]);
});

test('writes are carried out and audited once, dry runs are neither audited nor interfered with', async () => {
  await gateway.patch(SET, toTwo, { dryRun: true });
  await gateway.create(SERVICE, { dryRun: true });
  await gateway.remove(POD, { dryRun: true });
  expect([audit(), seen]).toEqual([[], []]);
  await gateway.patch(SET, toTwo, { dryRun: false });
  await gateway.create(SERVICE, { dryRun: false });
  await gateway.remove({ ...POD, uid: (await gateway.read(POD))!.metadata.uid! }, { dryRun: false });
  expect(audit()).toEqual(['patch StatefulSet/thanos-receive', 'create Service/thanos-receive-lb', 'delete Pod/thanos-receive-2']);
  expect(seen).toEqual(['received PATCH StatefulSet/thanos-receive', 'applied PATCH StatefulSet/thanos-receive', 'received POST Service/thanos-receive-lb', 'applied POST Service/thanos-receive-lb', 'received DELETE Pod/thanos-receive-2', 'applied DELETE Pod/thanos-receive-2']);
});

test('what no longer holds is refused in the words that the client understands', async () => {
  await gateway.patch(SET, toTwo, { dryRun: false });
  expect(await failureOf(gateway.patch(SET, toTwo, { dryRun: false }))).toBe('Conflict');
  expect(await failureOf(gateway.remove({ ...POD, uid: 'another' }, { dryRun: false }))).toBe('Conflict');
  await gateway.create(SERVICE, { dryRun: false });
  expect(await failureOf(gateway.create(SERVICE, { dryRun: false }))).toBe('Conflict');
  expect(audit()).toHaveLength(2);
});

test('a write that is stopped as it arrives is not carried out, one that is stopped after it is; nobody is answered', async () => {
  stopAt = 'received';
  expect(await failureOf(gateway.patch(SET, toTwo, { dryRun: false }))).toBe('UpstreamUnavailable');
  expect(audit()).toEqual([]);
  stopAt = 'applied';
  expect(await failureOf(gateway.patch(SET, toTwo, { dryRun: false }))).toBe('UpstreamUnavailable');
  expect(audit()).toEqual(['patch StatefulSet/thanos-receive']);
});
