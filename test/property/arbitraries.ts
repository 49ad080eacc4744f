/** Values as hostile or odd as the types allow. Generators only; what must hold is said in the tests. */
import fc from 'fast-check';
import { FAILURE_DOMAINS, INCIDENT_CLASSES, OUTCOMES, PHASES, RISKS } from '../../workflows/contracts';
import type { Alert, ConditionStatus, Evidence, GateVerdict, IncidentEvent, Json, Plan, PlanResult, PolicyRuling, RankedCause, Requirement, Role, StepResult, Text } from '../../workflows/contracts';
import type { Condition } from '../../workflows/contracts/evidence';

export const words = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('', '__proto__', 'constructor', '<b>', '}', '\u202e', '설정'));
const text: fc.Arbitrary<Text> = fc.record({ en: words, ko: words });
export const instants = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }).map((at) => new Date(at).toISOString());

/** Few fingerprints and starts, so that repeats and re-fires are frequent. */
export const alerts: fc.Arbitrary<Alert> = fc.record({
  fingerprint: fc.constantFrom('f1', 'f2', 'f3'),
  status: fc.constantFrom('firing', 'resolved'),
  labels: fc.dictionary(fc.constantFrom('alertname', 'severity', 'pod', '__proto__'), words, { maxKeys: 3 }),
  annotations: fc.dictionary(fc.constantFrom('summary', 'description'), words, { maxKeys: 2 }),
  startsAt: fc.constantFrom('2026-01-01T03:00:00Z', '2026-01-01T03:00:00.000Z', '2026-01-01T05:00:00+02:00', '2026-01-01T04:00:00Z', 'never', ''),
});

export const PROBES = ['p', 'q', 'r'];
const FIELDS = ['a', 'b'];
const fieldValues = fc.oneof(fc.boolean(), fc.constantFrom(0, 1, 2, Number.NaN), fc.constant(null), fc.constantFrom('x', 'y', ''), fc.constantFrom<string[]>(['x'], [], ['y', 'x']));

export const evidence: fc.Arbitrary<Evidence> = fc.record({
  probe: fc.constantFrom(...PROBES),
  use: fc.constant('test'),
  status: fc.constantFrom('answered', 'unanswered'),
  at: instants,
  fields: fc.dictionary(fc.constantFrom(...FIELDS), fieldValues),
  summary: words,
});

const comparisons: fc.Arbitrary<Condition> = fc.tuple(fc.constantFrom(...PROBES), fc.constantFrom(...FIELDS), fc.constantFrom({ is: true }, { isNot: 'x' }, { includes: 'x' }, { excludes: 'y' }, { above: 0 }, { atLeast: 1 }, { below: 2 }, { atMost: 1 }, { isEmpty: true }))
  .map(([probe, field, comparison]) => ({ probe, field, ...comparison }));

export const conditions: fc.Arbitrary<Condition> = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    comparisons,
    fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    tie('condition').map((not) => ({ not })),
  ),
})).condition;

const object = fc.record({ apiVersion: fc.constant('v1'), kind: fc.constantFrom('Pod', 'ConfigMap'), namespace: words, name: words, uid: fc.uuid() });
const json = fc.jsonValue() as fc.Arbitrary<Json>;
const changes = fc.array(fc.record({ path: words, old: json, new: json }), { minLength: 1, maxLength: 3 });
const steps = fc.oneof(
  fc.record({ id: words, object, reason: text, action: fc.constantFrom<'evict' | 'delete'>('evict', 'delete') }),
  fc.record({ id: words, object, reason: text, action: fc.constant('patch' as const), changes }),
  fc.record({ id: words, object, reason: text, action: fc.constant('reload' as const), port: fc.nat(65_535), path: words }),
);

/** What a plan's hash covers, with the texts that it does not. */
export const hashedPlans = fc.record({ cluster: words, use: words, steps: fc.array(steps, { minLength: 1, maxLength: 3 }), inverse: fc.array(steps, { maxLength: 2 }), plannedAt: instants });

