/** Objects of a pipeline as a real API server shows them, for tests of probes and remedies. */
import type { ClusterAccess } from '../../activities/cluster-access';
import type { ClusterConfig } from '../../activities/clusters';
import { NO_DESIRED_STATE, type DesiredState } from '../../activities/desired-state';
import type { KubernetesObject } from '../../activities/kubernetes/gateway';
import { proxyMetricsGateway } from '../../activities/prometheus/proxy-metrics-gateway';
import type { JsonObject } from '../../workflows/contracts';
import { secretDigest } from '../../activities/secret-digest';
import { DEFAULT_POLICY } from '../../workflows/domain/policy';
import { FakeKubernetes } from './fake-kubernetes';

export const NAMESPACE = 'monitoring';
export const NOW = '2026-03-01T03:00:00.000Z';
export const GOOD = 'thanos-receive-good';
export const BAD = 'thanos-receive-bad';

export function clusterConfig(change: Partial<ClusterConfig> = {}): ClusterConfig {
  const at = { namespace: NAMESPACE };
  return {
    name: 'cluster-03', practice: false, mode: 'act', policy: DEFAULT_POLICY, acceptUnsigned: false, namespace: NAMESPACE,
    targets: {
      agent: { ...at, apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'prometheus-agent', ports: { http: 9090, metrics: 9090 } },
      agentConfig: { ...at, apiVersion: 'v1', kind: 'ConfigMap', name: 'prometheus-agent-config', key: 'prometheus.yml', ports: {} },
      hashring: { ...at, apiVersion: 'v1', kind: 'ConfigMap', name: 'thanos-receive-hashring', key: 'hashring.json', ports: {} },
      receiver: { ...at, apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'thanos-receive', ports: { metrics: 10902, write: 19291, grpc: 10901 } },
      objectStore: { ...at, apiVersion: 'v1', kind: 'Secret', name: 'thanos-objstore-secret', key: 'objstore.yml', ports: {} },
      receiverService: { ...at, apiVersion: 'v1', kind: 'Service', name: 'thanos-receive-lb', ports: { write: 19291 } },
    },
    replicationFactor: 3, endpoints: {}, killSwitch: { namespace: NAMESPACE, name: 'nightshift-automation' }, timeFactor: 1,
    ...change,
  };
}

/** Time stands still, except that sleeping takes it on. */
export class TestClock {
  private milliseconds = Date.parse(NOW);
  readonly slept: number[] = [];
  now = (): Date => new Date(this.milliseconds);
  sleep = (milliseconds: number): Promise<void> => {
    this.slept.push(milliseconds);
    this.milliseconds += milliseconds;
    return Promise.resolve();
  };
}

export interface TestAccess extends ClusterAccess {
  kubernetes: FakeKubernetes;
  clock: TestClock;
}

export function accessWith(config: Partial<ClusterConfig> = {}, desired: Partial<Record<string, KubernetesObject>> = {}): TestAccess {
  const kubernetes = new FakeKubernetes();
  const desiredState: DesiredState = Object.keys(desired).length === 0 ? NO_DESIRED_STATE : {
    find: ({ kind, name }) => {
      const manifest = desired[`${kind} ${name}`];
      return Promise.resolve(manifest && { manifest: structuredClone(manifest), source: `manifests directory (${name}.yaml)` });
    },
  };
  return { config: clusterConfig(config), kubernetes, metrics: proxyMetricsGateway(kubernetes), desiredState, digest: secretDigest('test'), clock: new TestClock() };
}

export const killSwitch = (enabled: string): KubernetesObject => ({
  apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'nightshift-automation', namespace: NAMESPACE, uid: 'uid-switch' }, data: { enabled },
});

export type PodLife = 'ready' | 'crashing' | 'restarting' | 'starting' | 'replaying' | 'unschedulable' | 'terminating' | 'badImage' | 'ended';

interface PodShape {
  ordinal: number;
  life?: PodLife;
  revision?: string;
  uid?: string;
  workload?: string;
}

const PREVIOUS_END = { lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: '2026-03-01T02:58:00Z' } } };

