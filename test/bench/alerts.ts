import type { Alert } from '../../workflows/contracts';

/** How many alerts one webhook carries, in turn: mostly one, sometimes what a group of replicas fires. */
const ALERTS_PER_WEBHOOK = [1, 1, 2, 5];

/** The firing alerts of one webhook: as the mixins write them, and all of them about one incident. */
export function alertsOf(cluster: string, index = 0): Alert[] {
  const count = ALERTS_PER_WEBHOOK[index % ALERTS_PER_WEBHOOK.length] ?? 1;
  return Array.from({ length: count }, (_, replica) => ({
    fingerprint: `${cluster}-${replica}`.slice(0, 100),
    status: 'firing',
    labels: { alertname: 'RemoteWriteLagging', cluster, severity: 'critical', namespace: 'monitoring', pod: `prometheus-agent-${replica}`, job: 'prometheus-agent', remote_name: '4c1b2f', url: 'http://thanos-receive.monitoring:19291/api/v1/receive' },
    annotations: {
      summary: `Remote write of ${cluster} lags by more than two minutes`,
      description: 'Samples arrive at the receivers later than they were scraped. Queries of the last minutes are incomplete, and alerts on them are late.',
      runbook_url: 'http://runbooks.invalid/remote-write-failure',
    },
    startsAt: '2026-01-01T03:00:00.000Z',
    generatorURL: 'http://prometheus-agent.monitoring:9090/graph?g0.expr=remote_write_lag_seconds+%3E+120',
  }));
}

export function resolvedOf(alerts: readonly Alert[]): Alert[] {
  return alerts.map((alert) => ({ ...alert, status: 'resolved', endsAt: new Date().toISOString() }));
}

/** The webhook body in which Alertmanager sends them. */
export function webhookBody(alerts: readonly Alert[]): object {
  const { labels = {} } = alerts[0] ?? {};
  return {
    version: '4',
    groupKey: `{}:{cluster="${labels['cluster'] ?? ''}"}`,
    truncatedAlerts: 0,
    status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    receiver: 'nightshift',
    groupLabels: { cluster: labels['cluster'] },
    commonLabels: { alertname: labels['alertname'] },
    commonAnnotations: {},
    externalURL: 'http://alertmanager.monitoring:9093',
    alerts,
  };
}
