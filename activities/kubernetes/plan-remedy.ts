import { failure, failureTypeOf, type GateVerdict, type Plan, type PlannedStep, type PlanRequest, type PlanResult } from '../../workflows/contracts';
import { planHash } from '../../workflows/domain/plan-hash';
import { clusterNamed, targetOf, type ClusterAccess, type Clusters } from '../cluster-access';
import { parseInput } from '../probe';
import { text, type AllowedTargets, type Draft, type Remedy } from '../remedy';
import { nameStep } from './changes';
import { domainsOf } from './lease-domain';
import { diffOf } from './plan-diff';
import { rulingNow } from './policy-authority';
import { secretGate } from './secret-gate';
import { executeStep } from './step-execution';
import { revertWarnings } from './sync-loops';

export type Remedies = Readonly<Record<string, Remedy>>;

/** The registered remedy. @throws InvalidInput when there is none; the message names those that are. */
export function remedyNamed(remedies: Remedies, use: string): Remedy {
  const remedy = Object.hasOwn(remedies, use) ? remedies[use] : undefined;
  if (remedy) return remedy;
  throw failure('InvalidInput', `No remedy ${use} is registered; there are ${Object.keys(remedies).join(', ')}`);
}

/** What the roles mean here. A role that this cluster does not have (`null` in its configuration) allows nothing. */
export function allowedTargets(access: ClusterAccess, roles: readonly string[]): AllowedTargets {
  return new Map(roles.filter((role) => Object.hasOwn(access.config.targets, role)).map((role) => [role, targetOf(access, role)]));
}

/** Drafts, judges, tries (dry run) and hashes: nothing is changed. */
export async function planRemedy(clusters: Clusters, remedies: Remedies, request: PlanRequest): Promise<PlanResult> {
  const access = clusterNamed(clusters, request.cluster);
  const remedy = remedyNamed(remedies, request.remedy.use);
  const input = parseInput(remedy, request.remedy.with, `The remedy ${request.remedy.id}`);
  const foreign = remedy.roles(input).filter((role) => !request.targets.includes(role));
  if (foreign.length > 0) throw failure('InvalidInput', `The remedy ${request.remedy.id} touches ${foreign.join(', ')}, which the runbook does not declare as targets`);
  const draft = await remedy.plan(access, input, request);
  const id = request.remedy.id;
  if (draft.kind === 'unneeded') return { kind: 'unneeded', remedy: id, reason: draft.reason };
  if (draft.kind === 'refused') return { kind: 'refused', remedy: id, gates: draft.gates, reason: draft.reason };
  const secret = await secretGate(access, [...draft.steps, ...draft.inverse]);
  if (secret) return { kind: 'refused', remedy: id, gates: [secret], reason: secret.reason };
  const allowed = allowedTargets(access, remedy.roles(input));
  const judgement = await remedy.judge(access, draft, allowed);
  const trial = await tryAll(access, remedy, draft, allowed);
  const gates = [...judgement.gates, ...trial.gates];
  const refusal = gates.find(({ passed }) => !passed);
  if (refusal) return { kind: 'refused', remedy: id, gates, reason: refusal.reason };
  const reverts = await revertWarnings(access, draft.steps);
  const plan: Omit<Plan, 'hash'> = {
    id: request.planId, remedy: id, use: remedy.use, title: request.remedy.title, cluster: request.cluster,
    risk: judgement.risk, steps: draft.steps, inverse: draft.inverse, domains: domainsOf(access.config, [...draft.steps, ...draft.inverse]), gates, blastRadius: judgement.blastRadius,
    ...(draft.desiredState && { desiredState: draft.desiredState }),
    ...(reverts.length > 0 && { reverts }),
    ...(judgement.expectedLoss && { expectedLoss: judgement.expectedLoss }),
    ifNothingIsDone: draft.ifNothingIsDone, diff: diffOf(draft.steps), dryRun: trial.lines, plannedAt: request.plannedAt,
  };
  const ruling = rulingNow(access, { ...request, risk: plan.risk });
  return { kind: 'planned', plan: { ...plan, hash: planHash(plan) }, ruling };
}

/** Refusals of the server's dry run that mean that the plan would fail; anything else is thrown and asked again. */
const SERVER_SAYS_NO: ReadonlySet<string> = new Set(['UpstreamRejected', 'NotAuthorized', 'RateLimited', 'InvalidInput']);

async function tryAll(access: ClusterAccess, remedy: Remedy, { steps }: Draft, allowed: AllowedTargets): Promise<{ lines: string[]; gates: GateVerdict[] }> {
  const lines: string[] = [];
  const gates: GateVerdict[] = [];
  for (const step of steps) {
    const said = await tryStep(access, remedy, step, steps, allowed);
    lines.push(`${nameStep(step)}: ${said.line}`);
    // A cluster that is only observed gives no permission to write, and a proposal needs none.
    if (said.refused && access.config.mode === 'act') {
      gates.push({ gate: 'dryRun', passed: false, reason: text(`The server refuses ${nameStep(step)}: ${said.line}`, `서버가 ${nameStep(step)}을(를) 거부합니다: ${said.line}`) });
    }
  }
  return { lines, gates };
}

async function tryStep(access: ClusterAccess, remedy: Remedy, step: PlannedStep, steps: readonly PlannedStep[], allowed: AllowedTargets): Promise<{ line: string; refused: boolean }> {
  try {
    const { result } = await executeStep({ access, dryRun: true, ...reloadCheck(access, remedy, steps, allowed) }, step);
    return { line: step.action === 'reload' ? 'cannot be tried; the pod is there to be asked' : `the server would accept it (${result})`, refused: false };
  } catch (error) {
    const type = failureTypeOf(error) ?? '';
    if (!SERVER_SAYS_NO.has(type)) throw error;
    // A pod that is not ready now uses the budget up; the steps before this one are what makes it ready, and this one waits for that.
    if (type === 'RateLimited' && step.action === 'evict' && step !== steps[0]) return { line: 'its disruption budget has no room now; it waits until the steps before it have made some', refused: false };
    return { line: error instanceof Error ? error.message : 'no', refused: true };
  }
}

export function reloadCheck(access: ClusterAccess, remedy: Remedy, steps: readonly PlannedStep[], allowed: AllowedTargets) {
  const { hasReloaded } = remedy;
  return hasReloaded ? { hasReloaded: (step: PlannedStep) => hasReloaded.call(remedy, access, step, steps, allowed) } : {};
}