/** Container status and pod conditions as a kubelet reports them. */
const LIVES: Record<PodLife, { phase: string; conditions: JsonObject[]; container?: JsonObject; startTime?: string }> = {
  ready: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], container: { ready: true, restartCount: 0, state: { running: { startedAt: '2026-02-01T00:00:00Z' } } } },
  crashing: { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }], container: { ready: false, restartCount: 7, state: { waiting: { reason: 'CrashLoopBackOff' } }, ...PREVIOUS_END } },
  restarting: { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }], container: { ready: false, restartCount: 3, state: { running: { startedAt: '2026-03-01T02:59:58Z' } }, ...PREVIOUS_END } },
  starting: { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }], container: { ready: false, restartCount: 0, state: { running: { startedAt: '2026-03-01T02:59:30Z' } } } },
  replaying: { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }], container: { ready: false, restartCount: 1, state: { running: { startedAt: '2026-03-01T02:55:00Z' } }, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } } },
  unschedulable: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] },
  terminating: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], container: { ready: true, restartCount: 0, state: { running: { startedAt: '2026-02-01T00:00:00Z' } } } },
  badImage: { phase: 'Pending', conditions: [{ type: 'Ready', status: 'False' }], container: { ready: false, restartCount: 0, state: { waiting: { reason: 'ImagePullBackOff' } } } },
  ended: { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }], container: { ready: false, restartCount: 0, state: { terminated: { exitCode: 2, reason: 'Error' } } } },
};

export function pod({ ordinal, life = 'ready', revision = GOOD, uid, workload = 'thanos-receive' }: PodShape): KubernetesObject {
  const { phase, conditions, container, startTime = '2026-03-01T02:50:00Z' } = LIVES[life];
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: {
      name: `${workload}-${ordinal}`, namespace: NAMESPACE, uid: uid ?? `uid-${workload}-${ordinal}`,
      labels: { app: workload, 'controller-revision-hash': revision },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: workload, uid: `uid-${workload}`, controller: true }],
      ...(life === 'terminating' && { deletionTimestamp: NOW }),
    },
    spec: { nodeName: `node-${ordinal}` },
    status: { phase, conditions, startTime, containerStatuses: container ? [{ name: 'main', ...container }] : [] },
  };
}

export function template(flag: string): JsonObject {
  return { metadata: { labels: { app: 'thanos-receive' } }, spec: { containers: [{ name: 'thanos-receive', image: 'thanos:0.42', args: ['receive', flag] }] } };
}

interface SetShape {
  workload?: string;
  replicas?: number;
  update?: string;
  current?: string;
  flag?: string;
  change?: JsonObject;
  metadata?: JsonObject;
}

export function statefulSet({ workload = 'thanos-receive', replicas = 3, update = GOOD, current = update, flag = '--good', change = {}, metadata = {} }: SetShape = {}): KubernetesObject {
  return {
    apiVersion: 'apps/v1', kind: 'StatefulSet',
    metadata: { name: workload, namespace: NAMESPACE, uid: `uid-${workload}`, resourceVersion: '7', generation: 2, ...metadata },
    spec: { replicas, selector: { matchLabels: { app: workload } }, template: template(flag), ...change },
    status: { observedGeneration: 2, updateRevision: update, currentRevision: current },
  };
}

export function controllerRevision(name: string, number: number, flag: string, creationTimestamp?: null): KubernetesObject {
  const { metadata, ...rest } = template(flag) as { metadata: JsonObject };
  return {
    apiVersion: 'apps/v1', kind: 'ControllerRevision',
    metadata: { name, namespace: NAMESPACE, creationTimestamp: '2026-02-28T00:00:00Z', ownerReferences: [{ kind: 'StatefulSet', name: 'thanos-receive', uid: 'uid-thanos-receive', controller: true }] },
    revision: number,
    data: { spec: { template: { $patch: 'replace', ...rest, metadata: { ...metadata, ...(creationTimestamp === null && { creationTimestamp }) } } } },
  };
}

export interface ClaimShape {
  ordinal: number;
  size?: string;
  capacity?: string;
  storageClass?: string;
  conditions?: string[];
  uid?: string;
}

export function claim({ ordinal, size = '100Gi', capacity = size, storageClass = 'standard', conditions = [], uid }: ClaimShape): KubernetesObject {
  return {
    apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: `data-thanos-receive-${ordinal}`, namespace: NAMESPACE, uid: uid ?? `uid-claim-${ordinal}`, resourceVersion: '4' },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: storageClass, resources: { requests: { storage: size } } },
    status: { phase: 'Bound', capacity: { storage: capacity }, conditions: conditions.map((type) => ({ type, status: 'True' })) },
  };
}

export const storageClass = (allowVolumeExpansion: boolean): KubernetesObject => ({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'standard', uid: 'uid-class' }, allowVolumeExpansion });

/** A receiver that mounts its claim. */
export function receiverWithClaim(shape: { ordinal: number; life?: PodLife; uid?: string; created?: string }): KubernetesObject {
  const made = pod(shape);
  return {
    ...made,
    metadata: { ...made.metadata, creationTimestamp: shape.created ?? '2026-02-01T00:00:00Z' },
    spec: { ...(made['spec'] as JsonObject), volumes: [{ name: 'data', persistentVolumeClaim: { claimName: `data-thanos-receive-${shape.ordinal}` } }] },
  };
}

