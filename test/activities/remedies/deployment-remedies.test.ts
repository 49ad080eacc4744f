import type { Target } from '../../../activities/clusters';
import type { KubernetesObject } from '../../../activities/kubernetes/gateway';
import type { JsonObject } from '../../../workflows/contracts';
import { accessWith, clusterConfig, killSwitch, NAMESPACE, NOW, type TestAccess } from '../../support/pipeline-objects';
import { execute, forged, plan, planned } from './harness';

const target = (apiVersion: string, kind: string, name: string, more: Partial<Target> = {}): Target => ({ apiVersion, kind, namespace: NAMESPACE, name, ports: {}, ...more });

function deployment(name: string, spec: JsonObject = {}): KubernetesObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: NAMESPACE, uid: `uid-${name}`, generation: 1 }, spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [] } }, ...spec } };
}

const CONFIG = (file: string): KubernetesObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'grafana', namespace: NAMESPACE, uid: 'uid-ini' }, data: { 'grafana.ini': file } });
const CLAIM: KubernetesObject = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'grafana', namespace: NAMESPACE }, spec: { accessModes: ['ReadWriteOnce'] } };
const mounts = { template: { metadata: { labels: { app: 'grafana' } }, spec: { containers: [], volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'grafana' } }] } } };

function cluster(grafana: JsonObject = {}, desired: Parameters<typeof accessWith>[1] = {}): TestAccess {
  const targets = { ...clusterConfig().targets, grafana: target('apps/v1', 'Deployment', 'grafana'), grafanaConfig: target('v1', 'ConfigMap', 'grafana', { key: 'grafana.ini' }), query: target('apps/v1', 'Deployment', 'thanos-query') };
  const access = accessWith({ targets }, desired);
  access.kubernetes.put(killSwitch('true'), deployment('grafana', grafana), deployment('thanos-query', { replicas: 2 }), CLAIM, CONFIG('type = mysql'));
  return access;
}

describe('kubernetes.restartRollout', () => {
  it('plans one note, by the time of the plan, and nothing else may be smuggled in', async () => {
    const access = cluster();
    const made = await planned(access, 'kubernetes.restartRollout', { target: 'grafana' }, ['grafana']);
    expect(made).toMatchObject({ risk: 'disruptive', steps: [{ changes: [{ path: '/spec/template/metadata/annotations', new: { 'kubectl.kubernetes.io/restartedAt': NOW } }] }] });
    const hostile = structuredClone(made.steps);
    if (hostile[0]?.action === 'patch') hostile[0].changes = [{ path: '/spec/template/spec/containers', old: [], new: [{ name: 'evil' }] }];
    await expect(execute(access, forged(made, { steps: hostile }), { targets: ['grafana'] })).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect((await execute(access, made, { targets: ['grafana'] })).result).toBe('patched');
    expect((await execute(access, made, { targets: ['grafana'] })).result).toBe('unchanged');
  });

  it('is refused where the new pod could not mount what the old one holds, and for what is no Deployment', async () => {
    expect(await plan(cluster(mounts), 'kubernetes.restartRollout', { target: 'grafana' }, ['grafana'])).toMatchObject({ kind: 'refused', gates: expect.arrayContaining([expect.objectContaining({ gate: 'volumeAttach', passed: false })]) });
    expect(await plan(cluster({ ...mounts, strategy: { type: 'Recreate' } }), 'kubernetes.restartRollout', { target: 'grafana' }, ['grafana'])).toMatchObject({ kind: 'planned' });
    expect(await plan(cluster(), 'kubernetes.restartRollout', { target: 'receiver' })).toMatchObject({ kind: 'refused', gates: [{ gate: 'kind' }] });
  });
});

describe('kubernetes.restartRollout of a cache', () => {
  const ROLES = ['frontendCache'];
  const INPUT = { target: 'frontendCache' };

  function cached(spec: JsonObject = {}, { ready = true, role = 'frontendCache' } = {}): TestAccess {
    const access = accessWith({ targets: { ...clusterConfig().targets, [role]: target('apps/v1', 'StatefulSet', 'memcached') } });
    const labels = { app: 'memcached', 'controller-revision-hash': 'memcached-1' };
    const pod: KubernetesObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'memcached-0', namespace: NAMESPACE, uid: 'uid-memcached-0', labels }, spec: {}, status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] } };
    access.kubernetes.put(killSwitch('true'), { ...deployment('memcached', spec), kind: 'StatefulSet', status: { updateRevision: 'memcached-1', currentRevision: 'memcached-1' } }, pod);
    return access;
  }

  it('replaces its pods, and a second try while they are being replaced changes nothing', async () => {
    const access = cached();
    const made = await planned(access, 'kubernetes.restartRollout', INPUT, ROLES);
    expect(made).toMatchObject({ risk: 'disruptive', steps: [{ object: { kind: 'StatefulSet', name: 'memcached' }, changes: [{ new: { 'kubectl.kubernetes.io/restartedAt': NOW } }] }], blastRadius: { pods: ['memcached-0'], text: { en: expect.stringContaining('a cache only') } } });
    expect((await execute(access, made, { targets: ROLES })).result).toBe('patched');
    const restarting = access.kubernetes.objects.find(({ kind }) => kind === 'StatefulSet')!;
    restarting['status'] = { updateRevision: 'memcached-2', currentRevision: 'memcached-1' };
    expect((await execute(access, made, { targets: ROLES })).result).toBe('unchanged');
    expect(access.kubernetes.writes).toEqual(['patch StatefulSet monitoring/memcached']);
  });

  it.each<[string, string, JsonObject, boolean]>([
    ['holds volume claims', 'holdsNoData', { volumeClaimTemplates: [{ metadata: { name: 'data' } }] }, true],
    ['mounts a claim', 'holdsNoData', { template: { metadata: { labels: { app: 'memcached' } }, spec: { containers: [], volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'd' } }] } } }, true],
    ['mounts a directory of its node', 'holdsNoData', { template: { metadata: { labels: { app: 'memcached' } }, spec: { containers: [], volumes: [{ name: 'd', hostPath: { path: '/data' } }] } } }, true],
    ['has a pod that is not ready', 'allReady', {}, false],
    ['is replaced by hand', 'strategy', { updateStrategy: { type: 'OnDelete' } }, true],
    ['is replaced in part', 'strategy', { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } }, true],
  ])('is refused where it %s', async (_what, gate, spec, ready) => {
    expect(await plan(cached(spec, { ready }), 'kubernetes.restartRollout', INPUT, ROLES)).toMatchObject({ kind: 'refused', gates: expect.arrayContaining([expect.objectContaining({ gate, passed: false })]) });
  });

  it('is judged again by what is there at the write: claims that came meanwhile, another role', async () => {
    const access = cached();
    const made = await planned(access, 'kubernetes.restartRollout', INPUT, ROLES);
    (access.kubernetes.objects.find(({ kind }) => kind === 'StatefulSet')!['spec'] as JsonObject)['volumeClaimTemplates'] = [{ metadata: { name: 'data' } }];
    await expect(execute(access, made, { targets: ROLES })).rejects.toMatchObject({ type: 'GateRefused' });
    await expect(execute(cached({}, { role: 'store' }), made, { targets: ['store'] })).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect(access.kubernetes.writes).toEqual([]);
  });
});

