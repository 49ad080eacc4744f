/** A hashring, its receivers as they are started with it, and what they say of it. */
import type { KubernetesObject } from '../../activities/kubernetes/gateway';
import type { JsonObject } from '../../workflows/contracts';
import { NAMESPACE, pod, statefulSet, type PodLife } from './pipeline-objects';

export function ring(addresses: string[], more: JsonObject = {}): string {
  return JSON.stringify([{ hashring: 'default', algorithm: 'ketama', endpoints: addresses.map((address) => ({ address })), ...more }], null, 2);
}

export const hashringConfigMap = (file: string): KubernetesObject => ({
  apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'thanos-receive-hashring', namespace: NAMESPACE, uid: 'uid-hashring', resourceVersion: '4' }, data: { 'hashring.json': file },
});

interface ReceiverShape {
  flags?: string[];
  factor?: number;
  lives?: PodLife[];
  reach?: 'live' | 'restart' | 'never' | 'unknown';
}

/** The StatefulSet, its pods, and the headless Service under which they find each other. */
export function receivers({ flags = [], factor = 3, lives = ['ready', 'ready', 'ready'], reach = 'live' }: ReceiverShape = {}): KubernetesObject[] {
  const mount = { name: 'ring', mountPath: '/etc/thanos', ...(reach === 'never' && { subPath: 'hashring.json' }) };
  const spec = {
    volumes: reach === 'unknown' ? [] : [{ name: 'ring', configMap: { name: 'thanos-receive-hashring' } }],
    ...(reach === 'restart' && { initContainers: [{ name: 'copy', volumeMounts: [mount] }] }),
    containers: [{
      name: 'thanos-receive', command: ['thanos'],
      args: ['receive', '--receive.local-endpoint=$(NAME).thanos-receive.$(NAMESPACE).svc.cluster.local:10901', '--receive.hashrings-file', '/etc/thanos/hashring.json', `--receive.replication-factor=${factor}`, ...flags],
      env: [{ name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }, { name: 'NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }],
      ...(reach === 'live' || reach === 'never' ? { volumeMounts: [mount] } : {}),
    }],
  };
  const set = statefulSet({ replicas: lives.length, change: { template: { metadata: { labels: { app: 'thanos-receive' } }, spec } } });
  const pods = lives.map((life, ordinal): KubernetesObject => {
    const made = pod({ ordinal, life });
    return { ...made, spec: { ...(made['spec'] as JsonObject), ...spec }, status: { ...(made['status'] as JsonObject), podIP: `10.244.0.1${ordinal}` } };
  });
  return [set, ...pods, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'thanos-receive', namespace: NAMESPACE }, spec: { clusterIP: 'None' } }];
}

interface RingNumbers {
  hash?: number;
  nodes?: number;
  errors?: number;
  changed?: number;
  factor?: number;
  tenants?: number;
}

/** What a receiver of Thanos 0.42.4 says of its ring. */
export function ringPage({ hash = 1.49389919133495e14, nodes = 3, errors = 0, changed = 1_772_331_000, factor = 3, tenants = 0 }: RingNumbers = {}): string {
  return [
    `thanos_receive_config_hash ${hash}`, `thanos_receive_config_last_reload_success_timestamp_seconds ${changed}`, 'thanos_receive_config_last_reload_successful 1',
    `thanos_receive_hashring_nodes{name="default"} ${nodes}`, `thanos_receive_hashring_tenants{name="default"} ${tenants}`,
    'thanos_receive_hashrings_file_changes_total 1', `thanos_receive_hashrings_file_errors_total ${errors}`, 'thanos_receive_hashrings_file_refreshes_total 4', `thanos_receive_replication_factor ${factor}`, '',
  ].join('\n');
}
