export interface ActiveAlert {
  fingerprint: string;
  labels: Record<string, string>;
  startsAt: string;
  state: 'active' | 'suppressed' | 'unprocessed';
}

/** What Nightshift asks of Alertmanager's API (v2). */
export interface AlertmanagerGateway {
  /** `filter`: label matchers in Alertmanager's own form, `alertname="X"`. */
  activeAlerts(filter: string[]): Promise<ActiveAlert[]>;
}