const planResults: fc.Arbitrary<PlanResult> = fc.oneof(
  fc.record({ kind: fc.constant('refused' as const), remedy: words, gates: fc.constant<GateVerdict[]>([]), reason: text }),
  fc.record({ kind: fc.constant('unneeded' as const), remedy: words, reason: text }),
  fc.record({ kind: fc.constant('planned' as const), plan: hashedPlans.map((plan): Plan => ({ ...plan, id: 'p1', remedy: 'first', title: { en: 't', ko: 't' }, risk: RISKS[0], gates: [], blastRadius: { pods: [], text: { en: '', ko: '' } }, ifNothingIsDone: { en: '', ko: '' }, diff: '', dryRun: [], hash: 'h' })) }),
);
const stepResults: fc.Arbitrary<StepResult> = fc.record({ step: words, result: fc.constantFrom('evicted', 'patched', 'unchanged'), object, at: instants, detail: words });
const conditionStates: fc.Arbitrary<ConditionStatus[]> = fc.array(fc.record({ id: words, title: text, holds: fc.boolean(), seen: words }), { maxLength: 2 });
const causes: fc.Arbitrary<RankedCause> = fc.record({
  id: fc.constantFrom('c1', 'c2'), title: text, explanation: text, confidence: fc.double({ min: 0, max: 1, noNaN: true }), verdict: fc.constantFrom('confirmed', 'possible', 'rejected'),
  impact: fc.constantFrom('outage', 'none'), supports: fc.array(words), contradicts: fc.array(words), missing: fc.array(words), remedies: fc.array(words), permanentFix: fc.array(words),
});

const domain = fc.constantFrom(...FAILURE_DOMAINS);
const verdicts = fc.constantFrom<'approve' | 'reject'>('approve', 'reject');
const decision = fc.record({ planId: words, planHash: words, verdict: verdicts, actor: words, roles: fc.constant<Role[]>([]), channel: words, at: instants });

const requirements: fc.Arbitrary<Requirement> = fc.oneof(
  fc.constantFrom<Requirement>({ kind: 'automatic' }, { kind: 'observe-only' }, { kind: 'never' }),
  fc.record({ kind: fc.constant('approval' as const), approvers: fc.nat(3), roles: fc.constant<Role[]>(['approver']) }),
);
const rulings: fc.Arbitrary<PolicyRuling> = fc.record({ requirement: requirements, rule: words, because: text, at: instants });

