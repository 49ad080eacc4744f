import type { Alert } from '../contracts/alerts';
import type { TrackedAlert } from '../contracts/incident';

/** Alertmanager's repeats and the duplicates of a highly available pair carry the same key. */
export function alertKey(alert: Pick<Alert, 'fingerprint' | 'startsAt'>): string {
  return `${alert.fingerprint}@${startOf(alert)}`;
}

/** Epoch milliseconds; 0 for a time that cannot be read: a bare signal may say anything, and must not stop an incident. */
function startOf({ startsAt }: Pick<Alert, 'startsAt'>): number {
  return Date.parse(startsAt) || 0;
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
  const newest = new Map<string, number>();
  for (const alert of byKey.values()) newest.set(alert.fingerprint, Math.max(startOf(alert), newest.get(alert.fingerprint) ?? 0));
  const alerts = [...byKey.values()].map((alert): TrackedAlert =>
    alert.status === 'firing' && newest.get(alert.fingerprint) !== startOf(alert) ? { ...alert, status: 'resolved' } : alert,
  );
  return { alerts: remembered(alerts), joined, resolved };
}

/** An incident remembers this many alerts; a storm of more is counted by Alertmanager, not by a workflow history. */
const MAX_ALERTS = 100;

/** Forgets resolved alerts first, oldest first: a firing one that is forgotten would let the incident close. */
function remembered(alerts: readonly TrackedAlert[]): TrackedAlert[] {
  if (alerts.length <= MAX_ALERTS) return [...alerts];
  const open = firing(alerts).slice(0, MAX_ALERTS);
  const room = MAX_ALERTS - open.length;
  const gone = room > 0 ? alerts.filter(({ status }) => status !== 'firing').slice(-room) : [];
  const kept = new Set([...open, ...gone]);
  return alerts.filter((alert) => kept.has(alert));
}

export function firing(alerts: readonly TrackedAlert[]): TrackedAlert[] {
  return alerts.filter((alert) => alert.status === 'firing');
}

const SEVERITIES = ['none', 'info', 'warning', 'critical'];

/** The gravest severity among alerts; a word that is not known counts as `warning`. */
export function gravestSeverity(alerts: readonly Alert[]): string {
  const rank = (severity: string) => (SEVERITIES.includes(severity) ? SEVERITIES.indexOf(severity) : 2);
  return alerts.map((alert) => alert.labels.severity ?? 'warning').sort((a, b) => rank(b) - rank(a))[0] ?? 'warning';
}
