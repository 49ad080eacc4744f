import { isCancellation } from '@temporalio/workflow';
import { planning } from '../activity-calls';
import type { Plan, PlanResult, PolicyRuling, RankedCause, RemedySpec } from '../contracts';
import { absentWorker, nobodyTookIt } from './absence';
import { distrusted, inTrustedOrder, sameCauseBefore } from '../domain/recurrence';
import type { TriedRemedies } from '../domain/tried-remedies';
import { reasonOf, type Incident } from './incident';

export type Planned =
  | { kind: 'planned'; plan: Plan; ruling?: PolicyRuling }
  /** Every remedy found the world as it wants it: there is nothing to do but to look whether all is well. */
  | { kind: 'unneeded' }
  /** No remedy is possible; the reasons are in the timeline. `absent`: because the worker that plans is away. */
  | { kind: 'none'; reasons: string[]; absent?: boolean };

/**
 * Plans the first possible remedy of the root cause that has not been tried, or the one that a person chose. When none is left,
 * one that was carried out is planned again for what it was not carried out on: a second receiver may be killed when the first
 * has got more memory.
 */
export async function plan(incident: Incident, cause: RankedCause | undefined, tried: TriedRemedies): Promise<Planned> {
  incident.enter('plan');
  if (cause) await recall(incident, cause);
  const results: PlanResult[] = [];
  const { chosenRemedy } = incident;
  const ids = chosenRemedy ? [chosenRemedy] : cause ? inTrustedOrder(incident.status, cause).filter((id) => tried.isNew(id)) : [];
  for (const remedy of remediesOf(incident, ids)) {
    const result = await planRemedy(incident, remedy, nextPlanId(incident));
    incident.record({ type: 'planned', result });
    results.push(result);
    if (result.kind === 'planned') return result;
    // The next remedy would be planned by the same worker.
    if (result.kind === 'refused' && result.workerAbsent && incident.has('2026-11-absent-worker')) return { kind: 'none', reasons: [result.reason.en], absent: true };
  }
  const again = chosenRemedy || !cause ? undefined : await planForOthers(incident, cause, tried);
  if (again) return again;
  if (results.length > 0 && results.every((result) => result.kind === 'unneeded')) return { kind: 'unneeded' };
  return { kind: 'none', reasons: results.map((result) => (result.kind === 'planned' ? '' : result.reason.en)) };
}

/** The remedies that were carried out, in their order, as far as they would now be for something else; what else they say is known. */
async function planForOthers(incident: Incident, cause: RankedCause, tried: TriedRemedies): Promise<Extract<PlanResult, { kind: 'planned' }> | undefined> {
  if (!incident.has('2026-12-after-a-remedy')) return undefined;
  const ids = inTrustedOrder(incident.status, cause).filter((id) => tried.mayServeOthers(id));
  for (const remedy of remediesOf(incident, ids)) {
    const result = await planRemedy(incident, remedy, nextPlanId(incident));
    if (result.kind !== 'planned' || !tried.servesOthers(result.plan)) continue;
    incident.record({ type: 'planned', result });
    return result;
  }
  return undefined;
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

function remediesOf(incident: Incident, ids: readonly string[]): RemedySpec[] {
  return ids.map((id) => remedyById(incident, id)).filter((remedy): remedy is RemedySpec => remedy !== undefined);
}

function nextPlanId(incident: Incident): string {
  return `${incident.status.publicId}-p${incident.status.plans.length + 1}`;
}
