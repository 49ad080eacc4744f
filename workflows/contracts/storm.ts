import type { FailureDomain, Outcome } from './vocabulary';

/** An open incident, as it makes itself known to the others of its cluster. */
export interface StormEntry {
  workflowId: string;
  publicId: string;
  failureDomain: FailureDomain;
  /** Names of its alerts: what is about a whole node or the API server goes before every failure domain. */
  alertnames: string[];
  /** For how long it may lead, in milliseconds: as long as a decision and the end of its alerts may take; absent in incidents of before. */
  leadsForMs?: number;
}

/** The incident that is treated for all. */
export type Leader = Pick<StormEntry, 'workflowId' | 'publicId' | 'failureDomain'>;

/** What the storm tells an incident. */
export type StormNews =
  /** It is merged into this one. */
  | { kind: 'follow'; leader: Leader }
  /** The one that it follows is over. */
  | { kind: 'ended'; leader: string; outcome: Outcome }
  /** It leads these (public IDs). */
  | { kind: 'lead'; followers: string[] };

/** What a run of the storm guard hands to the next one. */
export interface StormState {
  members: Array<StormEntry & { joinedAt: number }>;
  /** Follower and whom it follows, by workflow ID. */
  following: Array<[string, string]>;
  /** `since`: when it was last elected, epoch milliseconds. */
  leader?: { workflowId: string; since: number };
}

export interface StormStatus {
  open: StormEntry[];
  leader?: Leader;
}
