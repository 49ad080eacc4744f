/** One sample of an instant vector or of a text exposition. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** One series of a range query: pairs of seconds since 1970 and value. */
export interface Series {
  labels: Record<string, string>;
  points: Array<[seconds: number, value: number]>;
}

export interface QueryOptions {
  /** Take what can be had, with warnings for what cannot (Thanos); by default a partial answer is refused. */
  partial?: boolean;
}

export interface Range {
  /** Seconds since 1970. */
  start: number;
  end: number;
  stepSeconds: number;
}

/** What Nightshift asks of a Prometheus query API (Prometheus or Thanos Query). */
export interface QueryGateway {
  /** An instant query. Warnings are returned, never dropped: a partial answer is not an answer. */
  query(promql: string, options?: QueryOptions): Promise<{ samples: Sample[]; warnings: string[] }>;
  /** A range query; at most some hundred steps. */
  queryRange(promql: string, range: Range, options?: QueryOptions): Promise<{ series: Series[]; warnings: string[] }>;
}

/** Reads a program's own `/metrics`, parsed. In production this goes through the API server's pod proxy. */
export interface MetricsGateway {
  scrape(pod: { namespace: string; name: string; port: number }): Promise<Sample[]>;
}

/** One alerting rule as whoever evaluates it sees it. */
export interface AlertingRule {
  group: string;
  name: string;
  /** `ok`, `err`, or `unknown` before the first evaluation. */
  health: string;
  lastError?: string;
  /** RFC 3339. */
  lastEvaluation?: string;
  /** Labels of its alerts that fire. */
  firing: Array<Record<string, string>>;
}

/** What Nightshift asks of whoever evaluates rules: a Thanos Ruler or a Prometheus. */
export interface RulesGateway {
  alertingRules(): Promise<AlertingRule[]>;
}
