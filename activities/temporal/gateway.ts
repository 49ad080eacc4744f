import type { Alert, FailureDomain, IncidentStatus, Lease, LeaseAnswer, LeaseRequest, Outcome, RunEnd, SpendAnswer, SpendRequest, StormEntry } from '../../workflows/contracts';

/** What Nightshift's activities ask of Temporal itself. Implementations throw only failures of `contracts/failures.ts`. */
export interface TemporalGateway {
  /** Starts the lease workflow when there is none, and asks it in the same call. */
  acquireLease(request: LeaseRequest): Promise<LeaseAnswer>;
  releaseLease(lease: Lease): Promise<void>;
  /** Is this still the current lease? A lease that nobody keeps any more is not. */
  confirmLease(lease: Lease): Promise<boolean>;
  /** Starts the cluster's budget workflow when there is none, and asks it in the same call. */
  spendBudget(request: SpendRequest): Promise<SpendAnswer>;
  /** Opens the incident where none is open. Delivering again changes nothing. */
  deliverAlerts(input: { cluster: string; failureDomain: FailureDomain; alerts: Alert[] }): Promise<void>;
  /** Starts the cluster's storm guard when there is none, and tells it in the same call. */
  joinStorm(input: { cluster: string; entry: StormEntry }): Promise<void>;
  leaveStorm(input: { cluster: string; workflowId: string; outcome: Outcome }): Promise<void>;
  /** The last closed incident under this workflow ID within 30 days. `before`: RFC 3339, so that the asking run does not find itself. */
  previousIncident(input: { workflowId: string; before: string }): Promise<{ publicId: string; outcome: Outcome } | null>;
  /**
   * The history of a closed incident as JSON, in the form that `temporal workflow show --output json` prints and
   * `Worker.runReplayHistory` takes. Of an incident that continued as new, `events` are the last run's and `earlierRuns`
   * holds the others, first one first.
   * @throws NotYetConverged while the incident is open
   */
  fetchHistory(input: { workflowId: string; firstRunId: string }): Promise<string>;
  /** Incidents whose last run has closed, since an instant (RFC 3339) or ever; whichever way it ended. */
  closedIncidents(input: { since?: string }): Promise<ClosedIncident[]>;
  /** The last state of a closed incident, from its history by a worker; undefined where that cannot be replayed. */
  stateOf(incident: { workflowId: string; runId: string }): Promise<IncidentStatus | undefined>;
}

/** A closed incident, as lists know it. */
export interface ClosedIncident {
  publicId: string;
  workflowId: string;
  /** Of the last run. */
  runId: string;
  firstRunId: string;
  closedAt: string;
  ended: 'completed' | RunEnd;
  /** Why it ended so, where the history says. */
  reason: string;
  /** What the list alone says of it, in the form of a state: enough for a record where the history can no longer be replayed. */
  known: IncidentStatus;
}

/** What Nightshift has heard of a cluster. */
export interface HeartbeatGateway {
  /** Undefined where no heartbeats are expected. */
  ofCluster(cluster: string): Promise<{ lastHeartbeatAt?: string; tolerateMs: number; silent: boolean } | undefined>;
}
