import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { ClusterAccess } from '../../../activities/cluster-access';
import type { KubernetesObject } from '../../../activities/kubernetes/gateway';
import { liveObjects } from '../../../activities/kubernetes/live-objects';
import { practiceCluster } from '../../../workers/config/clusters';
import type { KeptField, PermanentFixSpec } from '../../../workflows/contracts';
import { FakeKubernetes } from '../../support/fake-kubernetes';

const root = path.join(__dirname, '../../..');
const fixOf = (runbook: string, id: string) => (parse(readFileSync(path.join(root, 'runbooks', `${runbook}.yaml`), 'utf8'), { maxAliasCount: -1 }) as { permanentFix: PermanentFixSpec[] }).permanentFix.find((fix) => fix.id === id)!;
const RECEIVER = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'monitoring', name: 'thanos-receive' };
const DIGEST = `sha256:${'a'.repeat(64)}`;
let kubernetes: FakeKubernetes;

beforeEach(() => {
  kubernetes = new FakeKubernetes();
  kubernetes.objects = ['thanos-receive.yaml', 'prometheus-agent.yaml'].flatMap((file) => parseAllDocuments(readFileSync(path.join(root, 'infra/lab/manifests', file), 'utf8')).map((document) => document.toJS() as KubernetesObject));
});

const live = () => liveObjects(new Map([['practice', { config: practiceCluster().cluster, kubernetes, clock: { now: () => new Date(), sleep: () => Promise.resolve() } } as unknown as ClusterAccess]]));
const resolve = (runbook: string, id: string, kept: KeptField[] = []) => live().resolve('practice', fixOf(runbook, id), kept);
const given = (use: string, field: string, from: string, to: string, object = { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name: 'thanos-receive-1' }): KeptField => ({ use, path: field, old: from, new: to, object });

describe('the changes of the runbooks, with values', () => {
  it('an argument of the receivers’ own container', async () => {
    expect(await resolve('hashring-misconfigured', 'ketama')).toEqual([{ object: RECEIVER, edits: [{ path: '/spec/template/spec/containers/name=thanos-receive/args', add: '--receive.hashrings-algorithm=ketama' }] }]);
  });

  it('memory: the most that the incident gave, or nothing', async () => {
    const gives = (pod: string, to: string) => (['limits', 'requests'] as const).map((kind) => given('kubernetes.resizeMemory', `/spec/containers/0/resources/${kind}/memory`, '8Gi', to, { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name: pod }));
    expect((await resolve('high-memory', 'size-memory', [...gives('thanos-receive-0', '9Gi'), ...gives('thanos-receive-1', '16Gi')]))?.[0]?.edits).toEqual(['limits', 'requests'].map((kind) => ({ path: `/spec/template/spec/containers/name=thanos-receive/resources/${kind}/memory`, to: '16Gi', from: '8Gi' })));
    expect(await resolve('high-memory', 'size-memory')).toBeUndefined();
  });

  it('a volume: the template of the claim that was grown', async () => {
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'monitoring', name: 'data-thanos-receive-0' };
    expect((await resolve('disk-full', 'size-volumes', [given('kubernetes.growVolumes', '/spec/resources/requests/storage', '100Gi', '200Gi', claim)]))?.[0]?.edits).toEqual([{ path: '/spec/volumeClaimTemplates/metadata.name=data/spec/resources/requests/storage', to: '200Gi', from: '100Gi' }]);
  });

  it('the agent’s file, and time to stop', async () => {
    const file = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'monitoring', name: 'prometheus-agent-config' };
    expect((await resolve('remote-write-failure', 'agent-queue', [given('kubernetes.raiseAgentShards', '/data/prometheus.yml', 'a', 'b', file)]))?.[0]?.edits).toEqual([{ path: '/data/prometheus.yml', to: 'b', from: 'a' }]);
    expect((await resolve('tsdb-corruption', 'sound-storage'))?.[0]?.edits).toEqual([{ path: '/spec/template/spec/terminationGracePeriodSeconds', atLeast: 900 }]);
  });

  it('a disruption budget for the pods that the receivers select', async () => {
    expect(await resolve('remote-write-failure', 'resilient-receivers')).toEqual([{
      object: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', namespace: 'monitoring', name: 'thanos-receive' },
      edits: [],
      manifest: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'thanos-receive', namespace: 'monitoring' }, spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: { app: 'thanos-receive' } } } },
    }]);
  });

  it('the image that all ready pods run, by digest; none where they differ', async () => {
    const pod = (name: string, digest: string): KubernetesObject => (({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'monitoring', uid: name, labels: { app: 'prometheus-agent' } }, spec: {}, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], containerStatuses: [{ name: 'prometheus', ready: true, state: { running: {} }, imageID: `quay.io/prometheus/prometheus@${digest}` }] } }));
    kubernetes.objects.push(pod('prometheus-agent-0', DIGEST));
    expect((await resolve('metrics-missing', 'pin-agent-image'))?.[0]?.edits).toEqual([{ path: '/spec/template/spec/containers/name=prometheus/image', to: `nightshift.lab/prometheus:0.315.0@${DIGEST}`, from: 'nightshift.lab/prometheus:0.315.0' }]);
    kubernetes.objects.push(pod('prometheus-agent-1', `sha256:${'b'.repeat(64)}`));
    expect(await resolve('metrics-missing', 'pin-agent-image')).toBeUndefined();
  });

  it('words stay words', async () => {
    expect(await resolve('remote-write-failure', 'check-agent-config')).toBeUndefined();
  });
});

describe('seen in the cluster', () => {
  const standing = (...edits: Array<{ path: string; to: string | number }>) => live().standing('practice', [{ object: RECEIVER, edits }]);
  const MEMORY = '/spec/template/spec/containers/name=thanos-receive/resources/limits/memory';

  it('the same amount in other words is the same', async () => {
    expect(await standing({ path: MEMORY, to: '393216Ki' }, { path: '/spec/replicas', to: 3 })).toEqual({ applied: true, detail: '' });
  });

  it('what it says instead', async () => {
    expect(await standing({ path: MEMORY, to: '16Gi' })).toEqual({ applied: false, detail: `StatefulSet monitoring/thanos-receive says "384Mi" at ${MEMORY}` });
    kubernetes.objects = [];
    expect(await standing({ path: MEMORY, to: '16Gi' })).toEqual({ applied: false, detail: 'StatefulSet monitoring/thanos-receive is not there' });
  });
});
