import { failure, type ExecuteRequest, type GateVerdict, type Lease, type PlannedStep, type Risk, type StepResult, type VerificationKey } from '../../workflows/contracts';
import { planHash } from '../../workflows/domain/plan-hash';
import { worseRisk } from '../../workflows/domain/policy';
import { clusterNamed, type ClusterAccess, type Clusters } from '../cluster-access';
import type { AllowedTargets, Remedy } from '../remedy';
import { requireBudget, type BudgetBook } from './action-budget';
import { undoes } from './changes';
import { requireKillSwitch } from './kill-switch';
import { requireLeaseFor } from './lease-domain';
import { isNamedAfter } from './named-after';
import { allowedTargets, reloadCheck, remedyNamed, type Remedies } from './plan-remedy';
import { requirePolicy } from './policy-authority';
import { executeStep } from './step-execution';

export interface ExecutionDependencies extends BudgetBook {
  clusters: Clusters;
  remedies: Remedies;
  /** This worker's own: where it runs, and whose signatures it trusts at this moment. */
  temporalNamespace: string;
  keys(): readonly VerificationKey[];
  /** Does the lease still belong to this holder, with this token? Asked immediately before the write. */
  confirmLease(lease: Lease): Promise<boolean>;
  /** The workflow that runs this activity, by Temporal's word; undefined outside of one (tests). */
  callingWorkflow?(): string | undefined;
}

/**
 * Executes one step of a plan. Everything that the request says is checked against what this worker knows itself: its
 * configuration, the plan's hash, live state, its own policy and keys, the lease. Only then something is written.
 * @throws NotAuthorized, GateRefused, TargetNotFound, Conflict, NotYetConverged, and the gateway's failures.
 */
export async function executePlannedStep(dependencies: ExecutionDependencies, request: ExecuteRequest, direction: 'do' | 'undo'): Promise<StepResult> {
  const { plan } = request;
  const access = clusterNamed(dependencies.clusters, request.cluster);
  requireActing(access, request, dependencies);
  const remedy = remedyNamed(dependencies.remedies, plan.use);
  const allowed = allowedTargets(access, request.targets);
  const step = stepOf(request, direction, allowed);
  await requireKillSwitch(access);
  const risk = await (direction === 'do' ? judgeStep(access, remedy, request, step, allowed) : judgeUndo(access, remedy, request, allowed));
  const authority = { temporalNamespace: dependencies.temporalNamespace, keys: dependencies.keys() };
  const ruling = requirePolicy(authority, access, request, risk, direction);
  const steps = direction === 'do' ? plan.steps : plan.inverse;
  requireLeaseFor(access.config, request, step);
  await requireLease(dependencies, request);
  // An undo belongs to its plan, which was counted.
  if (direction === 'do') await requireBudget(dependencies, authority, access, request, risk, ruling);
  // Judging takes seconds, in which somebody may have switched it off.
  await requireKillSwitch(access);
  const created = direction === 'undo' && request.createdUid !== undefined ? { createdUid: request.createdUid } : {};
  return executeStep({ access, dryRun: false, ...created, ...reloadCheck(access, remedy, steps, allowed) }, step);
}

function requireActing({ config }: ClusterAccess, request: ExecuteRequest, { callingWorkflow }: ExecutionDependencies): void {
  const { plan } = request;
  if (config.mode !== 'act') throw failure('GateRefused', `The cluster ${config.name} is only observed (mode: observe); nothing is changed there`);
  if (plan.cluster !== config.name) throw failure('NotAuthorized', `The plan is for the cluster ${plan.cluster}, not for ${config.name}; it is refused`);
  if (planHash(plan) !== plan.hash) throw failure('NotAuthorized', `The plan ${plan.id} is not the one that its hash was made for: somebody has changed it; plan again`);
  const caller = callingWorkflow?.();
  if (caller !== undefined && caller !== request.workflowId) throw failure('NotAuthorized', `The workflow ${caller} asks in the name of ${request.workflowId}; it is refused`);
}

/** The step, if it is one of the plan and stays in the namespaces of the allowed targets. */
function stepOf({ plan, stepId }: ExecuteRequest, direction: 'do' | 'undo', allowed: AllowedTargets): PlannedStep {
  const steps = direction === 'do' ? plan.steps : plan.inverse;
  const step = steps.find(({ id }) => id === stepId);
  if (!step) throw failure('InvalidInput', `The plan ${plan.id} has no step ${stepId} to ${direction}; it has ${steps.map(({ id }) => id).join(', ') || 'none'}`);
  const namespaces = new Set([...allowed.values()].map(({ namespace }) => namespace));
  const stray = [...plan.steps, ...plan.inverse].find(({ object }) => !namespaces.has(object.namespace));
  if (stray) throw failure('NotAuthorized', `The step ${stray.id} touches the namespace ${stray.object.namespace}, where none of the allowed targets is; the plan is refused`);
  return step;
}

async function judgeStep(access: ClusterAccess, remedy: Remedy, { plan }: ExecuteRequest, step: PlannedStep, allowed: AllowedTargets): Promise<Risk> {
  const { risk, gates } = await remedy.judge(access, { steps: plan.steps, inverse: plan.inverse, executing: step }, allowed);
  requirePassed(gates);
  if (worseRisk(risk, plan.risk) !== plan.risk) {
    throw failure('GateRefused', `The plan ${plan.id} calls itself ${plan.risk}; this worker finds it ${risk} now. Nobody was asked about that: plan again`);
  }
  return plan.risk;
}

/**
 * What was approved covers its undoing: the steps are in the hash that was signed. They must undo what the plan does and
 * nothing else, and may not harm what is ready now.
 */
async function judgeUndo(access: ClusterAccess, remedy: Remedy, { plan }: ExecuteRequest, allowed: AllowedTargets): Promise<Risk> {
  const stray = plan.inverse.find((step) => !undoes(step, plan.steps));
  if (stray) throw failure('NotAuthorized', `The step ${stray.id} undoes nothing that this plan does; the plan is refused`);
  requireAllowedObjects(plan.steps, allowed);
  requirePassed((await remedy.judgeUndo?.(access, plan, allowed)) ?? []);
  return worseRisk(plan.risk, remedy.leastRisk(plan.steps));
}

/** Everything is a target itself, but for what is named after one: pods and claims of a workload, the copy of a Secret. */
function requireAllowedObjects(steps: readonly PlannedStep[], allowed: AllowedTargets): void {
  const isAllowed = ({ object }: PlannedStep) => [...allowed.values()].some((target) => object.namespace === target.namespace && isNamedAfter(object, target));
  const stray = steps.find((step) => !isAllowed(step));
  if (stray) throw failure('NotAuthorized', `The step ${stray.id} touches ${stray.object.kind} ${stray.object.namespace}/${stray.object.name}, which is none of the allowed targets; the plan is refused`);
}

function requirePassed(gates: readonly GateVerdict[]): void {
  const refused = gates.filter(({ passed }) => !passed);
  if (refused.length > 0) throw failure('GateRefused', refused.map(({ gate, reason }) => `${gate}: ${reason.en}`).join(' '), { details: [refused] });
}

async function requireLease({ confirmLease }: ExecutionDependencies, { lease, cluster }: ExecuteRequest): Promise<void> {
  if (lease.cluster === cluster && (await confirmLease(lease))) return;
  throw failure('NotAuthorized', `The lease on ${lease.cluster}/${lease.failureDomain} (token ${lease.token}) is no longer held by ${lease.holder}: somebody else works there now; take it again`);
}
