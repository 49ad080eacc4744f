import type { Locale } from './text';
import type { PolicyTable } from './policy';
import type { VerificationKey } from './decisions';

/** All in milliseconds, already multiplied by the time factor. */
export interface Durations {
  /** Targets of the two clocks; a breach pages and is recorded, it fails nothing. */
  rootCauseTarget: number;
  recoveryTarget: number;
  probeTimeout: number;
  /** A worker that takes no task of its queue for so long is absent. Not in incidents that are older than it. */
  workerBackWithin?: number;
  remindEvery: number;
  /** After this long without anybody acting, pages go to one more level of receivers. */
  escalateEvery: number;
  /** After this the incident is handed over. */
  approvalDeadline: number;
  /** How long conditions may take to hold after the last mutation. */
  verifyDeadline: number;
  verifyEvery: number;
  stabilityWindow: number;
  /** How long the close waits for the alert to resolve after the stability window. */
  resolutionDeadline: number;
  /** How long to wait for another incident's lease on the failure domain. */
  leaseWait: number;
}

/**
 * What the worker's configuration said when the incident began; lives in history. The mutating activity
 * does not trust it: it reads its own configuration again.
 */
export interface IncidentSettings {
  temporalNamespace: string;
  policy: PolicyTable;
  /** Unsigned messages, as the stock `temporal` CLI sends them, are accepted (practice cluster and lab only). */
  acceptUnsigned: boolean;
  keys: VerificationKey[];
  durations: Durations;
  locale: Locale;
  queues: { probe: string; mutate: string };
  /** Base of links in pages: `http://127.0.0.1:8088`. */
  publicUrl: string;
  /** Cluster facts that the workflow shows: is this the practice cluster? */
  practice: boolean;
  /** A Git repository says how the cluster should be: permanent fixes go there. */
  git?: true;
  /** A Prometheus or Thanos Query has the pipeline's own metrics: the record keeps their course. */
  metrics?: true;
}
