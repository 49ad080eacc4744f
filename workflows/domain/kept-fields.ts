import type { IncidentStatus } from '../contracts/incident';
import type { FixStory, KeptField } from '../contracts/permanent-fix';

/** What the incident's plans changed and left so, field by field. */
export function keptFields({ mutations, plans }: IncidentStatus): KeptField[] {
  const undone = new Set(mutations.filter(({ undo, result }) => undo && result !== 'unchanged').map(({ planId }) => planId));
  return mutations.flatMap(({ planId, step, result, undo }): KeptField[] => {
    if (undo || result !== 'patched' || undone.has(planId)) return [];
    const plan = plans.flatMap((planned) => (planned.kind === 'planned' && planned.plan.id === planId ? [planned.plan] : []))[0];
    const changed = plan?.steps.find(({ id }) => id === step);
    return plan && changed?.action === 'patch' ? changed.changes.map((change) => ({ ...change, use: plan.use, object: changed.object })) : [];
  });
}

const MOST_EVIDENCE = 8;

/** What a commit tells of the incident: the evidence that the root cause rests on, in the probes' own sentences. */
export function fixStory(status: IncidentStatus, url: string, recurrences: string[], at: string): FixStory {
  const cause = status.treatedCause ?? status.causes.find(({ id }) => id === status.rootCause);
  const evidence = (status.treatedEvidence ?? status.evidence).filter(({ status: answered }) => answered === 'answered');
  const deciding = evidence.filter(({ probe }) => cause?.supports.some((sentence) => sentence.startsWith(`${probe}.`)));
  return {
    title: status.title,
    ...(cause && { cause: cause.title }),
    evidence: (deciding.length > 0 ? deciding : evidence).slice(0, MOST_EVIDENCE).map(({ summary }) => summary),
    url,
    recurrences,
    at,
  };
}
