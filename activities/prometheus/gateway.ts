/** One sample of an instant vector or of a text exposition. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** What Nightshift asks of a Prometheus query API (Prometheus or Thanos Query). */
export interface QueryGateway {
  /** An instant query. Warnings are returned, never dropped: a partial answer is not an answer. */
  query(promql: string): Promise<{ samples: Sample[]; warnings: string[] }>;
}

/** Reads a program's own `/metrics`, parsed. In production this goes through the API server's pod proxy. */
export interface MetricsGateway {
  scrape(pod: { namespace: string; name: string; port: number }): Promise<Sample[]>;
}
