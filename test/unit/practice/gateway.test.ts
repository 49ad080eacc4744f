import { failureTypeOf } from '../../../workflows/contracts';
import type { KubernetesObject } from '../../../activities/kubernetes/gateway';
import { Practice, reference, shown } from './practice-harness';

const DO = { dryRun: false };
const TRY = { dryRun: true };
const SET = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'monitoring', name: 'thanos-receive' };
const SERVICE = { apiVersion: 'v1', kind: 'Service', namespace: 'monitoring', name: 'thanos-receive-lb' };

let practice: Practice;
beforeEach(() => (practice = new Practice()));
afterEach(() => practice.remove());

const refusal = (work: Promise<unknown>) => work.then(() => 'accepted', failureTypeOf);
const endpoints = async () => {
  const [slice] = await practice.cluster.gateway.list({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' }, 'monitoring', { 'kubernetes.io/service-name': 'thanos-receive-lb' });
  return ((slice?.['endpoints'] ?? []) as Array<{ conditions: { ready: boolean } }>).filter(({ conditions }) => conditions.ready).length;
};
const version = (object: KubernetesObject | undefined) => object?.metadata.resourceVersion;

describe('the healthy pipeline', () => {
  it('is what the manifests of the lab say, with pods, revisions and endpoints', async () => {
    expect((await practice.pods('thanos-receive')).map(shown)).toEqual(['1/1 Running', '1/1 Running', '1/1 Running']);
    expect((await practice.pods('prometheus-agent')).map(({ metadata }) => metadata.name)).toEqual(['prometheus-agent-0']);
    expect(await practice.pods('thanos-query')).toHaveLength(1);
    expect(await endpoints()).toBe(3);
    expect((await practice.cluster.gateway.read(SET))?.['status']).toMatchObject({ replicas: 3, readyReplicas: 3, updatedReplicas: 3, observedGeneration: 1 });
    expect(practice.cluster.scene()).toBeUndefined();
  });

  it('finds by labels, and nothing where nothing is', async () => {
    expect(await practice.pods('nobody')).toEqual([]);
    expect(await practice.find('v1', 'Service', 'nobody')).toBeUndefined();
    expect(await practice.find('apps/v1', 'Service', 'thanos-receive-lb')).toBeUndefined();
  });

  it('gives copies: what a caller changes stays with the caller', async () => {
    const pod = await practice.pod('thanos-receive-0');
    pod.metadata['labels'] = {};
    expect((await practice.pod('thanos-receive-0')).metadata['labels']).toHaveProperty('app');
  });
});

describe('a changed template of a StatefulSet', () => {
  const CACHE = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'monitoring', name: 'memcached' };
  const restart = (strategy: object = {}) => practice.cluster.gateway.patch(CACHE, [{ op: 'add', path: '/spec/template/metadata/annotations', value: { restarted: 'now' } }, { op: 'add', path: '/spec/updateStrategy', value: { ...strategy } }], DO);

  it('has its pods replaced when all of them are ready', async () => {
    const before = await practice.pod('memcached-0');
    await restart();
    practice.pass(3_000);
    const after = await practice.pod('memcached-0');
    expect(after.metadata.uid).not.toBe(before.metadata.uid);
    expect(shown(after)).toBe('1/1 Running');
  });

  it('waits for whoever deletes them, with OnDelete', async () => {
    const before = await practice.pod('memcached-0');
    await restart({ type: 'OnDelete' });
    practice.pass(3_000);
    expect((await practice.pod('memcached-0')).metadata.uid).toBe(before.metadata.uid);
  });
});

describe('eviction', () => {
  it('makes a new pod: gone, then creating, then ready, with another UID and on the present revision', async () => {
    const before = await practice.pod('thanos-receive-1');
    await practice.cluster.gateway.evict(reference(before), DO);
    expect(await practice.find('v1', 'Pod', 'thanos-receive-1')).toBeUndefined();
    expect(await endpoints()).toBe(2);
    practice.pass(600);
    expect(shown(await practice.pod('thanos-receive-1'))).toBe('0/1 ContainerCreating');
    practice.pass(2_000);
    const after = await practice.pod('thanos-receive-1');
    expect(shown(after)).toBe('1/1 Running');
    expect(after.metadata.uid).not.toBe(before.metadata.uid);
    expect(after.metadata['labels']).toEqual(before.metadata['labels']);
    expect(await endpoints()).toBe(3);
  });

  it('refuses another UID, and a name that is not there', async () => {
    const pod = reference(await practice.pod('thanos-receive-1'));
    expect(await refusal(practice.cluster.gateway.evict({ ...pod, uid: 'another' }, DO))).toBe('Conflict');
    expect(await refusal(practice.cluster.gateway.evict({ ...pod, name: 'thanos-receive-9' }, DO))).toBe('TargetNotFound');
    await practice.cluster.gateway.evict(pod, DO);
    expect(await refusal(practice.cluster.gateway.evict(pod, DO))).toBe('Conflict');
  });

  it('obeys the disruption budget for ready pods, and lets broken ones go', async () => {
    const [first, second] = await practice.pods('thanos-receive');
    await practice.cluster.gateway.evict(reference(first!), DO);
    expect(await refusal(practice.cluster.gateway.evict(reference(second!), DO))).toBe('RateLimited');
    practice.cluster.play('two-receivers-bad-file');
    expect(await refusal(practice.cluster.gateway.evict(reference(await practice.pod('thanos-receive-1')), TRY))).toBe('accepted');
    expect(await refusal(practice.cluster.gateway.evict(reference(await practice.pod('thanos-receive-0')), TRY))).toBe('RateLimited');
  });

  it('keeps nothing of a dry run', async () => {
    const before = await practice.pod('thanos-receive-1');
    await practice.cluster.gateway.evict(reference(before), TRY);
    expect(await practice.pod('thanos-receive-1')).toEqual(before);
    expect(practice.cluster.audit()).toEqual([]);
  });
});

describe('patches', () => {
  const replicas = (value: number, tested = 3) => [{ op: 'test' as const, path: '/spec/replicas', value: tested }, { op: 'replace' as const, path: '/spec/replicas', value }];

  it('are applied as a whole, and counted in resourceVersion and generation', async () => {
    const before = await practice.cluster.gateway.read(SET);
    const after = await practice.cluster.gateway.patch(SET, [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'x' }], DO);
    expect(version(after)).not.toBe(version(before));
    expect(after.metadata['generation']).toBe(2);
    expect((await practice.cluster.gateway.read(SET))?.['status']).toMatchObject({ updatedReplicas: 0 });
    expect(await practice.cluster.gateway.list({ apiVersion: 'apps/v1', kind: 'ControllerRevision' }, 'monitoring', { app: 'thanos-receive' })).toHaveLength(2);
  });

  it.each([
    ['a test that does not hold', replicas(5, 4), 'Conflict'],
    ['a path that is not there', [{ op: 'remove' as const, path: '/spec/nothing' }], 'Conflict'],
    ['a field that cannot change', [{ op: 'replace' as const, path: '/spec/serviceName', value: 'x' }], 'UpstreamRejected'],
    ['a new name', [{ op: 'replace' as const, path: '/metadata/name', value: 'x' }], 'UpstreamRejected'],
  ])('are refused whole for %s', async (_, operations, expected) => {
    const before = await practice.cluster.gateway.read(SET);
    expect(await refusal(practice.cluster.gateway.patch(SET, operations, DO))).toBe(expected);
    expect(await practice.cluster.gateway.read(SET)).toEqual(before);
  });

  it('that change nothing leave the version alone', async () => {
    const before = await practice.cluster.gateway.read(SET);
    expect(version(await practice.cluster.gateway.patch(SET, replicas(3), DO))).toBe(version(before));
  });

  it('keep nothing of a dry run, and show what would be', async () => {
    const before = await practice.cluster.gateway.read(SET);
    const tried = await practice.cluster.gateway.patch(SET, replicas(5), TRY);
    expect(tried['spec']).toMatchObject({ replicas: 5 });
    expect(await practice.cluster.gateway.read(SET)).toEqual(before);
  });

  it('bring a template back to its old revision, of which the next pods are made', async () => {
    const before = await practice.cluster.gateway.read(SET);
    const image = (value: string) => [{ op: 'replace' as const, path: '/spec/template/spec/containers/0/image', value }];
    await practice.cluster.gateway.patch(SET, image('x'), DO);
    await practice.cluster.gateway.patch(SET, image('nightshift.lab/thanos:0.42.4'), DO);
    expect(((await practice.cluster.gateway.read(SET))?.['status'] as { updateRevision: string }).updateRevision).toBe((before?.['status'] as { updateRevision: string }).updateRevision);
  });
});

