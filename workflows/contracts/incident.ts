import type { AcceptedDecision } from './decisions';
import type { Alert } from './alerts';
import type { Evidence } from './evidence';
import type { Plan, PlanResult, StepResult } from './plan';
import type { PolicyRuling } from './policy';
import type { RankedCause, RunbookSnapshot } from './runbook';
import type { IncidentSettings } from './settings';
import type { Text } from './text';
import type { FailureDomain, Impact, IncidentClass, Outcome, Phase, Risk } from './vocabulary';

/** What starts `incidentWorkflow`. Everything else comes from signals and from the worker's configuration. */
export interface IncidentInput {
  cluster: string;
  failureDomain: FailureDomain;
  /** State of an earlier run of the same incident, after continue-as-new. */
  continued?: ContinuedIncident;
}

export interface ContinuedIncident {
  state: IncidentStatus;
  settings: IncidentSettings;
  snapshot?: RunbookSnapshot;
  messageIds: string[];
}

/** Who, what, when, where, why, how: the handbook's first step. Each field is a sentence, or says that it is not known. */
export interface FiveW1H {
  who: string;
  what: string;
  when: string;
  where: string;
  why: string;
  how: string;
}

export interface Clock {
  dueAt: string;
  metAt?: string;
  breachedAt?: string;
}

export interface TimelineEntry {
  at: string;
  phase: Phase;
  /** The event's type, for machines. */
  event: IncidentEvent['type'];
  actor: string;
  text: Text;
}

export interface TrackedAlert extends Alert {
  firstSeenAt: string;
}

/** One mutation that was executed, or found to be done already. */
export interface MutationRecord extends StepResult {
  planId: string;
  planHash: string;
  undo: boolean;
}

export interface VerificationStatus {
  startedAt: string;
  /** When all conditions first held: `recovered at`. */
  heldAt?: string;
  confirmedAt?: string;
  revokedAt?: string;
  conditions: ConditionStatus[];
}

export interface ConditionStatus {
  id: string;
  title: Text;
  holds: boolean;
  /** What was seen: "delivered 99.8 % over 60 s". */
  seen: string;
  notApplicable?: boolean;
}

export interface Note {
  at: string;
  actor: string;
  text: string;
}

/** A message that was not acted upon, and why; so that a forged or late decision leaves a trace. */
export interface RefusedMessage {
  at: string;
  message: string;
  actor: string;
  reason: string;
}

export interface Waiting {
  for: 'approval' | 'lease' | 'verification' | 'stability' | 'resolution' | 'person' | 'record';
  since: string;
  until?: string;
  text: Text;
}

/**
 * The whole state of an incident, made only by `reduce(state, event)`; the answer of the query
 * `incidentStatus`. Plain JSON; all times RFC 3339.
 */
export interface IncidentStatus {
  publicId: string;
  workflowId: string;
  firstRunId: string;
  cluster: string;
  failureDomain: FailureDomain;
  incidentClass: IncidentClass;
  title: Text;
  severity: string;
  impact?: Impact;
  phase: Phase;
  outcome?: Outcome;
  practice: boolean;
  /** When the first alert began to fire, as Alertmanager says. */
  beganAt: string;
  /** When the workflow accepted the first alert. */
  openedAt: string;
  closedAt?: string;
  alerts: TrackedAlert[];
  fiveW1H?: FiveW1H;
  runbook?: { id: IncidentClass; revision: number; digest: string; chosenBecause: string };
  evidence: Evidence[];
  causes: RankedCause[];
  /** The confirmed cause's id, or `unknown` when diagnosis ended without one. */
  rootCause?: string;
  plans: PlanResult[];
  /** The plan that waits, runs or ran last. */
  plan?: Plan;
  decisions: AcceptedDecision[];
  mutations: MutationRecord[];
  verification?: VerificationStatus;
  recoveredAt?: string;
  clocks: { rootCause: Clock; recovery: Clock };
  waiting?: Waiting;
  /** Who has taken the incident over; nothing is executed while somebody has. */
  owner?: string;
  notes: Note[];
  refusedMessages: RefusedMessage[];
  previous?: { publicId: string; outcome: Outcome };
  permanentFix?: { workflowId: string; fixes: Array<{ id: string; title: Text }> };
  timeline: TimelineEntry[];
}

/** Everything that can happen to an incident. `at` is workflow time. */
export type IncidentEvent = { at: string; actor?: string } & (
  | { type: 'opened'; publicId: string; workflowId: string; firstRunId: string; cluster: string; failureDomain: FailureDomain }
  | { type: 'configured'; rootCauseDueAt: string; recoveryDueAt: string; practice: boolean }
  | { type: 'alertsChanged'; alerts: Alert[] }
  | { type: 'phaseEntered'; phase: Phase }
  | { type: 'runbookChosen'; id: IncidentClass; revision: number; digest: string; chosenBecause: string; title: Text }
  | { type: 'triaged'; fiveW1H: FiveW1H }
  | { type: 'evidenceGathered'; evidence: Evidence[] }
  | { type: 'diagnosed'; causes: RankedCause[]; rootCause: string }
  | { type: 'planned'; result: PlanResult }
  | { type: 'approvalAsked'; planId: string; until: string; approvers: number; risk: Risk; ruling?: PolicyRuling }
  | { type: 'policyRefused'; planId: string; ruling: PolicyRuling }
  | { type: 'deadlinePassed'; planId: string; then: 'automatic' | 'handed-over' }
  | { type: 'reminded'; count: number }
  | { type: 'decided'; decision: AcceptedDecision; standing: 'approved' | 'rejected' | 'waiting' }
  | { type: 'messageRefused'; message: string; reason: string }
  | { type: 'noted'; text: string }
  | { type: 'remedyChosen'; remedy: string; reason?: string }
  | { type: 'takenOver'; reason?: string }
  | { type: 'resumed'; reason?: string }
  | { type: 'leaseTaken'; token: number }
  | { type: 'leaseReleased' }
  | { type: 'stepExecuted'; planId: string; planHash: string; result: StepResult; undo: boolean }
  | { type: 'executionFailed'; planId: string; reason: string }
  | { type: 'waitingFor'; waiting: Waiting | undefined }
  | { type: 'verificationStarted' }
  | { type: 'verified'; conditions: ConditionStatus[] }
  | { type: 'notVerified'; conditions: ConditionStatus[]; reason: string }
  | { type: 'stabilityConfirmed'; conditions: ConditionStatus[] }
  | { type: 'recoveryRevoked'; reason: string }
  | { type: 'previousFound'; publicId: string; outcome: Outcome }
  | { type: 'clockBreached'; clock: 'rootCause' | 'recovery' }
  | { type: 'paged'; kind: string; delivered: boolean; detail: string }
  | { type: 'outcome'; outcome: Outcome; reason: Text }
  | { type: 'permanentFixStarted'; workflowId: string; fixes: Array<{ id: string; title: Text }> }
  | { type: 'recordWritten'; location: string }
  | { type: 'closed' }
);

/** What incident lists show; kept in the workflow's memo, so that a list needs no query. */
export interface IncidentMemo {
  publicId: string;
  title: Text;
  severity: string;
  needsYou: boolean;
  rootCause?: string;
  owner?: string;
  beganAt: string;
  recoveredAt?: string;
}
