import type { Clock, IncidentStatus } from '../contracts/incident';
import type { IncidentRecord, PermanentFixStatus } from '../contracts/record';
import { FIX_ENDS, type Course, type FixEnd, type RecordSummary, type RemedyTrial } from '../contracts/statistics';

/**
 * What statistics need of a record.
 * @param fixes what became of the proposed fixes, where that is known; all are open otherwise
 */
export function summaryOfRecord(record: IncidentRecord, fixes?: PermanentFixStatus): RecordSummary {
  const { incident, permanentFixes, ended } = record;
  const { publicId, cluster, failureDomain, incidentClass, title, severity, practice, outcome, beganAt, openedAt, recoveredAt, closedAt } = incident;
  const cause = incident.treatedCause ?? incident.causes.find(({ id }) => id === incident.rootCause);
  const acknowledgedAt = firstActOfAPerson(incident);
  const rootCauseAt = incident.clocks.rootCause.metAt;
  return {
    publicId, cluster, failureDomain, incidentClass, title, severity, practice, beganAt, openedAt,
    ...(outcome && { outcome }),
    ...(ended && { ended: ended.how }),
    ...(recoveredAt && { recoveredAt, toRecover: between(beganAt, recoveredAt) }),
    ...(closedAt && { closedAt }),
    ...(cause && { rootCause: { id: cause.id, title: cause.title } }),
    course: courseOf(incident),
    toDetect: between(beganAt, openedAt),
    ...(acknowledgedAt && { toAcknowledge: between(openedAt, acknowledgedAt) }),
    ...(rootCauseAt && { toRootCause: between(openedAt, rootCauseAt) }),
    missed: (['rootCause', 'recovery'] as const).filter((clock) => isMissed(incident.clocks[clock])),
    remedies: trialsOf(incident),
    fixes: fixes ? fixes.fixes.map(({ id, state }) => ({ id, end: endOf(state) })) : permanentFixes.map(({ id }) => ({ id, end: 'open' as const })),
  };
}

function endOf(state: string): FixEnd {
  // Seen in the cluster is merged, and more.
  return state === 'applied' ? 'merged' : (FIX_ENDS.find((end) => end === state) ?? 'open');
}

/** The times of a record, in milliseconds; absent where it never happened. */
export function durationsOf({ beganAt, openedAt, closedAt, recoveredAt, clocks, decisions }: IncidentStatus): IncidentRecord['durations'] {
  const rootCauseAt = clocks.rootCause.metAt;
  const decidedAt = decisions.at(-1)?.at;
  return {
    toDetect: between(beganAt, openedAt),
    ...(rootCauseAt && { toRootCause: between(openedAt, rootCauseAt) }),
    ...(decidedAt && { toDecision: between(openedAt, decidedAt) }),
    ...(recoveredAt && { toRecovery: between(openedAt, recoveredAt) }),
    open: between(openedAt, closedAt ?? openedAt),
  };
}

/** Clocks of different machines differ by moments; nothing takes less than no time. */
function between(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}

export function isMissed({ metAt, dueAt, breachedAt }: Clock): boolean {
  return breachedAt !== undefined || (metAt !== undefined && Date.parse(metAt) > Date.parse(dueAt));
}

/** Whatever a person does says that somebody is there: a decision, a note, a take-over. */
function firstActOfAPerson({ timeline, decisions, notes }: IncidentStatus): string | undefined {
  const acts = [...decisions.map(({ at }) => at), ...notes.map(({ at }) => at), ...timeline.filter(({ event, actor }) => BY_PERSONS.has(event) && actor !== 'nightshift').map(({ at }) => at)];
  return acts.sort((a, b) => Date.parse(a) - Date.parse(b))[0];
}

const BY_PERSONS: ReadonlySet<string> = new Set(['decided', 'noted', 'takenOver', 'resumed', 'remedyChosen', 'outcome']);

/** Plans that changed something and were not undone, in the order of their first change. */
export function changingPlans({ mutations }: IncidentStatus): string[] {
  const undone = new Set(mutations.filter(({ undo, result }) => undo && result !== 'unchanged').map(({ planId }) => planId));
  return [...new Set(mutations.filter(({ undo, result }) => !undo && result !== 'unchanged').map(({ planId }) => planId))].filter((planId) => !undone.has(planId));
}

function courseOf(incident: IncidentStatus): Course {
  const { outcome, decisions } = incident;
  if (outcome === 'self-healed') return 'self-healed';
  if (outcome !== 'recovered' && outcome !== 'mitigated') return 'by-hand';
  const last = changingPlans(incident).at(-1);
  if (last === undefined) return 'self-healed';
  return decisions.some(({ planId, verdict }) => planId === last && verdict === 'approve') ? 'approved' : 'automatic';
}

/** A remedy helped when nothing had to be changed after it and the recovery held. */
function trialsOf(incident: IncidentStatus): RemedyTrial[] {
  const { mutations, plans, recoveredAt } = incident;
  const remedyOf = new Map(plans.flatMap((result) => (result.kind === 'planned' ? [[result.plan.id, result.plan.remedy] as const] : [])));
  const tried = [...new Set(mutations.filter(({ undo, result }) => !undo && result !== 'unchanged').map(({ planId }) => planId))];
  const last = changingPlans(incident).at(-1);
  return tried.flatMap((planId, index) => {
    const remedy = remedyOf.get(planId);
    return remedy === undefined ? [] : [{ remedy, helped: recoveredAt !== undefined && planId === last && index === tried.length - 1 }];
  });
}
