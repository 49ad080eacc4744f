import type { Alert } from '../contracts/alerts';
import type { WatchdogInput } from '../contracts/watchdog';
import { duration } from './time';

/** The alert by which Nightshift says itself that a cluster's heartbeats have stopped: no Alertmanager has sent it. */
export const HEARTBEAT_MISSING = 'HeartbeatMissing';

/**
 * Whoever raises it and whoever ends it make the same alert: its fingerprint is the cluster's, its start the moment at
 * which the tolerated silence was over.
 * @param endedAt when a heartbeat came again; the alert is then the resolved one
 */
export function silenceAlert({ cluster, expectedBy, tolerateMs, lastHeartbeatAt }: WatchdogInput, endedAt?: string): Alert {
  const heard = lastHeartbeatAt ? `the last one came at ${lastHeartbeatAt}` : 'none has ever come';
  return {
    fingerprint: `heartbeat-missing-${cluster}`,
    status: endedAt ? 'resolved' : 'firing',
    labels: { alertname: HEARTBEAT_MISSING, cluster, severity: 'critical', raised_by: 'nightshift' },
    annotations: {
      summary: `No heartbeat from ${cluster} for more than ${duration(tolerateMs)}`,
      description: `Nightshift itself noticed it: no Watchdog alert has arrived, so no other alert of this cluster can be relied on to arrive either; ${heard}.`,
    },
    startsAt: expectedBy,
    ...(endedAt && { endsAt: endedAt }),
  };
}
