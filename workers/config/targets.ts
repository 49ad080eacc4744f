import type { Target } from '../../activities/clusters';
import type { ClusterFile } from './schema';
import { ConfigError } from './errors';

type DefaultTarget = Omit<Target, 'namespace' | 'ports'> & { ports?: Record<string, number> };

const PROMETHEUS_PORTS = { http: 9090, metrics: 9090 };
const THANOS_PORTS = { http: 10_902, metrics: 10_902, grpc: 10_901 };

/**
 * The handbook's names. Probes and metrics of a receiver are on 10902, writes on 19291 and the hashring's gRPC on 10901:
 * the handbook swaps the first two (domain reference F7).
 */
const DEFAULT_TARGETS: Record<string, DefaultTarget> = {
  agent: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'prometheus-agent', ports: PROMETHEUS_PORTS },
  agentConfig: { apiVersion: 'v1', kind: 'ConfigMap', name: 'prometheus-agent-config', key: 'prometheus.yml' },
  receiver: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'thanos-receive', ports: { ...THANOS_PORTS, write: 19_291 } },
  receiverService: { apiVersion: 'v1', kind: 'Service', name: 'thanos-receive-lb', ports: { ...THANOS_PORTS, write: 19_291 } },
  hashring: { apiVersion: 'v1', kind: 'ConfigMap', name: 'thanos-receive-hashring', key: 'hashrings.json' },
  query: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'thanos-query', ports: THANOS_PORTS },
  store: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'thanos-store', ports: THANOS_PORTS },
  compactor: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'thanos-compactor', ports: THANOS_PORTS },
  objectStore: { apiVersion: 'v1', kind: 'Secret', name: 'thanos-objstore-secret', key: 'objstore.yml' },
  frontend: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'thanos-query-frontend', ports: THANOS_PORTS },
  frontendCache: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'memcached' },
  nodeExporter: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'prometheus-node-exporter', ports: { metrics: 9100 } },
  nodeExporterService: { apiVersion: 'v1', kind: 'Service', name: 'prometheus-node-exporter', ports: { metrics: 9100 } },
  nodeExporterMonitor: { apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', name: 'prometheus-node-exporter' },
  // As kube-prometheus names it (manifests/kubeStateMetrics-serviceMonitor.yaml).
  kubeStateMetricsMonitor: { apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', name: 'kube-state-metrics' },
  grafana: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'grafana', ports: { http: 3000 } },
  grafanaService: { apiVersion: 'v1', kind: 'Service', name: 'grafana', ports: { http: 80 } },
  grafanaConfig: { apiVersion: 'v1', kind: 'ConfigMap', name: 'grafana', key: 'grafana.ini' },
  grafanaIngress: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'grafana' },
  ruler: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'thanos-ruler', ports: THANOS_PORTS },
  alertmanager: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'alertmanager', ports: { http: 9093 } },
  alertmanagerService: { apiVersion: 'v1', kind: 'Service', name: 'alertmanager', ports: { http: 9093 } },
};

/** The handbook's objects, with what the configuration says otherwise; a role set to `null` is not there. */
export function targetsOf(namespace: string, overrides: ClusterFile['targets'], where: string): Record<string, Target> {
  const targets: Record<string, Target> = {};
  for (const role of new Set([...Object.keys(DEFAULT_TARGETS), ...Object.keys(overrides)])) {
    const override = overrides[role];
    if (override === null) continue;
    const merged = { ports: {}, ...DEFAULT_TARGETS[role], namespace, ...withoutUndefined(override ?? {}) };
    const missing = (['apiVersion', 'kind', 'name'] as const).filter((field) => !(field in merged));
    if (missing.length > 0) throw new ConfigError(`${where}.targets.${role} needs ${missing.join(', ')}: Nightshift has no defaults for this role.`);
    targets[role] = merged as Target;
  }
  return targets;
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Partial<T>;
}
