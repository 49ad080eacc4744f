/** What we ship for clusters, on a real API server: accepted without a warning, and its pods are let in under `restricted`. */
import { defaultLabDir, labPaths } from '../../infra/lab';
import { projectRoot } from '../../infra/project';
import path from 'node:path';
import { LabCluster } from '../support/lab-cluster';

const NAMESPACE = 'nightshift';
const overlay = (name: string) => path.join(projectRoot(), 'infra', 'kubernetes', name);

let lab: LabCluster;
beforeAll(async () => {
  lab = await LabCluster.up(labPaths(`${defaultLabDir()}-least-privilege`), () => undefined);
}, 300_000);
afterAll(async () => {
  await lab?.down();
}, 600_000);

/** Workers and gateway by name, with the replicas that they are told to have and the pods that were let in. */
async function deployed(): Promise<Record<string, { replicas: number; pods: number }>> {
  const { items } = JSON.parse(await lab.kubectl(['-n', NAMESPACE, 'get', 'deployments', '-o', 'json'])) as { items: Array<{ metadata: { name: string }; spec: { replicas: number } }> };
  const pods = JSON.parse(await lab.kubectl(['-n', NAMESPACE, 'get', 'pods', '-o', 'json'])) as { items: Array<{ metadata: { labels?: Record<string, string>; deletionTimestamp?: string } }> };
  const of = (name: string) => pods.items.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/name'] === name && !metadata.deletionTimestamp).length;
  return Object.fromEntries(items.map(({ metadata: { name }, spec: { replicas } }) => [name, { replicas, pods: of(name) }]));
}

const apply = (name: string) => lab.kubectl(['apply', '--warnings-as-errors', '-k', overlay(name)]);

test.each([
  ['base', { 'nightshift-gateway': 1, 'nightshift-worker-probe': 2, 'nightshift-worker-mutate': 1 }],
  ['overlays/observe', { 'nightshift-gateway': 1, 'nightshift-worker-probe': 2, 'nightshift-worker-mutate': 0 }],
  ['overlays/on-demand', { 'nightshift-gateway': 1, 'nightshift-worker-probe': 0, 'nightshift-worker-mutate': 0 }],
])('%s is applied without a warning, and again on itself', async (name, replicas) => {
  await apply(name);
  expect(await apply(name)).not.toMatch(/ created/);
  const wanted = Object.fromEntries(Object.entries(replicas).map(([deployment, count]) => [deployment, { replicas: count, pods: count }]));
  await lab.until(`the pods of ${name}`, async () => JSON.stringify(await deployed()) === JSON.stringify(Object.fromEntries(Object.entries(wanted).sort(([a], [b]) => a.localeCompare(b)))));
});

test('a pod that may be more than `restricted` allows is not let in', async () => {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'careless', namespace: NAMESPACE }, spec: { containers: [{ name: 'x', image: 'x' }] } };
  await expect(lab.kubectl(['apply', '-f', '-'], JSON.stringify(pod))).rejects.toThrow(/violates PodSecurity "restricted/);
});

test('who scales workers may do that and nothing else', async () => {
  const gateway = lab.gateway('system:serviceaccount:temporal:temporal-worker-controller');
  const ask = (verb: string, name: string, subresource?: string) => lab.may(gateway, { namespace: NAMESPACE, verb, group: 'apps', resource: 'deployments', name, ...(subresource && { subresource }) });
  expect(await ask('update', 'nightshift-worker-probe', 'scale')).toBe(true);
  expect(await ask('update', 'nightshift-gateway', 'scale')).toBe(false);
  expect(await ask('update', 'nightshift-worker-probe')).toBe(false);
});
