import type { IncidentStatus, Risk } from '../../workflows/contracts';

/** How many people the lab's policy wants to decide. */
const APPROVERS: Readonly<Record<Risk, number>> = { safe: 0, disruptive: 1, destructive: 2 };

/** Changes that were made before enough people had decided on their plan. What is undone belongs to the plan that was decided on. */
export function undecided({ publicId, mutations, plans, decisions }: Pick<IncidentStatus, 'publicId' | 'mutations' | 'plans' | 'decisions'>): string[] {
  return mutations.filter(({ undo, result }) => !undo && result !== 'unchanged').flatMap(({ planId, at, object }) => {
    const planned = plans.find((result) => result.kind === 'planned' && result.plan.id === planId);
    const wanted = planned?.kind === 'planned' ? APPROVERS[planned.plan.risk] : Infinity;
    const approvers = new Set(decisions.filter((decision) => decision.planId === planId && decision.verdict === 'approve' && decision.at <= at).map(({ actor }) => actor));
    return approvers.size >= wanted ? [] : [`${publicId}: ${object.kind}/${object.name} was changed with ${approvers.size} of ${wanted} decisions`];
  });
}
