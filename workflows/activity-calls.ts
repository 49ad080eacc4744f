/** How each kind of activity is called: every limit beside its reason. */
import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type {
  ConfigurationActivities,
  GitActivities,
  IncidentSettings,
  KubernetesActivities,
  NotifyActivities,
  ProbeActivities,
  PrometheusActivities,
  RecordActivities,
  RecordKeepingActivities,
  RecurrenceActivities,
  TemporalActivities,
  VerificationActivities,
} from './contracts';

/**
 * A worker that is killed says nothing: without heartbeats Temporal waits for the whole time-out of what it held. The
 * worker beats once a second (workers/heartbeats.ts); an idle machine misses none, a busy one not five.
 */
const HEARTBEAT = '5 seconds';

/** Reads of the worker's own files: local, because a round trip to the server would cost more than the read. */
export const configuration = proxyLocalActivities<ConfigurationActivities>({
  startToCloseTimeout: '5 seconds',
  scheduleToCloseTimeout: '20 seconds',
});

/** Pages are worth many tries, but an incident does not wait for a pager that is gone. */
export const notify = proxyActivities<NotifyActivities>({
  startToCloseTimeout: '15 seconds',
  scheduleToCloseTimeout: '10 minutes',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** The record has to be written, however long the store is away: a day covers an outage that people notice. */
export const records = proxyActivities<RecordActivities>({
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '24 hours',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** What happened before is worth a short look, and nobody waits longer for it than a diagnosis takes. */
export const recurrence = proxyActivities<RecurrenceActivities>({
  startToCloseTimeout: '10 seconds',
  scheduleToCloseTimeout: '15 seconds',
  retry: { initialInterval: '500 milliseconds', maximumAttempts: 2 },
});

/** Goes through what has closed; the next one by the clock does what this one could not, so a few tries are enough. */
export const recordKeeping = proxyActivities<RecordKeepingActivities>({
  startToCloseTimeout: '30 minutes',
  scheduleToCloseTimeout: '50 minutes',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '5 minutes' },
});

/** Questions to Temporal itself: it is there, or nothing is. */
export const temporal = proxyActivities<TemporalActivities>({
  startToCloseTimeout: '15 seconds',
  scheduleToCloseTimeout: '5 minutes',
  heartbeatTimeout: HEARTBEAT,
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
});

/** Of incidents whose settings do not say it yet; the reason is beside the setting (activities/configuration/durations.ts). */
const WORKER_BACK_WITHIN = 30_000;
const backWithin = ({ durations: { workerBackWithin } }: IncidentSettings) => workerBackWithin ?? WORKER_BACK_WITHIN;

/** A probe gives up by itself, and says who was silent; were Temporal the first to give up, it could only say that time is over. */
const PROBE_LAST_WORD = 2_000;

/**
 * Probes: one retry within their time-out, because a person is waiting. A probe whose worker is away fails by
 * schedule-to-start, which is evidence too.
 */
export function probes(settings: IncidentSettings, use: string): ProbeActivities {
  const timeout = settings.durations.probeTimeout + PROBE_LAST_WORD;
  return proxyActivities<ProbeActivities>({
    taskQueue: settings.queues.probe,
    startToCloseTimeout: timeout,
    scheduleToStartTimeout: backWithin(settings),
    scheduleToCloseTimeout: backWithin(settings) + 2 * timeout,
    heartbeatTimeout: HEARTBEAT,
    retry: { initialInterval: '500 milliseconds', maximumAttempts: 2 },
    summary: use,
  });
}

/** The course of an incident is worth a short look: a record that has to do without it says so. */
export function metrics(settings: IncidentSettings): PrometheusActivities {
  return proxyActivities<PrometheusActivities>({
    taskQueue: settings.queues.probe,
    startToCloseTimeout: '8 seconds',
    scheduleToStartTimeout: Math.min(backWithin(settings), 10_000),
    scheduleToCloseTimeout: '15 seconds',
    heartbeatTimeout: HEARTBEAT,
    retry: { initialInterval: '500 milliseconds', maximumAttempts: 2 },
    summary: 'what the metrics say of this time',
  });
}

/** Planning reads, and asks the server for dry runs, so it needs the rights of the worker that mutates. */
export function planning(settings: IncidentSettings, summary: string): Pick<KubernetesActivities, 'kubernetesPlanRemedy'> {
  return proxyActivities<KubernetesActivities>({
    taskQueue: settings.queues.mutate,
    startToCloseTimeout: '30 seconds',
    // Longer than for a probe: what is known already would be lost for a worker that is back a moment later.
    scheduleToStartTimeout: 2 * backWithin(settings),
    scheduleToCloseTimeout: '3 minutes',
    heartbeatTimeout: HEARTBEAT,
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '15 seconds' },
    summary,
  });
}

/** An API server that restarts, or a node that brings a changed file, is back within this. */
const PATIENCE = 5 * 60_000;
/** Whatever a plan says: what has not come by then does not come by itself. */
const MOST_PATIENCE = 30 * 60_000;

/** How long a step may take, its retries included, in milliseconds. */
export function mostStepTime(patienceMs = PATIENCE): number {
  return Math.min(Math.max(patienceMs, PATIENCE), MOST_PATIENCE);
}

/**
 * Mutations: level-based, so that retries are harmless. A conflict means that the world is no longer as planned; asking
 * again cannot help, planning again can.
 */
export function mutations(settings: IncidentSettings, summary: string, patienceMs?: number): Pick<KubernetesActivities, 'kubernetesExecuteStep' | 'kubernetesUndoStep'> {
  return proxyActivities<KubernetesActivities>({
    taskQueue: settings.queues.mutate,
    // Short, because there is no heartbeat: it would bring a cancellation into the middle of a write.
    startToCloseTimeout: '20 seconds',
    scheduleToCloseTimeout: mostStepTime(patienceMs),
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 seconds', nonRetryableErrorTypes: ['Conflict'] },
    // Whether a step that is called off was carried out after all has to be known.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    summary,
  });
}

/** Nobody waits for a permanent fix: a Git server may be away for a day. */
export function git(queue: string, summary: string): Pick<GitActivities, 'gitPublishFix'> {
  return proxyActivities<GitActivities>({
    taskQueue: queue,
    // The first clone of a large repository.
    startToCloseTimeout: '5 minutes',
    scheduleToCloseTimeout: '24 hours',
    heartbeatTimeout: HEARTBEAT,
    retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '10 minutes' },
    summary,
  });
}

/**
 * Looks again inside one retried activity, for days: what a workflow asks itself costs events each time.
 * @param untilMs when somebody is reminded in any case
 */
export function gitNews(queue: string, untilMs: number, summary: string): Pick<GitActivities, 'gitAwaitFix'> {
  return proxyActivities<GitActivities>({
    taskQueue: queue,
    startToCloseTimeout: '2 minutes',
    scheduleToCloseTimeout: untilMs,
    heartbeatTimeout: HEARTBEAT,
    retry: { initialInterval: '1 minute', backoffCoefficient: 2, maximumInterval: '30 minutes' },
    summary,
  });
}

/**
 * Polls inside one retried activity: measured, polling from the workflow costs a thousand events. A single look may take
 * as long as its windowed probe observes.
 * @param deadlineMs how long conditions may take to hold
 */
export function verification(settings: IncidentSettings, deadlineMs: number, summary: string): VerificationActivities {
  return proxyActivities<VerificationActivities>({
    taskQueue: settings.queues.probe,
    startToCloseTimeout: '5 minutes',
    scheduleToCloseTimeout: deadlineMs,
    heartbeatTimeout: HEARTBEAT,
    retry: { initialInterval: settings.durations.verifyEvery, backoffCoefficient: 1 },
    summary,
  });
}
