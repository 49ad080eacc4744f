/** Every alert of the four mixins that the domain reference lists: where it is routed, and which runbook claims it. */
import path from 'node:path';
import { probes, remedies } from '../../../activities/registry';
import { loadRunbooks } from '../../../activities/runbooks/loader';
import { selectRunbook } from '../../../activities/runbooks/selection';
import type { FailureDomain, IncidentClass } from '../../../workflows/contracts';
import { failureDomainOf } from '../../../workflows/domain/routing';

const loaded = loadRunbooks(path.resolve(__dirname, '../../../runbooks'), { probes, remedies });

const AGENT = { job: 'prometheus-agent', pod: 'prometheus-agent-0', namespace: 'monitoring' };
const RECEIVERS = { job: 'thanos-receive', namespace: 'monitoring' };
/** kube-state-metrics and the kubelet name themselves as the job. */
const POD = { job: 'kube-state-metrics', namespace: 'monitoring', pod: 'thanos-receive-1', container: 'thanos-receive' };
const SET = { job: 'kube-state-metrics', namespace: 'monitoring', statefulset: 'thanos-receive' };
const VOLUME = { job: 'kubelet', namespace: 'monitoring', persistentvolumeclaim: 'data-thanos-receive-0' };

/** `triage`: deliberately left to the triage tree, which asks the evidence. */
const RECEIVE_PATH: Array<[alertname: string, labels: Record<string, string>, claimedBy: IncidentClass | 'triage']> = [
  ['PrometheusRemoteStorageFailures', { ...AGENT, remote_name: 'thanos-receive' }, 'remote-write-failure'],
  ['PrometheusRemoteWriteBehind', AGENT, 'remote-write-failure'],
  ['PrometheusRemoteWriteDesiredShards', AGENT, 'remote-write-failure'],
  ['RemoteWriteLagging', AGENT, 'remote-write-failure'],
  ['ThanosReceiveHttpRequestErrorRateHigh', RECEIVERS, 'remote-write-failure'],
  ['ThanosReceiveHttpRequestLatencyHigh', RECEIVERS, 'remote-write-failure'],
  ['ThanosReceiveHighForwardRequestFailures', RECEIVERS, 'remote-write-failure'],
  ['ThanosReceiveHighReplicationFailures', RECEIVERS, 'remote-write-failure'],
  ['ThanosReceiveIsDown', RECEIVERS, 'remote-write-failure'],
  ['ThanosReceiveReplicasNotReady', RECEIVERS, 'remote-write-failure'],
  ['TargetDown', RECEIVERS, 'remote-write-failure'],
  ['TargetDown', { job: 'monitoring/thanos-receive', namespace: 'monitoring' }, 'remote-write-failure'],
  ['KubePodCrashLooping', POD, 'remote-write-failure'],
  ['KubePodNotReady', POD, 'remote-write-failure'],
  ['KubeContainerWaiting', POD, 'remote-write-failure'],
  ['KubeStatefulSetReplicasMismatch', SET, 'remote-write-failure'],
  ['KubeStatefulSetUpdateNotRolledOut', SET, 'remote-write-failure'],
  ['KubePersistentVolumeFillingUp', VOLUME, 'disk-full'],
  ['KubePersistentVolumeInodesFillingUp', VOLUME, 'disk-full'],
  ['KubePersistentVolumeErrors', VOLUME, 'disk-full'],
  ['ThanosReceiveNoUpload', RECEIVERS, 'disk-full'],
  ['ThanosReceiveUploadsFailing', RECEIVERS, 'disk-full'],
  ['ThanosReceiveVolumeFillingUp', VOLUME, 'disk-full'],
  ['ThanosReceiveVolumeInodesFillingUp', VOLUME, 'disk-full'],
  ['ThanosReceiveWalWritesFailing', RECEIVERS, 'disk-full'],
  ['KubernetesContainerOomKiller', POD, 'high-memory'],
  ['ContainerOutOfMemory', POD, 'high-memory'],
  ['ThanosReceiveMemoryHigh', POD, 'high-memory'],
  ['ThanosReceiveTenantLimitedByHeadSeries', { ...RECEIVERS, tenant: 'default-tenant' }, 'high-memory'],
  ['ThanosReceiveHighHashringFileRefreshFailures', RECEIVERS, 'hashring-misconfigured'],
  ['ThanosReceiveHashringsDiffer', RECEIVERS, 'hashring-misconfigured'],
  ['ThanosReceiveHashringMembersMissing', RECEIVERS, 'hashring-misconfigured'],
  // Dead in every release so far (its gauge is never set back); should it ever fire, it is about the ring.
  ['ThanosReceiveConfigReloadFailure', RECEIVERS, 'hashring-misconfigured'],
  ['PrometheusTSDBReloadsFailing', RECEIVERS, 'tsdb-corruption'],
  ['PrometheusTSDBCompactionsFailing', RECEIVERS, 'tsdb-corruption'],
  ['ThanosReceiveTsdbCorruption', RECEIVERS, 'tsdb-corruption'],
  ['ThanosReceiveHeadNotCut', RECEIVERS, 'disk-full'],
  ['ThanosReceiveTsdbFailing', RECEIVERS, 'tsdb-corruption'],
  // Throttled may mean overload, and may mean nothing at all: what else is seen has to say.
  ['CPUThrottlingHigh', POD, 'triage'],
  ['ThanosReceiveTrafficBelowThreshold', RECEIVERS, 'triage'],
];

