import type { Lease, LeaseAnswer, LeaseRequest, Outcome } from '../../workflows/contracts';

/** What Nightshift's activities ask of Temporal itself. Implementations throw only failures of `contracts/failures.ts`. */
export interface TemporalGateway {
  /** Starts the lease workflow when there is none, and asks it in the same call. */
  acquireLease(request: LeaseRequest): Promise<LeaseAnswer>;
  releaseLease(lease: Lease): Promise<void>;
  /** Is this still the current lease? A lease that nobody keeps any more is not. */
  confirmLease(lease: Lease): Promise<boolean>;
  /** The last closed incident under this workflow ID within 30 days. `before`: RFC 3339, so that the asking run does not find itself. */
  previousIncident(input: { workflowId: string; before: string }): Promise<{ publicId: string; outcome: Outcome } | null>;
  /**
   * The history of a closed incident as JSON, in the form that `temporal workflow show --output json` prints and
   * `Worker.runReplayHistory` takes. Of an incident that continued as new, `events` are the last run's and `earlierRuns`
   * holds the others, first one first.
   * @throws NotYetConverged while the incident is open
   */
  fetchHistory(input: { workflowId: string; firstRunId: string }): Promise<string>;
}
