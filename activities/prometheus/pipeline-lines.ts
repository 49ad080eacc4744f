/** What is asked of the pipeline's own metrics, and of whom. */
import type { ClusterAccess } from '../cluster-access';
import type { QueryGateway } from './gateway';

/**
 * Domain section 6, as it stands there. `CLUSTER` becomes a matcher that fits the cluster's own series, with its label or without:
 * a Prometheus beside the pipeline does not label what it keeps. `RANGE` is what rates are over.
 */
const LINES = {
  delivered: '1 - (sum(rate(prometheus_remote_storage_samples_failed_total{CLUSTER}[RANGE])) + sum(rate(prometheus_remote_storage_samples_retried_total{CLUSTER}[RANGE]))) / sum(rate(prometheus_remote_storage_samples_total{CLUSTER}[RANGE]))',
  lag: 'max(time() - prometheus_remote_storage_queue_highest_sent_timestamp_seconds{CLUSTER})',
  targetsUp: 'count(up{CLUSTER} == 1) / count(up{CLUSTER})',
  receiversReady: 'count(thanos_status{component="receive",check="ready",CLUSTER} == 1)',
  serverErrors: '(sum(rate(http_requests_total{job=~".*thanos-receive.*",handler="receive",code=~"5..",CLUSTER}[RANGE])) or vector(0)) / sum(rate(http_requests_total{job=~".*thanos-receive.*",handler="receive",CLUSTER}[RANGE]))',
  uploadFailures: 'sum(rate(thanos_shipper_dir_sync_failures_total{CLUSTER}[RANGE]))',
  compactorHalted: 'max(thanos_compact_halted{CLUSTER})',
} as const;
export type Line = keyof typeof LINES;
export const LINE_NAMES = Object.keys(LINES) as [Line, ...Line[]];

const RANGE_SECONDS = 300;
/** A rate needs several scrapes, however fast the clocks run. */
const SHORTEST_RANGE_SECONDS = 15;

/** Five minutes, times the time factor. */
export function rangeSecondsOf({ config }: Pick<ClusterAccess, 'config'>): number {
  return Math.max(SHORTEST_RANGE_SECONDS, Math.round(RANGE_SECONDS * config.timeFactor));
}

/** @param rangeSeconds what rates are over */
export function lineOf(access: Pick<ClusterAccess, 'config'>, line: Line, rangeSeconds = rangeSecondsOf(access)): string {
  return promqlOf(access, LINES[line], rangeSeconds);
}

/** PromQL in which `CLUSTER` and `RANGE` stand for what they are in this cluster. */
export function promqlOf({ config }: Pick<ClusterAccess, 'config'>, template: string, rangeSeconds: number): string {
  return template.replaceAll('CLUSTER', `cluster=~${JSON.stringify(`${escaped(config.name)}|`)}`).replaceAll('RANGE', `${rangeSeconds}s`);
}

/** A cluster's name inside a regular expression of PromQL. */
function escaped(name: string): string {
  return name.replace(/[.+*?()|[\]{}^$\\]/g, '\\$&');
}

export interface LineSource {
  name: 'Prometheus' | 'Thanos Query';
  gateway: QueryGateway;
}

/**
 * Who is asked for a line; undefined where neither is configured. `up` is about what the agent scrapes, and is asked where that
 * arrives; the rest where the pipeline itself is watched.
 */
export function sourceOf({ prometheus, query }: Pick<ClusterAccess, 'prometheus' | 'query'>, line: Line): LineSource | undefined {
  const watcher = prometheus && { name: 'Prometheus' as const, gateway: prometheus };
  const arrived = query && { name: 'Thanos Query' as const, gateway: query };
  return line === 'targetsUp' ? (arrived ?? watcher) : (watcher ?? arrived);
}