/** What each type of event carries; a type without a generator does not compile. */
const EVENTS: { [Type in IncidentEvent['type']]: fc.Arbitrary<Omit<Extract<IncidentEvent, { type: Type }>, 'type' | 'at'>> } = {
  opened: fc.record({ publicId: words, workflowId: words, firstRunId: words, cluster: words, failureDomain: domain }),
  configured: fc.record({ rootCauseDueAt: instants, recoveryDueAt: instants, practice: fc.boolean() }),
  alertsChanged: fc.record({ alerts: fc.array(alerts, { maxLength: 4 }) }),
  phaseEntered: fc.record({ phase: fc.constantFrom(...PHASES) }),
  runbookChosen: fc.record({ id: fc.constantFrom(...INCIDENT_CLASSES), revision: fc.nat(), digest: words, chosenBecause: words, title: text }),
  triaged: fc.record({ fiveW1H: fc.record({ who: words, what: words, when: words, where: words, why: words, how: words }) }),
  evidenceGathered: fc.record({ evidence: fc.array(evidence, { maxLength: 3 }) }),
  diagnosed: fc.record({ causes: fc.array(causes, { maxLength: 2 }), rootCause: fc.constantFrom('c1', 'c2', 'unknown') }),
  ledOn: fc.record({ from: fc.record({ incidentClass: fc.constantFrom(...INCIDENT_CLASSES), cause: words, title: text }), to: fc.constantFrom(...INCIDENT_CLASSES) }),
  lookedFurther: fc.record({ from: fc.record({ incidentClass: fc.constantFrom(...INCIDENT_CLASSES), cause: words, title: text, nothingToMend: fc.constant(true as const) }), asked: fc.array(fc.constantFrom(...INCIDENT_CLASSES)), to: fc.constantFrom(...INCIDENT_CLASSES) }, { requiredKeys: ['from', 'asked'] }),
  leadRefused: fc.record({ to: fc.constantFrom(...INCIDENT_CLASSES), reason: text }),
  planned: fc.record({ result: planResults }),
  approvalAsked: fc.record({ planId: words, until: instants, approvers: fc.nat(3), risk: fc.constantFrom(...RISKS) }),
  policyRefused: fc.record({ planId: words, ruling: rulings }),
  deadlinePassed: fc.record({ planId: words, then: fc.constantFrom('automatic', 'handed-over') }),
  reminded: fc.record({ count: fc.nat() }),
  decided: fc.record({ decision, standing: fc.constantFrom('approved', 'rejected', 'waiting') }),
  messageRefused: fc.record({ message: words, reason: words, actor: words }),
  noted: fc.record({ text: words, actor: words }),
  remedyChosen: fc.record({ remedy: words }),
  takenOver: fc.record({ actor: words }),
  resumed: fc.record({ reason: words }),
  leaseTaken: fc.record({ token: fc.nat() }),
  leaseReleased: fc.constant({}),
  stepExecuted: fc.record({ planId: words, planHash: words, result: stepResults, undo: fc.boolean() }),
  executionFailed: fc.record({ planId: words, reason: words }),
  waitingFor: fc.record({ waiting: fc.option(fc.record({ for: fc.constantFrom('approval', 'person'), since: instants, text }), { nil: undefined }) }),
  verificationStarted: fc.constant({}),
  verified: fc.record({ conditions: conditionStates }),
  notVerified: fc.record({ conditions: conditionStates, reason: text }),
  stabilityConfirmed: fc.record({ conditions: conditionStates }),
  recoveryRevoked: fc.record({ reason: text }),
  previousFound: fc.record({ publicId: words, outcome: fc.constantFrom(...OUTCOMES) }),
  pastFound: fc.record({ past: fc.array(fc.record({ publicId: words, incidentClass: fc.constantFrom(...INCIDENT_CLASSES), openedAt: words, remedies: fc.constant([]), openFixes: fc.array(words) }), { maxLength: 2 }) }),
  recurred: fc.record({ cause: words, incidents: fc.array(words, { maxLength: 2 }), setBack: fc.array(words, { maxLength: 2 }) }),
  merged: fc.record({ leader: fc.record({ workflowId: words, publicId: words, failureDomain: fc.constantFrom(...FAILURE_DOMAINS) }) }),
  unmerged: fc.record({ reason: text }),
  stormLed: fc.record({ followers: fc.array(words, { maxLength: 2 }) }),
  clockBreached: fc.record({ clock: fc.constantFrom('rootCause', 'recovery') }),
  paged: fc.record({ kind: words, delivered: fc.boolean(), detail: words }),
  outcome: fc.record({ outcome: fc.constantFrom(...OUTCOMES), reason: text }),
  permanentFixStarted: fc.record({ workflowId: words, fixes: fc.array(fc.record({ id: words, title: text }), { maxLength: 2 }) }),
  recordWritten: fc.record({ location: words }),
  closed: fc.constant({}),
};

export const incidentEvents: fc.Arbitrary<IncidentEvent> = fc.oneof(
  ...Object.entries(EVENTS).map(([type, fields]) => fc.tuple(instants, fields as fc.Arbitrary<object>).map(([at, rest]) => ({ type, at, ...rest }) as IncidentEvent)),
);
