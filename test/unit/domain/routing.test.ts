import { failureDomainOf, routeAlert } from '../../../workflows/domain/routing';

test.each([
  [{ alertname: 'RemoteWriteLagging', job: 'prometheus-agent' }, 'receive'],
  [{ alertname: 'PrometheusRemoteStorageFailures', pod: 'prometheus-agent-0' }, 'receive'],
  [{ alertname: 'PrometheusRemoteWriteDesiredShards' }, 'receive'],
  [{ alertname: 'ThanosReceiveIsDown' }, 'receive'],
  [{ alertname: 'TargetDown', job: 'thanos-receive' }, 'receive'],
  [{ alertname: 'TargetDown', job: 'monitoring/thanos-receive' }, 'receive'],
  [{ alertname: 'TargetDown', job: 'node-exporter' }, 'agent'],
  [{ alertname: 'KubePodCrashLooping', pod: 'thanos-receive-1' }, 'receive'],
  [{ alertname: 'KubePodCrashLooping', pod: 'prometheus-agent-0' }, 'agent'],
  [{ alertname: 'KubePersistentVolumeFillingUp', persistentvolumeclaim: 'data-thanos-receive-0' }, 'receive'],
  [{ alertname: 'KubePersistentVolumeFillingUp', persistentvolumeclaim: 'data-thanos-store-0' }, 'store'],
  [{ alertname: 'ThanosCompactHalted' }, 'compact'],
  [{ alertname: 'ThanosStoreGrpcErrorRate' }, 'store'],
  [{ alertname: 'ThanosQueryInstantLatencyHigh' }, 'query'],
  [{ alertname: 'GrafanaRequestsFailing' }, 'ui'],
  [{ alertname: 'KubeDeploymentReplicasMismatch', deployment: 'grafana' }, 'ui'],
  [{ alertname: 'MetricsMissing' }, 'agent'],
  [{ alertname: 'Watchdog' }, 'alerting'],
  [{ alertname: 'SomethingElse' }, 'unknown'],
  [{}, 'unknown'],
])('%j → %s', (labels, domain) => {
  expect(failureDomainOf(labels as Record<string, string>)).toBe(domain);
});

test('the cluster comes from the label, or is the default', () => {
  expect(routeAlert({ alertname: 'RemoteWriteLagging', cluster: 'cluster-03' }, 'here').cluster).toBe('cluster-03');
  expect(routeAlert({ alertname: 'RemoteWriteLagging' }, 'here').cluster).toBe('here');
});
