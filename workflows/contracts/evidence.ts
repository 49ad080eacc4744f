import type { JsonObject } from './text';

export type EvidenceValue = string | number | boolean | null | string[] | number[];

/**
 * The answer of one probe, small enough for a workflow history: named fields for rules, a sentence and
 * a short table for people. Raw logs and series never go in here.
 */
export interface Evidence {
  /** The probe's id in its runbook. */
  probe: string;
  /** The registered probe that was asked, e.g. `kubernetes.pods`. */
  use: string;
  /** `unanswered` is evidence too: the system asked did not answer, and `error` says how. */
  status: 'answered' | 'unanswered';
  /** When it was observed, RFC 3339. */
  at: string;
  fields: Record<string, EvidenceValue>;
  /** One sentence: "2 of 3 receivers are not ready: thanos-receive-1, thanos-receive-2". */
  summary: string;
  /** At most 20 rows. */
  table?: { columns: string[]; rows: string[][] };
  error?: { type: string; message: string };
}

/** What a probe activity is asked. Names in `with` are roles of the cluster's configuration, never free object names. */
export interface ProbeRequest {
  cluster: string;
  publicId: string;
  probe: { id: string; use: string; with: JsonObject };
  /** When the incident began, RFC 3339; probes that look back start here. */
  since: string;
  /** When the last mutation was executed, RFC 3339; absent before the first one. */
  mutatedAt?: string;
  /** How long the probe may take, in milliseconds. */
  timeoutMs: number;
}

/** Three-valued: what a rule says when its evidence is missing is neither yes nor no. */
export type Truth = 'true' | 'false' | 'unknown';

export type Comparison = { probe: string; field: string } & (
  | { is: string | number | boolean | null }
  | { isNot: string | number | boolean | null }
  /** The field is a list that holds this value, or a text that contains it. */
  | { includes: string | number }
  | { excludes: string | number }
  | { above: number }
  | { atLeast: number }
  | { below: number }
  | { atMost: number }
  /** The field is an empty list, an empty text or null. */
  | { isEmpty: boolean }
);

/** The whole rule language. Anything cleverer belongs into a probe, where it has tests. */
export type Condition = { all: Condition[] } | { any: Condition[] } | { not: Condition } | Comparison;
