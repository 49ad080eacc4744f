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
