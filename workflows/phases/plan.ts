import { isCancellation } from '@temporalio/workflow';
import { planning } from '../activity-calls';
import type { Plan, PlanResult, PolicyRuling, RankedCause, RemedySpec } from '../contracts';
import { absentWorker, nobodyTookIt } from './absence';
import { distrusted, inTrustedOrder, sameCauseBefore } from '../domain/recurrence';
import { reasonOf, type Incident } from './incident';

export type Planned =
  | { kind: 'planned'; plan: Plan; ruling?: PolicyRuling }
  /** Every remedy found the world as it wants it: there is nothing to do but to look whether all is well. */
  | { kind: 'unneeded' }
  /** No remedy is possible; the reasons are in the timeline. `absent`: because the worker that plans is away. */
  | { kind: 'none'; reasons: string[]; absent?: boolean };

/**
 * Plans the first possible remedy of the root cause that has not been tried, or the one that a person chose.
 * @param tried ids of remedies that were rejected or did not help
 */
export async function plan(incident: Incident, cause: RankedCause | undefined, tried: ReadonlySet<string>): Promise<Planned> {
  incident.enter('plan');
  if (cause) await recall(incident, cause);
  const results: PlanResult[] = [];
  for (const remedy of candidates(incident, cause, tried)) {
    const result = await planRemedy(incident, remedy, nextPlanId(incident));
    incident.record({ type: 'planned', result });
    results.push(result);
    if (result.kind === 'planned') return result;
    // The next remedy would be planned by the same worker.
    if (result.kind === 'refused' && result.workerAbsent && incident.has('2026-11-absent-worker')) return { kind: 'none', reasons: [result.reason.en], absent: true };
  }
  if (results.length > 0 && results.every((result) => result.kind === 'unneeded')) return { kind: 'unneeded' };
  return { kind: 'none', reasons: results.map((result) => (result.kind === 'planned' ? '' : result.reason.en)) };
}

/** Says once of each cause that it has been here before, and which remedies are not to be trusted first. */
async function recall(incident: Incident, cause: RankedCause): Promise<void> {
  if (!incident.has('2026-12-recurrence')) return;
  await incident.knowsPast;
  const before = sameCauseBefore(incident.status, cause.id);
  if (before.length === 0 || incident.recalled.has(cause.id)) return;
  incident.recalled.add(cause.id);
  const setBack = cause.remedies.filter((id) => distrusted(incident.status, cause.id).has(id));
  incident.record({ type: 'recurred', cause: cause.id, incidents: before.map(({ publicId }) => publicId), setBack });
}

/** Plans one remedy as it would be done now. Asked again with the same plan ID and time it answers the same, as long as the world is the same. */
export async function planRemedy(incident: Incident, remedy: RemedySpec, planId: string, plannedAt = incident.now()): Promise<PlanResult> {
  const { cluster, publicId, incidentClass, severity } = incident.status;
  const { id, use, title } = remedy;
  try {
    return await planning(incident.settings, `${id}: ${use}`).kubernetesPlanRemedy({
      cluster,
      publicId,
      incidentClass,
      severity,
      planId,
      plannedAt,
      remedy: { id, use, title, with: remedy.with },
      targets: incident.snapshot?.runbook.targets ?? [],
    });
  } catch (error) {
    // Whatever keeps a remedy from being planned, a worker that is away included, the next one and a person are left.
    if (isCancellation(error)) throw error;
    const workerAbsent = nobodyTookIt(error);
    const reason = workerAbsent ? absentWorker(incident.settings.queues.mutate) : reasonOf(error);
    return { kind: 'refused', remedy: id, gates: [], ...(workerAbsent && { workerAbsent }), reason: { en: `it could not be planned: ${reason}`, ko: `계획할 수 없음: ${reason}` } };
  }
}

export function remedyById(incident: Incident, id: string): RemedySpec | undefined {
  return incident.snapshot?.runbook.remedies.find((remedy) => remedy.id === id);
}

function candidates(incident: Incident, cause: RankedCause | undefined, tried: ReadonlySet<string>): RemedySpec[] {
  const { chosenRemedy } = incident;
  const ids = chosenRemedy ? [chosenRemedy] : (cause ? inTrustedOrder(incident.status, cause) : []).filter((id) => !tried.has(id));
  return ids.map((id) => remedyById(incident, id)).filter((remedy): remedy is RemedySpec => remedy !== undefined);
}

function nextPlanId(incident: Incident): string {
  return `${incident.status.publicId}-p${incident.status.plans.length + 1}`;
}
