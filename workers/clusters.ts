import { setTimeout as delay } from 'node:timers/promises';
import { axiosAlertmanagerGateway } from '../activities/alertmanager/axios-gateway';
import type { Clock, ClusterAccess, Clusters } from '../activities/cluster-access';
import { manifestsDirectory, NO_DESIRED_STATE } from '../activities/desired-state';
import { axiosFrontDoor } from '../activities/grafana/axios-gateway';
import type { KubernetesGateway } from '../activities/kubernetes/gateway';
import { PracticeCluster } from '../activities/practice/cluster';
import { practiceManifests } from '../activities/practice/manifests';
import { practiceDesiredState } from '../activities/practice/object-store';
import { nodeNamesGateway } from '../activities/network/node-gateway';
import { axiosQueryGateway } from '../activities/prometheus/axios-query-gateway';
import { axiosRulesGateway } from '../activities/prometheus/axios-rules-gateway';
import { proxyMetricsGateway } from '../activities/prometheus/proxy-metrics-gateway';
import { secretDigest, type SecretDigest } from '../activities/secret-digest';
import type { ClusterEntry, Connection, NightshiftConfig } from './config';
import { digestKeyOf } from './data-dir';

const SYSTEM_CLOCK: Clock = { now: () => new Date(), sleep: (milliseconds) => delay(milliseconds) };

export interface ReachedClusters {
  clusters: Clusters;
  /** Present where the practice cluster is configured: its probes answer from the example that is played. */
  practice?: PracticeCluster;
}

/** Every configured cluster with the gateways that reach it; nothing is asked yet. */
export function reachClusters(config: NightshiftConfig): ReachedClusters {
  const practises = config.clusters.some(({ cluster }) => cluster.practice);
  const practice = practises ? PracticeCluster.open(config.dataDir, config.runbooksDir) : undefined;
  const clusters = new Map(config.clusters.map((entry) => [entry.cluster.name, accessOf(entry, digestOf(config), practice)]));
  return { clusters, ...(practice && { practice }) };
}

function accessOf({ cluster, connection }: ClusterEntry, digest: SecretDigest, practice: PracticeCluster | undefined): ClusterAccess {
  const { endpoints, desiredState } = cluster;
  if (connection.kind === 'practice') {
    if (!practice) throw new Error('The practice cluster was not opened.');
    return { config: cluster, kubernetes: practice.gateway, metrics: practice.metrics, desiredState: practiceDesiredState(practiceManifests()), digest, clock: SYSTEM_CLOCK };
  }
  const kubernetes = kubernetesOf(cluster.name, connection);
  const rules = endpoints.ruler ?? endpoints.prometheus;
  return {
    config: cluster,
    kubernetes,
    metrics: proxyMetricsGateway(kubernetes),
    ...(endpoints.query && { query: axiosQueryGateway(endpoints.query, 'Thanos Query') }),
    ...(endpoints.frontend && { frontend: axiosQueryGateway(endpoints.frontend, 'Thanos Query Frontend') }),
    ...(endpoints.grafana && { frontDoor: axiosFrontDoor(endpoints.grafana) }),
    ...(endpoints.prometheus && { prometheus: axiosQueryGateway(endpoints.prometheus) }),
    ...(rules && { rules: axiosRulesGateway(rules, endpoints.ruler ? 'The Ruler' : 'Prometheus') }),
    ...(endpoints.alertmanager && { alertmanager: axiosAlertmanagerGateway(endpoints.alertmanager) }),
    // The lab's Nightshift runs beside the pipeline, too, and resolves as its pods do.
    ...((connection.kind === 'in-cluster' || cluster.lab) && { names: nodeNamesGateway() }),
    desiredState: desiredState ? manifestsDirectory(desiredState.directory) : NO_DESIRED_STATE,
    digest,
    clock: SYSTEM_CLOCK,
  };
}

/** The key is read when it is needed first: most commands need none, and shall make no data directory. */
function digestOf({ digestKey, dataDir }: NightshiftConfig): SecretDigest {
  let digest: SecretDigest | undefined;
  return (place, value) => (digest ??= secretDigest(digestKey ?? digestKeyOf(dataDir)))(place, value);
}

/** The client library takes half a second to load: only where there is a cluster to reach. */
function kubernetesOf(cluster: string, connection: Exclude<Connection, { kind: 'practice' }>): KubernetesGateway {
  const { clientNodeGateway } = require('../activities/kubernetes/client-node-gateway') as typeof import('../activities/kubernetes/client-node-gateway.js');
  if (connection.kind === 'in-cluster') return clientNodeGateway({ inCluster: true }, { cluster });
  return clientNodeGateway({ kubeconfig: connection.file, ...(connection.context && { context: connection.context }) }, { cluster });
}