describe('creation and deletion', () => {
  it('follow each other: a Service is gone with its endpoints, and comes back as another object', async () => {
    const before = (await practice.cluster.gateway.read(SERVICE))!;
    expect(await refusal(practice.cluster.gateway.create(before, DO))).toBe('Conflict');
    await practice.cluster.gateway.remove(reference(before), DO);
    expect(await practice.cluster.gateway.read(SERVICE)).toBeUndefined();
    expect(await endpoints()).toBe(0);
    const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...metadata } = before.metadata;
    await practice.cluster.gateway.create({ ...before, metadata: metadata }, TRY);
    expect(await practice.cluster.gateway.read(SERVICE)).toBeUndefined();
    const after = await practice.cluster.gateway.create({ ...before, metadata: metadata }, DO);
    expect(after.metadata.uid).not.toBe(before.metadata.uid);
    expect(await endpoints()).toBe(3);
  });
});

describe('programs', () => {
  const ask = (resource: 'pods' | 'services', name: string, path: string) => practice.cluster.gateway.proxyGet({ namespace: 'monitoring', resource, name, port: 9090, path });

  it('answer where a pod is ready, and are unavailable where none is', async () => {
    expect(await ask('pods', 'thanos-receive-0', '/-/ready')).toBe('OK\n');
    expect(await ask('services', 'thanos-receive-lb', '/-/ready')).toBe('OK\n');
    practice.cluster.play('two-receivers-bad-file');
    expect(await refusal(ask('pods', 'thanos-receive-1', '/-/ready'))).toBe('UpstreamUnavailable');
    expect(await refusal(ask('pods', 'nobody', '/-/ready'))).toBe('TargetNotFound');
    expect(await refusal(ask('pods', 'thanos-receive-0', '/secret'))).toBe('TargetNotFound');
  });

  it('run with the configuration that they read last', async () => {
    practice.cluster.play('agent-host-wrong');
    const config = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'monitoring', name: 'prometheus-agent-config' };
    const loaded = async () => JSON.parse(await ask('pods', 'prometheus-agent-0', '/api/v1/status/config')) as { data: { yaml: string } };
    expect((await loaded()).data.yaml).toContain('thanos-recieve-lb');
    await practice.cluster.gateway.patch(config, [{ op: 'replace', path: '/data/prometheus.yml', value: 'new' }], DO);
    expect((await loaded()).data.yaml).toContain('thanos-recieve-lb');
    await practice.cluster.gateway.proxyPost({ namespace: 'monitoring', resource: 'pods', name: 'prometheus-agent-0', port: 9090, path: '/-/reload' });
    expect((await loaded()).data.yaml).toBe('new');
    expect(practice.cluster.audit().map(({ verb, object }) => `${verb} ${object.kind}/${object.name}`)).toEqual(['patch ConfigMap/prometheus-agent-config', 'post Pod/prometheus-agent-0']);
  });
});
