import type { JsonObject } from './text';

/** What the audit trail keeps: everything that somebody decided, planned, asked for, refused or changed. */
export const AUDIT_KINDS = [
  'opened',
  'runbookChosen',
  'ledOn',
  'leadRefused',
  'lookedFurther',
  'diagnosed',
  'planned',
  'approvalAsked',
  'policyRefused',
  'deadlinePassed',
  'decided',
  'messageRefused',
  'remedyChosen',
  'takenOver',
  'resumed',
  'leaseTaken',
  'stepExecuted',
  'executionFailed',
  'verified',
  'notVerified',
  'stabilityConfirmed',
  'recoveryRevoked',
  'merged',
  'unmerged',
  'outcome',
  'permanentFixStarted',
] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

/** One line of `audit.jsonl`, as canonical JSON (RFC 8785). */
export interface AuditEntry {
  /** Counts from 0 without a gap. */
  n: number;
  /** SHA-256 (hex) of the entry before, as it stands in its line; zeros before the first. */
  previous: string;
  /** `sealed` is the last entry of a record. */
  kind: AuditKind | 'sealed';
  at: string;
  actor: string;
  body: JsonObject;
}

/** The trail of an incident that is under way. */
export interface AuditTrail {
  entries: AuditEntry[];
  /** Refused messages beyond the first hundreds: whoever can reach Temporal can send any number of them. */
  leftOut: number;
}

/** The end of a trail: as many entries, the last of which has this hash. Kept outside the record. */
export interface AuditHead {
  entries: number;
  /** SHA-256, hex. */
  head: string;
}
