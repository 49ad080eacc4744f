import type { IncidentEvent, IncidentStatus, TimelineEntry } from '../contracts/incident';
import { firing, gravestSeverity, mergeAlerts } from './alerts';
import { measuredBy } from './measurements';
import { describeEvent, factOf, shortened } from './timeline';

type EventOf<Type extends IncidentEvent['type']> = Extract<IncidentEvent, { type: Type }>;

/** The state after `opened`, before anything else is known. */
export function openIncident(event: EventOf<'opened'>): IncidentStatus {
  const { at, publicId, workflowId, firstRunId, cluster, failureDomain } = event;
  const status: IncidentStatus = {
    publicId,
    workflowId,
    firstRunId,
    cluster,
    failureDomain,
    incidentClass: 'unknown',
    title: { en: `Trouble in ${failureDomain} of ${cluster}`, ko: `${cluster}의 ${failureDomain} 장애` },
    severity: 'warning',
    phase: 'triage',
    practice: false,
    beganAt: at,
    openedAt: at,
    alerts: [],
    evidence: [],
    causes: [],
    plans: [],
    decisions: [],
    mutations: [],
    clocks: { rootCause: { dueAt: at }, recovery: { dueAt: at } },
    notes: [],
    refusedMessages: [],
    timeline: [],
  };
  return { ...status, timeline: [entry(status, event)] };
}

/** The one place where an incident's state changes. Pure; never mutates its argument. Nothing changes what is closed. */
export function reduce(state: IncidentStatus, event: IncidentEvent): IncidentStatus {
  if (state.closedAt !== undefined) return state;
  if (event.type === 'opened') return openIncident(event);
  const next = { ...state, ...change(state, event), ...measuredBy(state, event) };
  return isSilent(event) ? next : { ...next, timeline: shortened([...next.timeline, entry(next, event)]) };
}

const MAX_REFUSED = 50;

/** Bookkeeping that a reader of the timeline would only stumble over. */
function isSilent(event: IncidentEvent): boolean {
  if (event.type === 'waitingFor' || event.type === 'leaseReleased') return true;
  return event.type === 'alertsChanged' && event.alerts.length === 0;
}

function entry(state: IncidentStatus, event: IncidentEvent): TimelineEntry {
  const fact = factOf(event);
  return { at: event.at, phase: state.phase, event: event.type, actor: event.actor ?? 'nightshift', text: describeEvent(event), ...(fact && { fact }) };
}

function change(state: IncidentStatus, event: Exclude<IncidentEvent, { type: 'opened' }>): Partial<IncidentStatus> {
  const { at } = event;
  switch (event.type) {
    case 'configured':
      return { practice: event.practice, clocks: { rootCause: { dueAt: event.rootCauseDueAt }, recovery: { dueAt: event.recoveryDueAt } } };
    case 'alertsChanged':
      return alertsAfter(state, event);
    case 'phaseEntered':
      return withoutWaiting({ ...state, phase: event.phase });
    case 'runbookChosen': {
      const { id, revision, digest, chosenBecause, title } = event;
      return { incidentClass: id, title, runbook: { id, revision, digest, chosenBecause } };
    }
    case 'triaged':
      return { fiveW1H: event.fiveW1H };
    case 'evidenceGathered':
      return { evidence: event.evidence, ...treatedEvidenceOf(state), ...(event.checklists && { checklists: event.checklists }) };
    case 'diagnosed':
      return diagnosisAfter(state, event);
    case 'ledOn':
      return { ledFrom: [...(state.ledFrom ?? []), event.from] };
    case 'lookedFurther':
      return event.to ? { ledFrom: [...(state.ledFrom ?? []), event.from] } : {};
    case 'planned':
      return { plans: [...state.plans, event.result], ...(event.result.kind === 'planned' && { plan: event.result.plan }) };
    case 'decided':
      return { decisions: [...state.decisions, event.decision] };
    case 'messageRefused':
      return { refusedMessages: [...state.refusedMessages, { at, message: event.message, actor: event.actor ?? 'unknown', reason: event.reason }].slice(-MAX_REFUSED) };
    case 'noted':
      return { notes: [...state.notes, { at, actor: event.actor ?? 'unknown', text: event.text }] };
    case 'takenOver':
      return cleared(state, { owner: event.actor ?? 'unknown', ...(event.until && { heldUntil: event.until }) }, event.until ? [] : ['heldUntil']);
    case 'resumed': {
      const { owner: _owner, heldUntil: _heldUntil, outcome: _outcome, ...rest } = state;
      return cleared(state, rest, ['owner', 'heldUntil', 'outcome']);
    }
    case 'stepExecuted':
      return { ...treatedIn(state), mutations: [...state.mutations, { ...event.result, planId: event.planId, planHash: event.planHash, undo: event.undo }] };
    case 'waitingFor':
      return event.waiting ? { waiting: event.waiting } : withoutWaiting(state);
    case 'verificationStarted':
      return { verification: { startedAt: at, conditions: [] } };
    case 'verified':
      return recoveryAfter(state, event);
    case 'notVerified':
      return state.verification ? { verification: { ...state.verification, conditions: event.conditions } } : {};
    case 'stabilityConfirmed':
      return state.verification ? { verification: { ...state.verification, confirmedAt: at, conditions: event.conditions } } : {};
    case 'recoveryRevoked':
      return revoked(state, event);
    case 'clockBreached':
      return { clocks: { ...state.clocks, [event.clock]: { ...state.clocks[event.clock], breachedAt: at } } };
    case 'outcome':
      return { outcome: event.outcome, ...causeOf(state, event) };
    case 'permanentFixStarted':
      return { permanentFix: { workflowId: event.workflowId, fixes: [...(state.permanentFix?.fixes ?? []), ...event.fixes] } };
    case 'closed':
      return { ...withoutWaiting({ ...state, phase: 'closed' }), closedAt: at };
    case 'merged':
      return { leader: event.leader };
    case 'unmerged':
      return cleared(state, {}, ['leader']);
    case 'stormLed':
      return { followers: event.followers };
    case 'previousFound':
      return { previous: { publicId: event.publicId, outcome: event.outcome } };
    case 'pastFound':
      return { past: event.past };
    case 'recurred':
    case 'leadRefused':
    case 'approvalAsked':
    case 'policyRefused':
    case 'deadlinePassed':
    case 'reminded':
    case 'remedyChosen':
    case 'leaseTaken':
    case 'leaseReleased':
    case 'executionFailed':
    case 'paged':
    case 'recordWritten':
      return {};
  }
}

