export interface ActiveAlert {
  fingerprint: string;
  labels: Record<string, string>;
  startsAt: string;
  state: 'active' | 'suppressed' | 'unprocessed';
  /** Names of Alertmanager's receivers that it is routed to. */
  receivers: string[];
  /** IDs of the silences that hold it back. */
  silencedBy: string[];
}

/** What Nightshift asks of Alertmanager's API (v2). */
export interface AlertmanagerGateway {
  /** `filter`: label matchers in Alertmanager's own form, `alertname="X"`. */
  activeAlerts(filter: string[]): Promise<ActiveAlert[]>;
}
