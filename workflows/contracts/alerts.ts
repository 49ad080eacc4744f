/**
 * One Alertmanager alert, as in its webhook body (version 4).
 * `startsAt` and `endsAt` are RFC 3339 times; `endsAt` is absent while the alert fires.
 */
export interface Alert {
  fingerprint: string;
  status: 'firing' | 'resolved';
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: string;
  endsAt?: string;
  generatorURL?: string;
}

/** Body of the signal `alertsChanged`: what one webhook said about one failure domain. */
export interface AlertsChanged {
  alerts: Alert[];
  /** When the gateway accepted the webhook, RFC 3339. */
  receivedAt: string;
  /** How many alerts Alertmanager left out of the body (`truncatedAlerts`). */
  truncated?: number;
}
