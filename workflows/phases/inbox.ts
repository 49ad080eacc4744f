/** What people and alerts tell a running incident. Handlers only check and record; the main course acts. */
import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import type { AcceptedDecision, ChooseRemedyBody, DecisionAnswer, DecisionBody, Envelope, MessageName, NoteBody, ReasonBody, Signed, TakeOverBody } from '../contracts/decisions';
import type { Plan } from '../contracts/plan';
import type { PolicyRuling } from '../contracts/policy';
import type { Role } from '../contracts/vocabulary';
import * as messages from '../contracts/messages';
import { approverFault } from '../domain/approvers';
import { keysFor, withCertified } from '../domain/key-certificates';
import { checkApprovals, floored, type ApprovalStanding } from '../domain/policy';
import { alertsOf, bodyFault } from '../domain/message-shape';
import { isSigned, statementFault } from '../domain/statements';
import { plus } from '../domain/time';
import type { Incident } from './incident';
import { breakGlassPage, requirementOf } from './ruling';

/** Who may say what. Unsigned messages, where they are accepted at all, come from the machine's own operator. */
const MAY: Record<MessageName, Role[]> = {
  decide: ['approver', 'admin'],
  addNote: ['responder', 'approver', 'admin'],
  chooseRemedy: ['responder', 'approver', 'admin'],
  takeOver: ['responder', 'approver', 'admin'],
  resume: ['responder', 'approver', 'admin'],
  cancelIncident: ['approver', 'admin'],
};

const UNSIGNED_ACTOR = 'temporal-cli';

interface Admitted<Body> {
  actor: string;
  roles: Role[];
  channel: string;
  body: Body;
  signed?: Signed<Body>;
}

export function registerInbox(incident: Incident): void {
  setHandler(messages.incidentStatus, () => incident.status);
  setHandler(messages.alertsChanged, (body) => incident.record({ type: 'alertsChanged', alerts: alertsOf(body) }));
  registerDecisions(incident);
  registerCourse(incident);
}

function registerDecisions(incident: Incident): void {
  setHandler(messages.decide, (envelope) => decide(incident, envelope), { validator: (envelope: Envelope<DecisionBody>) => void checkDecision(incident, envelope) });
  for (const [signal, verdict] of [[messages.approve, 'approve'], [messages.reject, 'reject']] as const) {
    setHandler(signal, (envelope) => {
      const asDecision = (envelope && isSigned(envelope) ? envelope : { ...envelope, verdict }) as Envelope<DecisionBody>;
      try {
        if (isSigned(asDecision) && asDecision.statement?.body?.verdict !== verdict) throw refusal('the signed statement says something else');
        decide(incident, asDecision);
      } catch (error) {
        if (!(error instanceof ApplicationFailure)) throw error;
        incident.record({ type: 'messageRefused', message: verdict, actor: claimedActor(asDecision), reason: error.message });
      }
    });
  }
}

function registerCourse(incident: Incident): void {
  setHandler(messages.addNote, (envelope) => {
    const { actor, body } = take(incident, 'addNote', envelope);
    incident.record({ type: 'noted', actor, text: String(body.text).slice(0, 4_000) });
  }, { validator: (envelope: Envelope<NoteBody>) => {
    if (!admit(incident, 'addNote', envelope).body.text) throw refusal('a note needs a text');
  } });

  setHandler(messages.chooseRemedy, (envelope) => {
    const { actor, body } = take(incident, 'chooseRemedy', envelope);
    incident.record({ type: 'remedyChosen', actor, remedy: body.remedy, ...(body.reason && { reason: body.reason }) });
    incident.chosenRemedy = body.remedy;
    const inHands = incident.status.phase === 'waiting';
    // Whoever has Nightshift carry something out has given the incident back.
    if (inHands || incident.status.owner) incident.record({ type: 'resumed', actor, reason: `to carry out ${body.remedy}` });
    incident.interruption = inHands ? undefined : 'remedy-chosen';
    incident.resumed = inHands;
  }, { validator: (envelope: Envelope<ChooseRemedyBody>) => checkRemedy(incident, admit(incident, 'chooseRemedy', envelope).body.remedy) });

  setHandler(messages.takeOver, (envelope) => {
    const { actor, body } = take<TakeOverBody>(incident, 'takeOver', envelope ?? {});
    incident.record({ type: 'takenOver', actor, ...reasonOf(body), ...(body.forMs !== undefined && { until: plus(incident.now(), body.forMs) }) });
    incident.interruption = 'taken-over';
  }, { validator: (envelope) => {
    const { body } = admit<TakeOverBody>(incident, 'takeOver', (envelope ?? {}) as Envelope<TakeOverBody>);
    const fault = holdFault(body.forMs);
    if (fault) throw refusal(fault);
    refuseWhileClosing(incident);
  } });

  setHandler(messages.resume, (envelope) => {
    const { actor, body } = take(incident, 'resume', envelope ?? {});
    incident.record({ type: 'resumed', actor, ...reasonOf(body) });
    if (incident.interruption === 'taken-over') incident.interruption = undefined;
    incident.resumed = incident.status.phase === 'waiting';
  }, { validator: (envelope) => {
    admit(incident, 'resume', envelope ?? {});
    if (incident.cancelled) throw refusal('the incident was cancelled; a new alert opens a new one');
    refuseWhileClosing(incident);
    if (incident.status.phase !== 'waiting' && !incident.status.owner) throw refusal('nobody has taken this incident over');
  } });

  setHandler(messages.cancelIncident, (envelope) => {
    const { actor, body } = take(incident, 'cancelIncident', envelope ?? {});
    incident.record({ type: 'outcome', actor, outcome: 'cancelled', reason: { en: body.reason ?? `cancelled by ${actor}`, ko: body.reason ?? `${actor} 취소` } });
    incident.cancelled = true;
    incident.interruption = 'cancelled';
  }, { validator: (envelope) => {
    admit(incident, 'cancelIncident', envelope ?? {});
    if (incident.cancelled) throw refusal('the incident was cancelled before');
    refuseWhileClosing(incident);
  } });
}

