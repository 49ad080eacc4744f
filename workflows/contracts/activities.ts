/**
 * Every activity, as workflows see it. Names are wire names: system first, never renamed. Each activity throws
 * only failures of `contracts/failures.ts`.
 */
import type { Alert } from './alerts';
import type { AcceptedDecision } from './decisions';
import type { Evidence, ProbeRequest } from './evidence';
import type { ConditionStatus } from './incident';
import type { Lease, LeaseAnswer, LeaseRequest } from './lease';
import type { Notification, NotificationResult } from './notifications';
import type { Plan, PlanRequest, PlanResult, StepResult } from './plan';
import type { ReportInput, SweepResult, WrittenReport } from './record-keeping';
import type { IncidentRecord, PermanentFixStatus, WrittenRecord } from './record';
import type { ProbeSpec, RunbookSnapshot, VerifySpec } from './runbook';
import type { IncidentSettings } from './settings';
import type { FailureDomain, IncidentClass, Outcome } from './vocabulary';
import type { StormEntry } from './storm';
import type { WatchdogOrders } from './watchdog';

export interface RunbookRequest {
  cluster: string;
  failureDomain: FailureDomain;
  /** Labels of the firing alerts, oldest first. */
  alerts: Array<Record<string, string>>;
  /** Asks for the runbook of one class instead of matching; the triage tree does. */
  incidentClass?: IncidentClass;
}

/** Local activities: sub-second reads of the worker's own files. */
export interface ConfigurationActivities {
  /** @throws InvalidInput when the cluster is not configured: the message names the clusters that are. */
  configurationSnapshot(input: { cluster: string; incidentClass?: IncidentClass }): Promise<IncidentSettings>;
  /** Whether the cluster's silence counts now; one that is not configured is not expected. */
  configurationWatchdog(input: { cluster: string }): Promise<WatchdogOrders>;
  /** `null` when no runbook claims the alerts. */
  runbooksSelect(input: RunbookRequest): Promise<RunbookSnapshot | null>;
}

/** One activity per registered probe, named by `probeActivityName(use)`. A probe that cannot get an answer throws; the workflow makes evidence of it. */
export type ProbeActivities = Record<string, (request: ProbeRequest) => Promise<Evidence>>;

export interface VerifyRequest {
  cluster: string;
  publicId: string;
  probes: ProbeSpec[];
  conditions: VerifySpec[];
  since: string;
  mutatedAt?: string;
  probeTimeoutMs: number;
  /** How soon to look again, in milliseconds. */
  everyMs: number;
  /** Look a single time: what does not hold is VerificationFailed, and nobody looks again. */
  once?: boolean;
}

export interface VerificationActivities {
  /** Answers when every condition holds. @throws NotYetConverged with the conditions' states as details[0] (`ConditionStatus[]`) otherwise, VerificationFailed with the same when asked to look once. */
  verificationCheck(request: VerifyRequest): Promise<ConditionStatus[]>;
}

/** What an executing worker must be shown; it trusts none of it before it has verified it. */
export interface ExecuteRequest {
  cluster: string;
  publicId: string;
  incidentClass: IncidentClass;
  severity: string;
  workflowId: string;
  firstRunId: string;
  plan: Plan;
  targets: string[];
  stepId: string;
  decisions: AcceptedDecision[];
  /** Of the step's own object. */
  lease: Lease;
  /** The lease was chosen as the plan's `domains` say; absent in incidents that began when the first object's name said it. */
  leaseBy?: 'role';
  /** Of an undo that removes what the plan made: its UID; absent where the step that made it did not say so. */
  createdUid?: string;
}

export interface KubernetesActivities {
  kubernetesPlanRemedy(request: PlanRequest): Promise<PlanResult>;
  /** @throws NotAuthorized, GateRefused, TargetNotFound, Conflict (the object is no longer as planned; planned again by the workflow). */
  kubernetesExecuteStep(request: ExecuteRequest): Promise<StepResult>;
  /** The same for a step of `plan.inverse`; covered by the decision for the plan. */
  kubernetesUndoStep(request: ExecuteRequest): Promise<StepResult>;
}

export interface TemporalActivities {
  temporalAcquireLease(request: LeaseRequest): Promise<LeaseAnswer>;
  temporalReleaseLease(lease: Lease): Promise<void>;
  /** Hands alerts to the incident of a failure domain, which it opens where none is: the way that the webhook takes, too. */
  temporalDeliverAlerts(input: { cluster: string; failureDomain: FailureDomain; alerts: Alert[] }): Promise<void>;
  /** Tells the cluster's storm guard that an incident has opened; starts it where there is none. */
  temporalJoinStorm(input: { cluster: string; entry: StormEntry }): Promise<void>;
  /** Tells it that an incident is over; where there is none, nobody has to know. */
  temporalLeaveStorm(input: { cluster: string; workflowId: string; outcome: Outcome }): Promise<void>;
  /** The last closed incident under this workflow ID within 30 days, if any. */
  temporalPreviousIncident(input: { workflowId: string; before: string }): Promise<{ publicId: string; outcome: Outcome } | null>;
}

export interface NotifyActivities {
  notifyPage(notification: Notification): Promise<NotificationResult>;
}

export interface RecordActivities {
  recordsWrite(record: IncidentRecord): Promise<WrittenRecord>;
  /** Writes the complete history once the incident's run has closed. @throws NotYetConverged while it is open. */
  recordsCompleteHistory(input: { publicId: string; workflowId: string; firstRunId: string }): Promise<WrittenRecord>;
  /** Keeps what became of the proposed fixes beside the record. */
  recordsWriteFixes(status: PermanentFixStatus): Promise<WrittenRecord>;
}

export interface RecordKeepingActivities {
  /** Completes the records of closed incidents. */
  recordsSweep(): Promise<SweepResult>;
  /** Writes the report of a month beside the records: of the month before this one where none is named. */
  recordsReport(input: ReportInput): Promise<WrittenReport>;
}

