import type { Lease, LeaseAnswer, LeaseRequest, Outcome } from '../../workflows/contracts';

/** One run of a workflow, as it can be replayed. */
export interface RunHistory {
  runId: string;
  /** False while the run still goes on: its history will grow. */
  closed: boolean;
  /** Temporal's own JSON form of the history, pretty-printed; `Worker.runReplayHistory` takes it back. */
  json: string;
}

/** What Nightshift's activities ask of Temporal itself. Implementations throw only failures of `contracts/failures.ts`. */
export interface TemporalGateway {
  /** Starts the lease workflow when there is none, and asks it in the same call. */
  acquireLease(request: LeaseRequest): Promise<LeaseAnswer>;
  releaseLease(lease: Lease): Promise<void>;
  /** Is this still the current lease? A lease that nobody keeps any more is not. */
  confirmLease(lease: Lease): Promise<boolean>;
  /** The last closed incident under this workflow ID within 30 days. `before`: RFC 3339, so that the asking run does not find itself. */
  previousIncident(input: { workflowId: string; before: string }): Promise<{ publicId: string; outcome: Outcome } | null>;
  /** Every run of an incident, from the first through all its continuations. */
  fetchHistory(input: { workflowId: string; firstRunId: string }): Promise<RunHistory[]>;
}
