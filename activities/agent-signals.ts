/**
 * What an agent's own `/metrics` say about its remote write. Read from the agent itself: during an outage these series
 * never reach Thanos (domain F2). Failed, retried and lag are separate signals (F5).
 */
import type { Sample } from './prometheus/gateway';

/** One look at one agent. Counters are summed over its remote-write queues. */
export interface RemoteWriteReading {
  atMs: number;
  /** `process_start_time_seconds`; another value later means that the agent was restarted and its counters began anew. */
  startedAt: number | undefined;
  /** How many remote-write queues there are; 0 when no remote write is configured. */
  queues: number;
  /** Samples that were tried to be sent (each attempt counts). */
  attempted: number;
  /** Rejected for good (4xx): dropped by the sender. */
  failed: number;
  /** Given back by the network or with 5xx, and sent again. */
  retried: number;
  pending: number;
  /** Seconds since 1970 of the newest sample sent, of the queue that is furthest behind; undefined when a queue never sent any. */
  highestSent: number | undefined;
  shardsDesired: number;
  shardsMax: number;
  /** Samples scraped into the write-ahead log. */
  appended: number | undefined;
}

const PREFIX = 'prometheus_remote_storage_';

export function readRemoteWrite(samples: readonly Sample[], atMs: number): RemoteWriteReading {
  const values = (name: string) => samples.filter((sample) => sample.name === name).map((sample) => sample.value);
  const sum = (name: string) => values(name).reduce((total, value) => total + value, 0);
  const sent = values(`${PREFIX}queue_highest_sent_timestamp_seconds`);
  const appended = values('prometheus_agent_samples_appended_total');
  return {
    atMs,
    startedAt: values('process_start_time_seconds')[0],
    queues: values(`${PREFIX}samples_total`).length,
    attempted: sum(`${PREFIX}samples_total`),
    failed: sum(`${PREFIX}samples_failed_total`),
    retried: sum(`${PREFIX}samples_retried_total`),
    pending: sum(`${PREFIX}samples_pending`),
    highestSent: sent.length > 0 && sent.every((value) => value > 0) ? Math.min(...sent) : undefined,
    shardsDesired: Math.max(0, ...values(`${PREFIX}shards_desired`)),
    shardsMax: Math.max(0, ...values(`${PREFIX}shards_max`)),
    appended: appended.length > 0 ? appended.reduce((total, value) => total + value, 0) : undefined,
  };
}

/** What happened between two looks at the same agent. Ratios are null where nothing was tried to be sent. */
export interface RemoteWriteSignals {
  windowSeconds: number;
  lagSeconds: number | null;
  failedRatio: number | null;
  retriedRatio: number | null;
  /** 1 − failed − retried: what arrived at the first attempt, of what was tried (domain section 6). */
  deliveredRatio: number | null;
  attemptedPerSecond: number;
  /** Rate at which samples are scraped, and so pile up while nothing is delivered; null when it cannot be read. */
  appendedPerSecond: number | null;
  pending: number;
  shardsDesired: number;
  shardsMax: number;
  queues: number;
  /** The agent was restarted in between: rates are not known. */
  restarted: boolean;
}

export function compareReadings(before: RemoteWriteReading, after: RemoteWriteReading): RemoteWriteSignals {
  const windowSeconds = (after.atMs - before.atMs) / 1000;
  const restarted = before.startedAt !== after.startedAt || after.attempted < before.attempted;
  const attempted = after.attempted - before.attempted;
  const ratio = (part: number) => (restarted || attempted <= 0 ? null : Math.min(1, Math.max(0, part / attempted)));
  const failed = after.failed - before.failed;
  const retried = after.retried - before.retried;
  const appended = before.appended === undefined || after.appended === undefined || restarted ? null : after.appended - before.appended;
  const delivered = ratio(failed + retried);
  return {
    windowSeconds,
    lagSeconds: lagOf(after),
    failedRatio: ratio(failed),
    retriedRatio: ratio(retried),
    deliveredRatio: delivered === null ? null : 1 - delivered,
    attemptedPerSecond: restarted || windowSeconds <= 0 ? 0 : attempted / windowSeconds,
    appendedPerSecond: appended === null || windowSeconds <= 0 ? null : appended / windowSeconds,
    pending: after.pending,
    shardsDesired: after.shardsDesired,
    shardsMax: after.shardsMax,
    queues: after.queues,
    restarted,
  };
}

/**
 * How far remote write is behind, in seconds: now − newest sample sent (domain F6: nothing else is honest when a queue is
 * full). A queue that never sent anything is behind since the agent started. Null where neither can be read, or no
 * remote write is configured.
 */
export function lagOf(reading: RemoteWriteReading): number | null {
  if (reading.queues === 0) return null;
  const reference = reading.highestSent ?? reading.startedAt;
  return reference === undefined ? null : Math.max(0, reading.atMs / 1000 - reference);
}

/** The state of several agents as one: counters add up, the worst lag counts. Answers undefined for none. */
export function worstOf(signals: readonly RemoteWriteSignals[]): RemoteWriteSignals | undefined {
  const [first, ...others] = signals;
  if (!first) return undefined;
  return others.reduce<RemoteWriteSignals>((worst, next) => ({
    windowSeconds: Math.min(worst.windowSeconds, next.windowSeconds),
    lagSeconds: worst.lagSeconds === null || next.lagSeconds === null ? null : Math.max(worst.lagSeconds, next.lagSeconds),
    failedRatio: larger(worst.failedRatio, next.failedRatio),
    retriedRatio: larger(worst.retriedRatio, next.retriedRatio),
    deliveredRatio: worst.deliveredRatio === null || next.deliveredRatio === null ? null : Math.min(worst.deliveredRatio, next.deliveredRatio),
    attemptedPerSecond: worst.attemptedPerSecond + next.attemptedPerSecond,
    appendedPerSecond: worst.appendedPerSecond === null || next.appendedPerSecond === null ? null : worst.appendedPerSecond + next.appendedPerSecond,
    pending: worst.pending + next.pending,
    shardsDesired: Math.max(worst.shardsDesired, next.shardsDesired),
    shardsMax: Math.max(worst.shardsMax, next.shardsMax),
    queues: Math.min(worst.queues, next.queues),
    restarted: worst.restarted || next.restarted,
  }), first);
}

function larger(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}