/** A kubelet's stats/summary, by claim the share that is used. */
export function statsSummary(used: Readonly<Record<string, number>>, inodes = 0.01, capacityBytes = 100 * 1024 ** 3): string {
  const volume = Object.entries(used).map(([name, ratio]) => ({
    name: 'data', pvcRef: { name, namespace: NAMESPACE }, capacityBytes, usedBytes: Math.round(capacityBytes * ratio), availableBytes: Math.round(capacityBytes * (1 - ratio)), inodes: 1000, inodesUsed: inodes * 1000, inodesFree: 1000 - inodes * 1000,
  }));
  return JSON.stringify({ node: { nodeName: 'node' }, pods: [{ podRef: { name: 'p', namespace: NAMESPACE }, volume }] });
}

/** A receiver's /metrics of its storage, in the form of Thanos 0.42.4. */
export function storageMetrics({ syncs = 10, failures = 0, operations = {}, started = 1_700_000_000, blocks = 0, wal = 0, walWritesFailed = 0, extra = '' }: { syncs?: number; failures?: number; operations?: Record<string, number>; started?: number; blocks?: number; wal?: number; walWritesFailed?: number; extra?: string } = {}): string {
  const tenant = '{tenant="default-tenant"}';
  return [
    `process_start_time_seconds ${started}`, 'thanos_build_info{branch="",version="0.42.4"} 1', 'thanos_objstore_bucket_last_successful_upload_time{bucket="thanos"} 0',
    `thanos_shipper_dir_syncs_total${tenant} ${syncs}`, `thanos_shipper_dir_sync_failures_total${tenant} ${failures}`,
    ...Object.entries({ exists: 0, upload: 0, ...operations }).map(([operation, count]) => `thanos_objstore_bucket_operation_failures_total{bucket="thanos",operation="${operation}"} ${count}`),
    `prometheus_tsdb_storage_blocks_bytes${tenant} ${blocks}`, `prometheus_tsdb_wal_storage_size_bytes${tenant} ${wal}`, `prometheus_tsdb_wal_writes_failed_total${tenant} ${walWritesFailed}`,
    'prometheus_tsdb_retention_limit_seconds{tenant="default-tenant"} 21600', extra, '',
  ].join('\n');
}

export const receiverService = (change: JsonObject = {}): KubernetesObject => ({
  apiVersion: 'v1', kind: 'Service', metadata: { name: 'thanos-receive-lb', namespace: NAMESPACE, labels: { app: 'thanos-receive' } },
  spec: { selector: { app: 'thanos-receive' }, ports: [{ name: 'write', port: 19291 }], ...change },
});

export function agentConfigFile(url: string, extra = ''): string {
  return `global:\n  scrape_interval: 15s\n  external_labels:\n    cluster: cluster-03\nremote_write:\n  - url: ${url}\n${extra}`;
}

export const RIGHT_URL = 'http://thanos-receive-lb.monitoring.svc:19291/api/v1/receive';

export const agentConfigMap = (file: string): KubernetesObject => ({
  apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'prometheus-agent-config', namespace: NAMESPACE, uid: 'uid-config', resourceVersion: '3' }, data: { 'prometheus.yml': file },
});

export interface AgentNumbers {
  /** Seconds that the newest sample sent is behind NOW. */
  lag?: number;
  attempted?: number;
  failed?: number;
  retried?: number;
  appended?: number;
  started?: number;
  /** Senders that it wants, of 50. */
  desired?: number;
}

/** An agent's /metrics; the queue's labels are as a real one writes them. */
export function agentMetrics(now: Date, { lag = 2, attempted = 1000, failed = 0, retried = 0, appended = 1000, started = 1_700_000_000, desired = 1.5 }: AgentNumbers = {}): string {
  const labels = '{remote_name="6fa6ea",url="http://thanos-receive-lb.monitoring.svc:19291/api/v1/receive"}';
  const seconds = now.getTime() / 1000;
  return [
    '# HELP process_start_time_seconds Start time.', '# TYPE process_start_time_seconds gauge', `process_start_time_seconds ${started}`,
    `prometheus_remote_storage_samples_total${labels} ${attempted}`,
    `prometheus_remote_storage_samples_failed_total${labels} ${failed}`,
    `prometheus_remote_storage_samples_retried_total${labels} ${retried}`,
    `prometheus_remote_storage_samples_pending${labels} 12`,
    `prometheus_remote_storage_queue_highest_sent_timestamp_seconds${labels} ${lag === Infinity ? 0 : seconds - lag}`,
    `prometheus_remote_storage_shards_desired${labels} ${desired}`, `prometheus_remote_storage_shards_max${labels} 50`,
    `prometheus_agent_samples_appended_total{type="float"} ${appended}`, 'prometheus_agent_samples_appended_total{type="histogram"} 0', '',
  ].join('\n');
}