function alertsAfter(state: IncidentStatus, event: EventOf<'alertsChanged'>): Partial<IncidentStatus> {
  const { alerts } = mergeAlerts(state.alerts, event.alerts, event.at);
  const starts = alerts.map((alert) => alert.startsAt).filter((start) => !Number.isNaN(Date.parse(start))).sort((a, b) => Date.parse(a) - Date.parse(b));
  const beganAt = starts[0] !== undefined && Date.parse(starts[0]) < Date.parse(state.openedAt) ? starts[0] : state.openedAt;
  const open = firing(alerts);
  return { alerts, beganAt, severity: gravestSeverity(open.length > 0 ? open : alerts) };
}

function diagnosisAfter(state: IncidentStatus, event: EventOf<'diagnosed'>): Partial<IncidentStatus> {
  const impact = event.causes.find((cause) => cause.id === event.rootCause)?.impact;
  const known = event.rootCause !== 'unknown';
  const { rootCause } = state.clocks;
  const clocks = known && !rootCause.metAt ? { ...state.clocks, rootCause: { ...rootCause, metAt: event.at } } : state.clocks;
  return { causes: event.causes, rootCause: event.rootCause, clocks, ...(impact && { impact }) };
}

/** What is asked after a change does not replace what the diagnosis before it went by. */
function treatedEvidenceOf({ mutations, treatedEvidence, evidence }: IncidentStatus): Partial<IncidentStatus> {
  return mutations.length > 0 && !treatedEvidence && evidence.length > 0 ? { treatedEvidence: evidence } : {};
}

function treatedIn({ treatedCause, causes, rootCause }: IncidentStatus): Partial<IncidentStatus> {
  const cause = treatedCause ? undefined : causes.find(({ id }) => id === rootCause);
  return cause ? { treatedCause: cause } : {};
}

/** What recovered after a change recovered from what that change treated, even where a later look found nothing any more. */
function causeOf({ treatedCause, causes, rootCause }: IncidentStatus, { outcome }: EventOf<'outcome'>): Partial<IncidentStatus> {
  if (outcome !== 'recovered' || !treatedCause || rootCause !== 'unknown') return {};
  return { rootCause: treatedCause.id, causes: [treatedCause, ...causes.filter(({ id }) => id !== treatedCause.id)] };
}

function recoveryAfter(state: IncidentStatus, event: EventOf<'verified'>): Partial<IncidentStatus> {
  const { at, conditions } = event;
  const verification = { startedAt: at, ...state.verification, heldAt: at, conditions };
  const recovery = { ...state.clocks.recovery, metAt: at };
  return { verification, recoveredAt: at, clocks: { ...state.clocks, recovery } };
}

/** What first held did not last: the recovery clock runs again, and in an incident that is reopened anew. */
function revoked(state: IncidentStatus, { at, dueAt }: EventOf<'recoveryRevoked'>): Partial<IncidentStatus> {
  const { metAt: _metAt, ...known } = state.clocks.recovery;
  const recovery = dueAt ? { ...known, dueAt: dueAt.recovery } : known;
  const rootCause = dueAt && !state.clocks.rootCause.metAt ? { ...state.clocks.rootCause, dueAt: dueAt.rootCause } : state.clocks.rootCause;
  const { recoveredAt: _recoveredAt, outcome: _outcome, ...rest } = state;
  const verification = state.verification && { ...state.verification, revokedAt: at };
  return cleared(state, { ...rest, clocks: { rootCause, recovery }, ...(verification && { verification }) }, ['recoveredAt', 'outcome']);
}

function withoutWaiting(state: IncidentStatus): Partial<IncidentStatus> {
  const { waiting: _waiting, ...rest } = state;
  return cleared(state, rest, ['waiting']);
}

/** `reduce` spreads a change over the state, so a field that goes has to be said to be undefined; JSON drops it. */
function cleared(_state: IncidentStatus, rest: Partial<IncidentStatus>, keys: Array<keyof IncidentStatus>): Partial<IncidentStatus> {
  return { ...rest, ...Object.fromEntries(keys.map((key) => [key, undefined])) };
}
