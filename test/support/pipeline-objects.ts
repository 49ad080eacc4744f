/** Objects of a pipeline as a real API server shows them, for tests of probes and remedies. */
import type { ClusterAccess } from '../../activities/cluster-access';
import type { ClusterConfig } from '../../activities/clusters';
import { NO_DESIRED_STATE, type DesiredState } from '../../activities/desired-state';
import type { KubernetesObject } from '../../activities/kubernetes/gateway';
import { proxyMetricsGateway } from '../../activities/prometheus/proxy-metrics-gateway';
import type { JsonObject } from '../../workflows/contracts';
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
      receiver: { ...at, apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'thanos-receive', ports: { metrics: 10902, write: 19291 } },
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
  return { config: clusterConfig(config), kubernetes, metrics: proxyMetricsGateway(kubernetes), desiredState, clock: new TestClock() };
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
}

/** An agent's /metrics; the queue's labels are as a real one writes them. */
export function agentMetrics(now: Date, { lag = 2, attempted = 1000, failed = 0, retried = 0, appended = 1000, started = 1_700_000_000 }: AgentNumbers = {}): string {
  const labels = '{remote_name="6fa6ea",url="http://thanos-receive-lb.monitoring.svc:19291/api/v1/receive"}';
  const seconds = now.getTime() / 1000;
  return [
    '# HELP process_start_time_seconds Start time.', '# TYPE process_start_time_seconds gauge', `process_start_time_seconds ${started}`,
    `prometheus_remote_storage_samples_total${labels} ${attempted}`,
    `prometheus_remote_storage_samples_failed_total${labels} ${failed}`,
    `prometheus_remote_storage_samples_retried_total${labels} ${retried}`,
    `prometheus_remote_storage_samples_pending${labels} 12`,
    `prometheus_remote_storage_queue_highest_sent_timestamp_seconds${labels} ${lag === Infinity ? 0 : seconds - lag}`,
    `prometheus_remote_storage_shards_desired${labels} 1.5`, `prometheus_remote_storage_shards_max${labels} 50`,
    `prometheus_agent_samples_appended_total{type="float"} ${appended}`, 'prometheus_agent_samples_appended_total{type="histogram"} 0', '',
  ].join('\n');
}
