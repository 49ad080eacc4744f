import type { Alert } from '../contracts/alerts';
import type { TrackedAlert } from '../contracts/incident';

/** Alertmanager's repeats and the duplicates of a highly available pair carry the same key. */
export function alertKey(alert: Pick<Alert, 'fingerprint' | 'startsAt'>): string {
  return `${alert.fingerprint}@${new Date(alert.startsAt).toISOString()}`;
}

export interface AlertMerge {
  alerts: TrackedAlert[];
  joined: Alert[];
  resolved: Alert[];
}

/**
 * Merges what a webhook says into the alerts of an incident. A firing repeat of a resolved alert (late duplicate of the
 * same start) changes nothing; a new start of the same fingerprint is a new alert and closes the earlier one.
 */
export function mergeAlerts(known: readonly TrackedAlert[], incoming: readonly Alert[], at: string): AlertMerge {
  const byKey = new Map(known.map((alert) => [alertKey(alert), alert]));
  const joined: Alert[] = [];
  const resolved: Alert[] = [];
  for (const alert of incoming) {
    const key = alertKey(alert);
    const existing = byKey.get(key);
    if (!existing) {
      byKey.set(key, { ...alert, firstSeenAt: at });
      (alert.status === 'firing' ? joined : resolved).push(alert);
    } else if (existing.status === 'firing' && alert.status === 'resolved') {
      byKey.set(key, { ...existing, status: 'resolved', ...(alert.endsAt && { endsAt: alert.endsAt }) });
      resolved.push(alert);
    }
  }
  const newest = new Map<string, string>();
  for (const alert of byKey.values()) {
    const start = newest.get(alert.fingerprint);
    if (!start || Date.parse(alert.startsAt) > Date.parse(start)) newest.set(alert.fingerprint, alert.startsAt);
  }
  const alerts = [...byKey.values()].map((alert): TrackedAlert =>
    alert.status === 'firing' && newest.get(alert.fingerprint) !== alert.startsAt ? { ...alert, status: 'resolved' } : alert,
  );
  return { alerts: alerts.slice(-MAX_ALERTS), joined, resolved };
}

/** An incident remembers this many alerts; a storm of more is counted by Alertmanager, not by a workflow history. */
const MAX_ALERTS = 100;

export function firing(alerts: readonly TrackedAlert[]): TrackedAlert[] {
  return alerts.filter((alert) => alert.status === 'firing');
}

const SEVERITIES = ['none', 'info', 'warning', 'critical'];

/** The gravest severity among alerts; a word that is not known counts as `warning`. */
export function gravestSeverity(alerts: readonly Alert[]): string {
  const rank = (severity: string) => (SEVERITIES.includes(severity) ? SEVERITIES.indexOf(severity) : 2);
  return alerts.map((alert) => alert.labels.severity ?? 'warning').sort((a, b) => rank(b) - rank(a))[0] ?? 'warning';
}
