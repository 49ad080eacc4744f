import type { KubernetesActivities, PlanRequest, PlanResult } from '../../workflows/contracts';
import { within } from '../call-scope';
import { clusterNamed } from '../cluster-access';
import { withinBudget } from './action-budget';
import { executePlannedStep, type ExecutionDependencies } from './execute-step';
import { planRemedy } from './plan-remedy';

/** Reads, two looks at an agent and a dry run a step: done within seconds. In milliseconds. */
const PLAN_MS = 45_000;
/** The same checks once more, then one write. */
const EXECUTE_MS = 45_000;

export function createKubernetesActivities(dependencies: ExecutionDependencies): KubernetesActivities {
  return {
    kubernetesPlanRemedy: (request) => within(PLAN_MS, `Planning ${request.remedy.id}`, () => planWithinBudget(dependencies, request)),
    kubernetesExecuteStep: (request) => within(EXECUTE_MS, `The step ${request.stepId}`, () => executePlannedStep(dependencies, request, 'do')),
    kubernetesUndoStep: (request) => within(EXECUTE_MS, `Undoing ${request.stepId}`, () => executePlannedStep(dependencies, request, 'undo')),
  };
}

async function planWithinBudget(dependencies: ExecutionDependencies, request: PlanRequest): Promise<PlanResult> {
  const { clusters, remedies } = dependencies;
  const result = await planRemedy(clusters, remedies, request);
  if (result.kind !== 'planned' || !result.ruling) return result;
  return { ...result, ruling: await withinBudget(dependencies, clusterNamed(clusters, request.cluster), result.plan, request.incidentClass, result.ruling) };
}
