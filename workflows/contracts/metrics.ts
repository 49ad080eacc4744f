/** Lines of the post-recovery checklist whose course a record keeps. */
export const COURSE_LINES = ['delivered', 'lag', 'receiversReady', 'serverErrors'] as const;
export type CourseLine = (typeof COURSE_LINES)[number];

export interface PipelineMetricsRequest {
  cluster: string;
  /** When the first alert began to fire, RFC 3339. */
  since: string;
}

/** What the pipeline's own metrics say of the time of an incident; well below 10 KB, because it goes through the history. */
export interface PipelineMetrics {
  kind: 'read';
  source: 'Prometheus' | 'Thanos Query';
  /** Some minutes before the first alert, and when it was read, RFC 3339. */
  from: string;
  to: string;
  stepSeconds: number;
  /** What rates are over. */
  rateSeconds: number;
  /** By line the values at `from`, one step later, and so on; null where there was nothing, empty where there never was. */
  courses: Record<CourseLine, Array<number | null>>;
  /** Between `from` and `to`, by the agent's counters; null where they cannot say. */
  samplesFailed: number | null;
  samplesDropped: number | null;
  mostBehindSeconds: number | null;
  /** Queries that failed, or were answered partially: "lag: Prometheus answered 500 …". */
  problems: string[];
}

/** They could not be read. */
export interface UnreadMetrics {
  kind: 'unread';
  reason: string;
}

export interface PrometheusActivities {
  /** @throws what the queries failed with, where none was answered */
  prometheusPipelineMetrics(request: PipelineMetricsRequest): Promise<PipelineMetrics>;
}
