import type { FailureDomain } from '../contracts/vocabulary';

interface Route {
  /** Label name → anchored regular expression; all must match. */
  labels: Record<string, RegExp>;
  domain: FailureDomain;
}

const RECEIVE = /^(.*thanos-?receive.*)$/i;

/**
 * Alert labels → failure domain, first match wins. Alert names are those of thanos-mixin, prometheus-mixin,
 * kubernetes-mixin and kube-prometheus, and our own (infra/observability/rules). Remote-write alerts of the agent are about
 * the receiving side: the agent is the witness, not the suspect.
 */
const ROUTES: Route[] = [
  { labels: { alertname: /^(Watchdog|HeartbeatMissing|Alertmanager.*|PrometheusNotConnectedToAlertmanagers|PrometheusErrorSendingAlerts.*|PrometheusNotificationQueueRunningFull|ThanosRule.*|ThanosNoRuleEvaluations)$/ }, domain: 'alerting' },
  // Agents evaluate no rules and have no head: these are about the Prometheus that raises the alarms.
  { labels: { alertname: /^(PrometheusNotIngestingSamples|PrometheusMissingRuleEvaluations|PrometheusRuleFailures)$/ }, domain: 'alerting' },
  { labels: { alertname: /^(RemoteWrite.*|PrometheusRemote.*|ThanosReceive.*)$/ }, domain: 'receive' },
  { labels: { alertname: /^ThanosCompact.*$/ }, domain: 'compact' },
  { labels: { alertname: /^ThanosStore.*$/ }, domain: 'store' },
  { labels: { alertname: /^ThanosQuery.*$/ }, domain: 'query' },
  { labels: { alertname: /^Grafana.*$/ }, domain: 'ui' },
  ...workload(RECEIVE, 'receive'),
  ...workload(/^.*thanos-?(compact).*$/i, 'compact'),
  ...workload(/^.*thanos-?(store).*$/i, 'store'),
  ...workload(/^.*thanos-?(query).*$/i, 'query'),
  ...workload(/^.*grafana.*$/i, 'ui'),
  ...workload(/^.*alertmanager.*$/i, 'alerting'),
  ...workload(/^.*(prometheus-agent|node-exporter).*$/i, 'agent'),
  { labels: { alertname: /^((Job)?MetricsMissing|ScrapeJobMissing|ClusterSilent|PrometheusBadConfig|PrometheusTarget.*|PrometheusScrape.*|PrometheusKubernetesListWatchFailures|PrometheusOperator.*|ConfigReloaderSidecarErrors|TargetDown)$/ }, domain: 'agent' },
];

/** The labels by which kube-state-metrics, kubelet and scrape alerts name the workload they are about. */
function workload(name: RegExp, domain: FailureDomain): Route[] {
  return ['statefulset', 'deployment', 'pod', 'persistentvolumeclaim', 'job', 'service', 'container'].map((label) => ({ labels: { [label]: name }, domain }));
}

/** The failure domain of an alert: a pure function of its labels. Nothing is dropped; what no route claims is `unknown`. */
export function failureDomainOf(labels: Readonly<Record<string, string>>): FailureDomain {
  const route = ROUTES.find(({ labels: wanted }) => Object.entries(wanted).every(([name, pattern]) => pattern.test(labels[name] ?? '')));
  return route?.domain ?? 'unknown';
}

export interface AlertRoute {
  cluster: string;
  failureDomain: FailureDomain;
}

/** @param defaultCluster used for alerts without a `cluster` label */
export function routeAlert(labels: Readonly<Record<string, string>>, defaultCluster: string): AlertRoute {
  return { cluster: labels.cluster || defaultCluster, failureDomain: failureDomainOf(labels) };
}
