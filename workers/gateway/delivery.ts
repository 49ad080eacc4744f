import type { Delivery } from '../../activities/temporal/incidents-gateway';
import { incidentWorkflowId, type Alert } from '../../workflows/contracts';
import { routeAlert } from '../../workflows/domain/routing';
import { findCluster, type NightshiftConfig } from '../config';

/** Always firing, so that its absence tells: watchdogs listen for it. It must not open an incident. */
export function isHeartbeat(alert: Alert): boolean {
  return alert.labels['alertname'] === 'Watchdog';
}

/**
 * Alerts of whoever evaluates rules that nobody takes its alerts: the Watchdog does not come then either. Where its silence is
 * planned they are no news, and what goes on afterwards is noticed by the silence itself.
 */
const UNDELIVERED: ReadonlySet<string> = new Set([
  'ThanosRuleSenderIsFailingAlerts', 'ThanosRuleQueueIsDroppingAlerts',
  'PrometheusErrorSendingAlertsToAnyAlertmanager', 'PrometheusNotConnectedToAlertmanagers', 'PrometheusNotificationQueueRunningFull',
]);

export function saysUndelivered({ status, labels }: Alert): boolean {
  return status === 'firing' && UNDELIVERED.has(labels['alertname'] ?? '');
}

/** Groups alerts by the incident that they belong to. An alias of a cluster means the cluster; a cluster that nobody configured keeps its name. */
export function groupByIncident(alerts: readonly Alert[], config: Pick<NightshiftConfig, 'clusters' | 'defaultCluster'>): Delivery[] {
  const deliveries = new Map<string, Delivery>();
  for (const alert of alerts) {
    const route = routeAlert(alert.labels, config.defaultCluster);
    const cluster = findCluster(config, route.cluster)?.cluster.name ?? route.cluster;
    const id = incidentWorkflowId(cluster, route.failureDomain);
    const delivery = deliveries.get(id) ?? { cluster, failureDomain: route.failureDomain, alerts: [] };
    delivery.alerts.push(alert);
    deliveries.set(id, delivery);
  }
  return [...deliveries.values()];
}
