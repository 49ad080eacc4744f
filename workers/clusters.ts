import { setTimeout as delay } from 'node:timers/promises';
import { axiosAlertmanagerGateway } from '../activities/alertmanager/axios-gateway';
import type { Clock, ClusterAccess, Clusters } from '../activities/cluster-access';
import { manifestsDirectory, NO_DESIRED_STATE } from '../activities/desired-state';
import type { KubernetesGateway } from '../activities/kubernetes/gateway';
import { PracticeCluster, practiceManifests } from '../activities/practice/cluster';
import { axiosQueryGateway } from '../activities/prometheus/axios-query-gateway';
import { proxyMetricsGateway } from '../activities/prometheus/proxy-metrics-gateway';
import type { ClusterEntry, Connection, NightshiftConfig } from './config';

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
  const clusters = new Map(config.clusters.map((entry) => [entry.cluster.name, accessOf(entry, practice)]));
  return { clusters, ...(practice && { practice }) };
}

function accessOf({ cluster, connection }: ClusterEntry, practice: PracticeCluster | undefined): ClusterAccess {
  const { endpoints, desiredState } = cluster;
  if (connection.kind === 'practice') {
    if (!practice) throw new Error('The practice cluster was not opened.');
    return { config: cluster, kubernetes: practice.gateway, metrics: practice.metrics, desiredState: manifestsDirectory(practiceManifests()), clock: SYSTEM_CLOCK };
  }
  const kubernetes = kubernetesOf(connection);
  return {
    config: cluster,
    kubernetes,
    metrics: proxyMetricsGateway(kubernetes),
    ...(endpoints.query && { query: axiosQueryGateway(endpoints.query, 'Thanos Query') }),
    ...(endpoints.prometheus && { prometheus: axiosQueryGateway(endpoints.prometheus) }),
    ...(endpoints.alertmanager && { alertmanager: axiosAlertmanagerGateway(endpoints.alertmanager) }),
    desiredState: desiredState ? manifestsDirectory(desiredState.directory) : NO_DESIRED_STATE,
    clock: SYSTEM_CLOCK,
  };
}

/** The client library takes half a second to load: only where there is a cluster to reach. */
function kubernetesOf(connection: Exclude<Connection, { kind: 'practice' }>): KubernetesGateway {
  const { clientNodeGateway } = require('../activities/kubernetes/client-node-gateway') as typeof import('../activities/kubernetes/client-node-gateway.js');
  if (connection.kind === 'in-cluster') return clientNodeGateway({ inCluster: true });
  return clientNodeGateway({ kubeconfig: connection.file, ...(connection.context && { context: connection.context }) });
}
