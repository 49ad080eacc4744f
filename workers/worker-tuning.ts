import type { WorkerOptions } from '@temporalio/worker';
import { heartbeats } from './heartbeats';
import { activityMetrics } from './metrics';

/** Temporal's own defaults, except where a reason stands beside; the benchmarks measure with the same. */
export const WORKER_TUNING = {
  // A probe or a mutation in flight may end; it would be retried otherwise, which is safe and slow.
  shutdownGraceTime: '10 seconds',
  // A hung call must not keep the process; its activity is retried elsewhere.
  shutdownForceTime: '15 seconds',
  // All probes of a runbook in one workflow task, without a round trip each: measured 145 → 76 ms for ten.
  maxEagerActivityReservationsPerWorkflowTask: 32,
  // A workflow task has five seconds, and all are done by one thread: 40 at once (the default), each the replay of a long
  // incident after a kill, were all late on a busy machine, were done again, and were late again. What is not taken waits.
  maxConcurrentWorkflowTaskExecutions: 8,
  // Tasks and queries for a worker that was killed wait this long for it before another one gets them (default: 10 s).
  // Too short for a busy worker costs one replay of some hundred events.
  stickyQueueScheduleToStartTimeout: '2 seconds',
  interceptors: { activity: [heartbeats, activityMetrics] },
} as const satisfies Partial<WorkerOptions>;