describe('kubernetes.useRecreate', () => {
  it('changes the strategy where one node at a time may mount, and can be undone', async () => {
    const made = await planned(cluster({ ...mounts, strategy: { type: 'RollingUpdate' } }), 'kubernetes.useRecreate', { target: 'grafana' }, ['grafana']);
    expect(made).toMatchObject({ risk: 'disruptive', steps: [{ changes: [{ path: '/spec/strategy', old: { type: 'RollingUpdate' }, new: { type: 'Recreate' } }] }], inverse: [{ changes: [{ new: { type: 'RollingUpdate' } }] }] });
  });

  it('is refused where no volume is in the way, and not needed twice', async () => {
    expect(await plan(cluster(), 'kubernetes.useRecreate', { target: 'grafana' }, ['grafana'])).toMatchObject({ kind: 'refused' });
    expect(await plan(cluster({ ...mounts, strategy: { type: 'Recreate' } }), 'kubernetes.useRecreate', { target: 'grafana' }, ['grafana'])).toMatchObject({ kind: 'unneeded' });
  });
});

describe('kubernetes.restoreConfig', () => {
  const roles = ['grafana', 'grafanaConfig'];

  it('puts the file back, then restarts its reader', async () => {
    const access = cluster({}, { 'ConfigMap grafana': CONFIG('type = sqlite3') });
    const made = await planned(access, 'kubernetes.restoreConfig', {}, roles);
    expect(made.steps).toMatchObject([{ object: { kind: 'ConfigMap' }, changes: [{ path: '/data/grafana.ini', old: 'type = mysql', new: 'type = sqlite3' }] }, { object: { kind: 'Deployment', name: 'grafana' } }]);
    for (const { id } of made.steps) expect((await execute(access, made, { step: id, targets: roles })).result).toBe('patched');
    expect(access.kubernetes.writes).toEqual(['patch ConfigMap monitoring/grafana', 'patch Deployment monitoring/grafana']);
  });

  it('writes nothing else than what is desired', async () => {
    const access = cluster({}, { 'ConfigMap grafana': CONFIG('type = sqlite3') });
    const made = await planned(access, 'kubernetes.restoreConfig', {}, roles);
    const hostile = structuredClone(made.steps);
    if (hostile[0]?.action === 'patch') hostile[0].changes[0]!.new = 'admin_password = x';
    await expect(execute(access, forged(made, { steps: hostile }), { targets: roles })).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect(await plan(cluster(), 'kubernetes.restoreConfig', {}, roles)).toMatchObject({ kind: 'refused', gates: [{ gate: 'desiredState' }] });
  });
});

describe('kubernetes.scaleOut', () => {
  it('adds one, safely, and never more than a few', async () => {
    const access = cluster();
    const made = await planned(access, 'kubernetes.scaleOut', { target: 'query' }, ['query']);
    expect(made).toMatchObject({ risk: 'safe', steps: [{ changes: [{ path: '/spec/replicas', old: 2, new: 3 }] }] });
    expect((await execute(access, made, { targets: ['query'], decisions: [] })).result).toBe('patched');
    access.kubernetes.put(deployment('thanos-query', { replicas: 6 }));
    expect(await plan(access, 'kubernetes.scaleOut', { target: 'query' }, ['query'])).toMatchObject({ kind: 'refused', gates: [{ gate: 'most' }] });
  });

  it('is never for a compactor, and never by more than one', async () => {
    const access = cluster();
    await expect(plan(access, 'kubernetes.scaleOut', { target: 'compactor' }, ['compactor'])).rejects.toMatchObject({ type: 'InvalidInput' });
    const made = await planned(access, 'kubernetes.scaleOut', { target: 'query' }, ['query']);
    const hostile = structuredClone(made.steps);
    if (hostile[0]?.action === 'patch') hostile[0].changes[0]!.new = 50;
    await expect(execute(access, forged(made, { steps: hostile }), { targets: ['query'], decisions: [] })).rejects.toMatchObject({ type: 'NotAuthorized' });
  });
});
