import type { ObjectEdits } from '../../../workflows/contracts';
import { layoutFiles, ServedRepository } from '../../support/git-repository';
import { BRANCH, BUDGET, CONTAINER, GitWorker, MEMORY, ofReceiver } from './harness';

const cleanups: Array<() => void> = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

function served(layout: string, directory: string, change: Partial<ConstructorParameters<typeof GitWorker>[1]> = {}) {
  const repository = new ServedRepository(layoutFiles(layout));
  const worker = new GitWorker(repository, { directory, ...change });
  cleanups.push(() => repository.remove(), () => worker.remove());
  return { repository, worker };
}

const KETAMA = ofReceiver({ path: `${CONTAINER}/args`, add: '--receive.hashrings-algorithm=ketama' });
const RETENTION = ofReceiver({ path: `${CONTAINER}/args`, add: '--tsdb.retention=1d' });
const GRACE = ofReceiver({ path: '/spec/template/spec/terminationGracePeriodSeconds', atLeast: 900 });
const REPLICAS = ofReceiver({ path: '/spec/replicas', to: 5 });
const VOLUME = ofReceiver({ path: '/spec/volumeClaimTemplates/metadata.name=data/spec/resources/requests/storage', to: '200Gi', from: '100Gi' });
const AGENT_FILE = 'global:\n  scrape_interval: 15s # as everywhere\nremote_write:\n  - url: http://thanos-receive-lb:19291/api/v1/receive\n    queue_config:\n      max_shards: 200\n';
const agentFile = (to: string, from: string) => ({ object: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'monitoring', name: 'prometheus-agent-config' }, edits: [{ path: '/data/prometheus.yml', to, from }] });

describe('plain manifests', () => {
  const plain = () => served('plain', 'cluster-03');

  test.each([
    ['a container’s memory', MEMORY, '-          resources: { requests: { cpu: "1", memory: 8Gi }, limits: { memory: 8Gi } }\n+          resources: { requests: { cpu: "1", memory: 16Gi }, limits: { memory: 16Gi } }'],
    ['one more argument', KETAMA, '+            - --receive.hashrings-algorithm=ketama'],
    ['another value of an argument, its comment kept', RETENTION, '-            - --tsdb.retention=2d   # S3 has the rest\n+            - --tsdb.retention=1d   # S3 has the rest'],
    ['at least so much', GRACE, '-      terminationGracePeriodSeconds: 300\n+      terminationGracePeriodSeconds: 900'],
    ['replicas, their comment kept', REPLICAS, '-  replicas: 3   # the ring has three\n+  replicas: 5   # the ring has three'],
    ['the size of a volume', VOLUME, '-      spec: { resources: { requests: { storage: 100Gi } } }\n+      spec: { resources: { requests: { storage: 200Gi } } }'],
  ])('%s: the one line changes', async (_, change, lines) => {
    const { repository, worker } = plain();
    const { on } = await worker.published(change);
    expect(on.files).toEqual(['cluster-03/receive/thanos-receive.yaml']);
    expect(repository.diff(BRANCH)).toBe(`cluster-03/receive/thanos-receive.yaml\n${lines}`);
  });

  it('an object that is to be there gets a file', async () => {
    const { repository, worker } = plain();
    expect((await worker.published(BUDGET)).on.files).toEqual(['cluster-03/thanos-receive-poddisruptionbudget.yaml']);
    expect(repository.show(BRANCH, 'cluster-03/thanos-receive-poddisruptionbudget.yaml')).toContain('maxUnavailable: 1');
  });

  it('a file in a ConfigMap keeps its form', async () => {
    const { repository, worker } = plain();
    const before = 'remote_write:\n  - url: http://thanos-receive-lb:19291/api/v1/receive\n    queue_config: { max_shards: 100 }\n';
    await worker.published(agentFile(before.replace('100', '200'), before));
    expect(repository.diff(BRANCH)).toBe('cluster-03/agent/agent.yaml\n-        queue_config: { max_shards: 100 }\n+        queue_config: { max_shards: 200 }');
  });

  it('the same object of another cluster is another object; of the same directory it is ambiguous', async () => {
    const { repository, worker } = plain();
    const manifest = repository.show('main', 'cluster-03/receive/thanos-receive.yaml');
    repository.commit({ 'cluster-04/receive.yaml': manifest }, 'Another cluster');
    await worker.published(MEMORY);
    repository.commit({ 'cluster-03/old/copy.yaml': manifest }, 'A copy');
    expect(await worker.publish(KETAMA)).toMatchObject({ kind: 'refused', why: 'ambiguous', reason: { en: expect.stringContaining('cluster-03/old/copy.yaml and cluster-03/receive/thanos-receive.yaml') } });
  });
});