/** Longer than this, somebody has to say that they still have it. */
const LONGEST_HOLD_MS = 24 * 3_600_000;

function holdFault(forMs: unknown): string | undefined {
  if (forMs === undefined || (typeof forMs === 'number' && forMs >= 1_000 && forMs <= LONGEST_HOLD_MS)) return undefined;
  return 'forMs: a pause lasts between one second and 24 hours, in milliseconds; leave it out to take the incident over';
}

function reasonOf(body: ReasonBody): ReasonBody {
  return body.reason ? { reason: body.reason.slice(0, 500) } : {};
}

/** In an update handler only an ApplicationFailure answers the caller; a plain Error would fail the workflow task and leave the caller hanging. */
function refusal(reason: string): ApplicationFailure {
  return ApplicationFailure.create({ type: 'Refused', message: reason, nonRetryable: true });
}

/** @throws Refused, with the reason as a sentence */
function admit<Body extends object>(incident: Incident, message: MessageName, envelope: Envelope<Body>): Admitted<Body> {
  const { settings, status } = incident;
  if (!incident.configured) throw refusal('the incident is still being set up, or its cluster is not configured here');
  if (!isSigned(envelope)) {
    if (!settings.acceptUnsigned) throw refusal('unsigned messages are not accepted here: use the nightshift command, the API or the console');
    const unreadable = bodyFault(envelope);
    if (unreadable) throw refusal(unreadable);
    const { actor, ...body } = envelope;
    return { actor: actor ?? UNSIGNED_ACTOR, roles: ['approver'], channel: 'temporal', body: body as Body };
  }
  const { temporalNamespace } = settings;
  const fault = statementFault(envelope, { message, temporalNamespace, workflowId: status.workflowId, firstRunId: status.firstRunId, now: incident.now() }, withCertified(settings.keys, envelope.certificates));
  if (fault) throw refusal(`the message does not count: ${fault}`);
  const { statement } = envelope;
  const unreadable = bodyFault(statement.body);
  if (unreadable) throw refusal(unreadable);
  if (incident.messageIds.has(statement.messageId)) throw refusal('the message was counted before');
  if (!statement.roles.some((role) => MAY[message].includes(role))) throw refusal(`${statement.actor} (${statement.roles.join(', ') || 'no role'}) may not do this: it takes the role ${MAY[message].join(' or ')}`);
  return { actor: statement.actor, roles: statement.roles, channel: statement.channel, body: statement.body, signed: envelope };
}

/** Admits and remembers, so that a statement counts once. */
function take<Body extends object>(incident: Incident, message: MessageName, envelope: Envelope<Body>): Admitted<Body> {
  const admitted = admit(incident, message, envelope);
  if (admitted.signed) incident.messageIds.add(admitted.signed.statement.messageId);
  return admitted;
}

/** What is said then would be taken, and nothing would come of it. */
function refuseWhileClosing({ status }: Incident): void {
  if (status.phase === 'close') throw refusal('the incident is closing');
}

