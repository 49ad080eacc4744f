import type { AcceptedDecision } from './decisions';
import type { Alert } from './alerts';
import type { AuditHead, AuditTrail } from './audit';
import type { Evidence } from './evidence';
import type { Plan, PlanResult, StepResult } from './plan';
import type { PolicyRuling } from './policy';
import type { PastIncident } from './recurrence';
import type { PermanentFixSpec, RankedCause, RunbookSnapshot } from './runbook';
import type { IncidentSettings } from './settings';
import type { Leader } from './storm';
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
  /** Names of alerts of other classes for which those classes have been asked. */
  askedAbout?: string[];
  /** Permanent fixes that have been proposed already, where the incident was reopened. */
  fixes?: PermanentFixSpec[];
  /** Absent where the earlier run was of a version that kept none. */
  audit?: AuditTrail;
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
  /** What later looks need and a sentence does not give them. Absent where there is nothing, and in older records. */
  fact?: TimelineFact;
}

export interface TimelineFact {
  /** Of `diagnosed`: the cause that was named, or `unknown`. */
  cause?: string;
  /** Of `paged`: whether the page reached anybody. */
  delivered?: boolean;
}

/** One number that was measured when Nightshift looked; the postmortem draws their course. */
export interface Measurement {
  at: string;
  field: 'deliveredRatio' | 'lagSeconds' | 'ready';
  value: number;
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
  /** A line of the post-recovery checklist, not one of the runbook's own. */
  common?: true;
  /** Not known to be otherwise: a probe did not answer, or was not asked because something else does not hold. */
  unseen?: 'unanswered' | 'not-asked';
}

/** What one line of a checklist came to. */
export interface ChecklistLine {
  id: string;
  title: Text;
  verdict: 'ok' | 'look-here' | 'not-answered' | 'not-applicable';
  /** What the probes said, one sentence each; of one that did not answer, why. */
  because: string[];
  /** Probes whose tables belong to the line. */
  probes: string[];
}

export interface Checklist {
  id: string;
  title: Text;
  lines: ChecklistLine[];
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
  for: 'approval' | 'lease' | 'verification' | 'stability' | 'resolution' | 'person' | 'leader' | 'record';
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
  /** How the incident came to its class, first to last; absent while it has the class that triage gave it. */
  ledFrom?: LeadingCause[];
  evidence: Evidence[];
  /** What was seen before the first change, where it was asked again after it. */
  treatedEvidence?: Evidence[];
  /** The evidence as a person goes through it; where no cause was certain. */
  checklists?: Checklist[];
  causes: RankedCause[];
  /** The confirmed cause's id, or `unknown` when diagnosis ended without one. */
  rootCause?: string;
  /** The root cause that was found before the first change: what is diagnosed on a pipeline that is well again says nothing. */
  treatedCause?: RankedCause;
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
  /** When Nightshift goes on by itself, where the owner only paused it. */
  heldUntil?: string;
  notes: Note[];
  refusedMessages: RefusedMessage[];
  previous?: { publicId: string; outcome: Outcome };
  /** Closed incidents of the cluster within 30 days, newest first; absent where there are none, and in older records. */
  past?: PastIncident[];
  /** The incident that this one is merged into, or was: it is treated for both. */
  leader?: Leader;
  /** Public IDs of incidents that are merged into this one. */
  followers?: string[];
  permanentFix?: { workflowId: string; fixes: Array<{ id: string; title: Text }> };
  timeline: TimelineEntry[];
  /** Oldest first; absent until something was measured, and in older records. */
  measured?: Measurement[];
}

/** One class that the incident has gone through: its root cause is treated by another class's runbook. */
export interface LeadingCause {
  incidentClass: IncidentClass;
  /** `unknown` where that class found none. */
  cause: string;
  title: Text;
  /** That class found nothing that needs mending, so another was looked at: it is no step on the way to the cause. */
  nothingToMend?: true;
}

/** Everything that can happen to an incident. `at` is workflow time. */
export type IncidentEvent = { at: string; actor?: string } & (
  | { type: 'opened'; publicId: string; workflowId: string; firstRunId: string; cluster: string; failureDomain: FailureDomain }
  | { type: 'configured'; rootCauseDueAt: string; recoveryDueAt: string; practice: boolean }
  | { type: 'alertsChanged'; alerts: Alert[] }
  | { type: 'phaseEntered'; phase: Phase }
  | { type: 'runbookChosen'; id: IncidentClass; revision: number; digest: string; chosenBecause: string; title: Text }
  | { type: 'triaged'; fiveW1H: FiveW1H }
  | { type: 'evidenceGathered'; evidence: Evidence[]; checklists?: Checklist[] }
  | { type: 'diagnosed'; causes: RankedCause[]; rootCause: string }
  | { type: 'ledOn'; from: LeadingCause; to: IncidentClass }
  | { type: 'leadRefused'; to: IncidentClass; reason: Text }
  | { type: 'lookedFurther'; from: LeadingCause; asked: IncidentClass[]; to?: IncidentClass }
  | { type: 'planned'; result: PlanResult }
  | { type: 'approvalAsked'; planId: string; until: string; approvers: number; risk: Risk; ruling?: PolicyRuling }
  | { type: 'policyRefused'; planId: string; ruling: PolicyRuling }
  | { type: 'deadlinePassed'; planId: string; then: 'automatic' | 'handed-over' }
  | { type: 'reminded'; count: number; level?: number; of?: 'decision' | 'hand-over' }
  | { type: 'decided'; decision: AcceptedDecision; standing: 'approved' | 'rejected' | 'waiting' }
  | { type: 'messageRefused'; message: string; reason: string }
  | { type: 'noted'; text: string }
  | { type: 'remedyChosen'; remedy: string; reason?: string }
  | { type: 'takenOver'; reason?: string; until?: string }
  | { type: 'resumed'; reason?: string }
  | { type: 'leaseTaken'; token: number }
  | { type: 'leaseReleased' }
  | { type: 'stepExecuted'; planId: string; planHash: string; result: StepResult; undo: boolean }
  | { type: 'executionFailed'; planId: string; reason: string }
  | { type: 'waitingFor'; waiting: Waiting | undefined }
  | { type: 'verificationStarted' }
  | { type: 'verified'; conditions: ConditionStatus[] }
  | { type: 'notVerified'; conditions: ConditionStatus[]; reason: Text }
  | { type: 'stabilityConfirmed'; conditions: ConditionStatus[] }
  | { type: 'recoveryRevoked'; reason: Text; dueAt?: { rootCause: string; recovery: string } }
  | { type: 'merged'; leader: Leader }
  | { type: 'unmerged'; reason: Text }
  | { type: 'stormLed'; followers: string[] }
  | { type: 'previousFound'; publicId: string; outcome: Outcome }
  | { type: 'pastFound'; past: PastIncident[] }
  | { type: 'recurred'; cause: string; incidents: string[]; setBack: string[] }
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
  /** The end of the audit trail so far; of a closed incident, the end that its record must have. */
  audit?: AuditHead;
}