describe('Kustomize: base and overlay', () => {
  const kustomize = () => served('kustomize', 'clusters/cluster-03');
  const OVERLAY = 'clusters/cluster-03/kustomization.yaml';

  test.each<[what: string, change: ObjectEdits, lines: string]>([
    ['memory: in the overlay’s merge patch that sets it', ofReceiver({ path: `${CONTAINER}/resources/limits/memory`, to: '32Gi', from: '16Gi' }), 'clusters/cluster-03/patches/receive-resources.yaml\n-            limits: { memory: 16Gi }\n+            limits: { memory: 32Gi }'],
    ['CPU: beside it, in the same patch', ofReceiver({ path: `${CONTAINER}/resources/limits/cpu`, to: '4' }), 'clusters/cluster-03/patches/receive-resources.yaml\n-            limits: { memory: 16Gi }\n+            limits: { memory: 16Gi, cpu: "4" }'],
    ['grace: in the JSON patch inside the kustomization', GRACE, `${OVERLAY}\n-        value: 600\n+        value: 900`],
    ['replicas: in the field of the kustomization', REPLICAS, `${OVERLAY}\n-  - { name: thanos-receive, count: 3 }\n+  - { name: thanos-receive, count: 5 }`],
    ['an image that one object has: in images', { object: { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'monitoring', name: 'prometheus-agent' }, edits: [{ path: '/spec/template/spec/containers/name=prometheus/image', to: `quay.io/prometheus/prometheus:v3.5.0@sha256:${'a'.repeat(64)}`, from: 'quay.io/prometheus/prometheus:v3.5.0' }] }, `${OVERLAY}\n+    digest: sha256:${'a'.repeat(64)}`],
    ['a generated ConfigMap: in the file that it is made of', agentFile(AGENT_FILE, AGENT_FILE.replace('200', '100')), 'clusters/cluster-03/config/agent.yml\n-      max_shards: 100\n+      max_shards: 200'],
    ['an object of the cluster’s own: in its manifest', { object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'monitoring', name: 'grafana' }, edits: [{ path: '/spec/template/spec/containers/name=grafana/resources/limits/memory', to: '1Gi' }] }, 'clusters/cluster-03/grafana.yaml\n-        resources: {}\n+        resources: { limits: { memory: 1Gi } }'],
  ])('%s', async (_, change, lines) => {
    const { repository, worker } = kustomize();
    await worker.published(change);
    expect(repository.diff(BRANCH)).toBe(lines);
  });

  it('what only the base says gets a patch of the cluster’s own: the base belongs to others, too', async () => {
    const { repository, worker } = kustomize();
    const { on } = await worker.published(KETAMA);
    expect(on.files).toEqual([OVERLAY, 'clusters/cluster-03/thanos-receive-statefulset-patch.yaml']);
    expect(repository.show(BRANCH, 'clusters/cluster-03/thanos-receive-statefulset-patch.yaml')).toBe('- op: add\n  path: /spec/template/spec/containers/0/args/-\n  value: --receive.hashrings-algorithm=ketama\n');
    expect(repository.diff(BRANCH)).toContain(`${OVERLAY}\n+  - path: thanos-receive-statefulset-patch.yaml\n+    target:\n+      kind: StatefulSet\n+      name: thanos-receive`);
    // Once it is merged, the repository says so.
    repository.merge(BRANCH);
    expect(await worker.publish(KETAMA)).toMatchObject({ kind: 'already' });
  });

  it('a list that does not merge by name is patched at its place', async () => {
    const { repository, worker } = kustomize();
    await worker.published(VOLUME);
    expect(repository.diff(BRANCH)).toContain('+- op: replace\n+  path: /spec/volumeClaimTemplates/0/spec/resources/requests/storage\n+  value: 200Gi');
  });

  it('an object that is to be there is added to the resources', async () => {
    const { repository, worker } = kustomize();
    await worker.published(BUDGET);
    expect(repository.diff(BRANCH)).toContain(`${OVERLAY}\n+  - thanos-receive-poddisruptionbudget.yaml`);
  });

  it('a field that a patch for several objects sets is changed for this one alone', async () => {
    const { repository, worker } = kustomize();
    const overlay = repository.show('main', OVERLAY);
    repository.commit({ [OVERLAY]: overlay.replace('patches:\n', 'patches:\n  - target: { kind: StatefulSet }\n    patch: |-\n      - { op: add, path: /spec/minReadySeconds, value: 5 }\n') }, 'For all');
    await worker.published(ofReceiver({ path: '/spec/minReadySeconds', to: 60 }));
    expect(repository.diff(BRANCH)).toContain('clusters/cluster-03/patches/receive-resources.yaml\n+  minReadySeconds: 60'.replace('clusters/cluster-03/patches/receive-resources.yaml\n', ''));
    expect(repository.diff(BRANCH)).not.toContain('-      - { op: add, path: /spec/minReadySeconds, value: 5 }');
  });

  it('what it cannot follow it does not touch', async () => {
    const { repository, worker } = kustomize();
    const overlay = repository.show('main', OVERLAY);
    repository.commit({ [OVERLAY]: `${overlay}replacements:\n  - path: replace.yaml\n` }, 'Replacements');
    expect(await worker.publish(KETAMA)).toMatchObject({ kind: 'refused', why: 'not-editable', reason: { en: expect.stringContaining('replacements') } });
    repository.commit({ [OVERLAY]: overlay.replace('../../base/thanos-receive', 'https://github.com/acme/bases//receive?ref=v1') }, 'A remote base');
    expect(await worker.publish(MEMORY)).toMatchObject({ kind: 'refused' });
    const list = 'apiVersion: v1\nkind: List\nitems:\n  - { apiVersion: apps/v1, kind: StatefulSet, metadata: { name: thanos-receive } }\n';
    repository.commit({ [OVERLAY]: overlay.replace('../../base/thanos-receive', 'list.yaml').replace(/patches:[^]*/, ''), 'clusters/cluster-03/list.yaml': list }, 'A list');
    expect(await worker.publish(MEMORY)).toMatchObject({ kind: 'refused', why: 'not-found', reason: { en: expect.stringContaining('not looked into: the objects of a List in clusters/cluster-03/list.yaml') } });
  });
});