function checkRemedy(incident: Incident, remedy: string): void {
  refuseWhileClosing(incident);
  const offered = incident.snapshot?.runbook.remedies.map(({ id }) => id) ?? [];
  if (!offered.includes(remedy)) throw refusal(`the runbook has no remedy ${String(remedy)}; it has ${offered.join(', ') || 'none'}`);
  if (incident.cancelled) throw refusal('the incident was cancelled; a new alert opens a new one');
  if (incident.status.phase === 'recover') throw refusal('a plan is being executed; wait for its result or take the incident over');
}

function checkDecision(incident: Incident, envelope: Envelope<DecisionBody>): Admitted<DecisionBody> {
  const admitted = admit(incident, 'decide', envelope);
  const { plan, waiting } = incident.status;
  const { verdict, planHash } = admitted.body;
  if (verdict !== 'approve' && verdict !== 'reject') throw refusal('a decision has the verdict approve or reject');
  if (!plan || waiting?.for !== 'approval') throw refusal(`no plan waits for a decision; the incident is in phase ${incident.status.phase}`);
  if (planHash === undefined && admitted.signed) throw refusal('a signed decision names the hash of its plan');
  if (planHash !== undefined && planHash !== plan.hash) throw refusal(`the plan that waits has the hash ${plan.hash.slice(0, 12)}…, the decision is about another`);
  if (plan.risk === 'destructive' && !admitted.signed && !incident.settings.acceptUnsigned) throw refusal('a destructive plan takes signed decisions');
  const before = incident.status.decisions.some((decision) => decision.planId === plan.id && decision.actor === admitted.actor);
  if (before) throw refusal(`${admitted.actor} has decided on this plan before; another person is needed`);
  const fault = verdict === 'approve' ? approverFault(requirementOf(incident, plan), { ...admitted, ...admitted.body }) : undefined;
  if (fault) throw refusal(fault);
  return admitted;
}

/** @throws Refused */
function decide(incident: Incident, envelope: Envelope<DecisionBody>): DecisionAnswer {
  const { actor, roles, channel, body, signed } = checkDecision(incident, envelope);
  if (signed) incident.messageIds.add(signed.statement.messageId);
  const { plan } = incident.status;
  if (!plan) throw refusal('no plan waits for a decision');
  const decision: AcceptedDecision = {
    planId: plan.id,
    planHash: plan.hash,
    verdict: body.verdict,
    actor,
    roles,
    channel,
    at: incident.now(),
    ...(body.reason && { reason: body.reason.slice(0, 500) }),
    ...(body.breakGlass && { breakGlass: true }),
    ...(signed && { signed }),
  };
  const { approved, missing } = approvalStanding(incident, [...incident.status.decisions, decision]);
  const standing = body.verdict === 'reject' ? 'rejected' : approved ? 'approved' : 'waiting';
  incident.record({ type: 'decided', actor, decision, standing });
  if (decision.breakGlass) incident.page('break-glass', breakGlassPage(incident, plan, decision));
  return { planId: plan.id, planHash: plan.hash, standing, approvalsMissing: standing === 'waiting' ? missing : 0 };
}

/** How the decisions on the current plan stand against what policy demands. */
export function approvalStanding(incident: Incident, decisions: readonly AcceptedDecision[] = incident.status.decisions): ApprovalStanding {
  const { plan, workflowId, firstRunId } = incident.status;
  if (!plan) return { approved: false, missing: 1, faults: ['there is no plan'] };
  const { acceptUnsigned, temporalNamespace } = incident.settings;
  const keys = keysFor(decisions, incident.settings.keys);
  const context = { planId: plan.id, planHash: plan.hash, temporalNamespace, workflowId, firstRunId, keys, acceptUnsigned };
  return checkApprovals(requirementOf(incident, plan), decisions, context);
}

/** How they stand against what policy demands now; a deadline that ends in "automatic" may have passed by now. */
export function standingUnder(incident: Incident, plan: Plan, ruling: PolicyRuling): ApprovalStanding {
  const { workflowId, firstRunId, decisions } = incident.status;
  const { acceptUnsigned, temporalNamespace } = incident.settings;
  const keys = keysFor(decisions, incident.settings.keys);
  const context = { planId: plan.id, planHash: plan.hash, plannedAt: plan.plannedAt, now: incident.now(), temporalNamespace, workflowId, firstRunId, keys, acceptUnsigned };
  return checkApprovals(floored(ruling.requirement, plan.risk), decisions, context);
}

function claimedActor(envelope: Envelope<DecisionBody>): string {
  const actor = isSigned(envelope) ? envelope.statement?.actor : envelope.actor;
  return `${typeof actor === 'string' ? actor.slice(0, 100) : UNSIGNED_ACTOR} (claimed)`;
}
