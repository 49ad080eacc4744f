import type { KubernetesActivities } from '../../workflows/contracts';
import { within } from '../call-scope';
import { executePlannedStep, type ExecutionDependencies } from './execute-step';
import { planRemedy } from './plan-remedy';

/** Reads, two looks at an agent and a dry run a step: done within seconds. In milliseconds. */
const PLAN_MS = 45_000;
/** The same checks once more, then one write. */
const EXECUTE_MS = 45_000;

export function createKubernetesActivities(dependencies: ExecutionDependencies): KubernetesActivities {
  const { clusters, remedies } = dependencies;
  return {
    kubernetesPlanRemedy: (request) => within(PLAN_MS, `Planning ${request.remedy.id}`, () => planRemedy(clusters, remedies, request)),
    kubernetesExecuteStep: (request) => within(EXECUTE_MS, `The step ${request.stepId}`, () => executePlannedStep(dependencies, request, 'do')),
    kubernetesUndoStep: (request) => within(EXECUTE_MS, `Undoing ${request.stepId}`, () => executePlannedStep(dependencies, request, 'undo')),
  };
}