describe('Helm values', () => {
  const mapping = {
    object: 'StatefulSet/thanos-receive',
    values: 'values-thanos.yaml',
    paths: { '/spec/replicas': 'receive.replicaCount', [`${CONTAINER}/resources`]: 'receive.resources', [`${CONTAINER}/args`]: 'receive.extraFlags', '/spec/volumeClaimTemplates/metadata.name=data/spec/resources/requests/storage': 'receive.persistence.size' },
  };
  const helm = () => served('helm', 'clusters/cluster-03', { helm: [mapping] });

  test.each([
    ['memory', MEMORY, '-    requests: {cpu: 1, memory: 8Gi}\n-    limits: {memory: 8Gi}\n+    requests: {cpu: 1, memory: 16Gi}\n+    limits: {memory: 16Gi}'],
    ['replicas', REPLICAS, '-  replicaCount: 3   # ketama ring below\n+  replicaCount: 5   # ketama ring below'],
    ['an argument', KETAMA, '+    - --receive.hashrings-algorithm=ketama'],
    ['a volume', VOLUME, '-    size: 100Gi\n+    size: 200Gi'],
  ])('%s: the value that stands for the field', async (_, change, lines) => {
    const { repository, worker } = helm();
    await worker.published(change);
    expect(repository.diff(BRANCH)).toBe(`clusters/cluster-03/values-thanos.yaml\n${lines}`);
  });

  it('a field without a value, and a values file that was moved, are said', async () => {
    const { repository, worker } = helm();
    expect(await worker.publish(GRACE)).toMatchObject({ kind: 'refused', why: 'not-editable', reason: { en: expect.stringContaining('git.helm does not say which value') } });
    repository.move('clusters/cluster-03/values-thanos.yaml', 'clusters/cluster-03/thanos/values.yaml');
    expect(await worker.publish(MEMORY)).toMatchObject({ kind: 'refused', why: 'not-found', reason: { en: expect.stringContaining('was it moved?') } });
  });
});