test.each(RECEIVE_PATH)('%s %j is the receive path’s, and claimed by %s', (alertname, labels, claimedBy) => {
  const alert = { alertname, cluster: 'cluster-03', severity: 'warning', ...labels };
  expect(failureDomainOf(alert)).toBe('receive');
  const claimed = selectRunbook(loaded, { cluster: 'cluster-03', failureDomain: 'receive', alerts: [alert] });
  expect(claimed?.runbook.id ?? 'triage').toBe(claimedBy);
});

const OTHERS: Array<[alertname: string, labels: Record<string, string>, domain: FailureDomain]> = [
  ['TargetDown', { job: 'node-exporter' }, 'agent'],
  ['TargetDown', { job: 'prometheus-agent' }, 'agent'],
  ['PrometheusBadConfig', AGENT, 'agent'],
  ['PrometheusTargetSyncFailure', AGENT, 'agent'],
  ['PrometheusScrapeSampleLimitHit', AGENT, 'agent'],
  ['PrometheusTargetLimitHit', AGENT, 'agent'],
  ['PrometheusKubernetesListWatchFailures', AGENT, 'agent'],
  ['PrometheusOperatorRejectedResources', { controller: 'prometheus', resource: 'ServiceMonitor' }, 'agent'],
  ['PrometheusOperatorSyncFailed', { controller: 'prometheus' }, 'agent'],
  ['ConfigReloaderSidecarErrors', { pod: 'prometheus-agent-0' }, 'agent'],
  ['ContainerOutOfMemory', { pod: 'prometheus-agent-0', container: 'prometheus' }, 'agent'],
  // Nobody who only forwards evaluates rules: these are about whoever raises the alarms.
  ['PrometheusNotIngestingSamples', { pod: 'prometheus-k8s-0' }, 'alerting'],
  ['PrometheusMissingRuleEvaluations', { pod: 'prometheus-k8s-0' }, 'alerting'],
  ['ThanosNoRuleEvaluations', { job: 'thanos-rule' }, 'alerting'],
  ['ThanosCompactHalted', { job: 'thanos-compact' }, 'compact'],
  ['ThanosCompactHasNotRun', {}, 'compact'],
  ['ThanosCompactHighCompactionFailures', { job: 'thanos-compact' }, 'compact'],
  ['KubePersistentVolumeFillingUp', { persistentvolumeclaim: 'data-thanos-compactor-0' }, 'compact'],
  ['ThanosQueryInstantLatencyHigh', { job: 'thanos-query' }, 'query'],
  ['ThanosQueryRangeLatencyHigh', { job: 'thanos-query' }, 'query'],
  ['ThanosQueryOverload', { job: 'thanos-query' }, 'query'],
  ['ThanosQueryGrpcClientErrorRate', { job: 'thanos-query' }, 'query'],
  ['ThanosStoreIsDown', {}, 'store'],
  ['ThanosStoreGrpcErrorRate', { job: 'thanos-store' }, 'store'],
  ['ThanosStoreBucketHighOperationFailures', { job: 'thanos-store' }, 'store'],
  ['ThanosStoreObjstoreOperationLatencyHigh', { job: 'thanos-store' }, 'store'],
  ['ThanosStoreSeriesGateLatencyHigh', { job: 'thanos-store' }, 'store'],
  ['KubePersistentVolumeFillingUp', { persistentvolumeclaim: 'data-thanos-store-0' }, 'store'],
  ['GrafanaRequestsFailing', { namespace: 'monitoring' }, 'ui'],
  ['KubeDeploymentReplicasMismatch', { deployment: 'grafana' }, 'ui'],
  ['Watchdog', {}, 'alerting'],
  ['KubePodCrashLooping', { pod: 'checkout-7d9f', namespace: 'shop' }, 'unknown'],
];

test.each(OTHERS)('%s %j is the business of %s', (alertname, labels, domain) => {
  expect(failureDomainOf({ alertname, cluster: 'cluster-03', ...labels })).toBe(domain);
});
