import type { ZodType } from 'zod';
import { failure, type BlastRadius, type GateVerdict, type Plan, type PlannedStep, type PlanRequest, type Risk, type Text } from '../workflows/contracts';
import type { ClusterAccess } from './cluster-access';
import type { Target } from './clusters';
import type { RbacRule } from './probe';

/** What a remedy wants to do, before it is judged, tried and hashed. */
export interface Draft {
  kind: 'draft';
  steps: PlannedStep[];
  inverse: PlannedStep[];
  /** Where the wanted state comes from. */
  desiredState?: string;
  ifNothingIsDone: Text;
}

export type DraftResult =
  | Draft
  | { kind: 'refused'; gates: GateVerdict[]; reason: Text }
  | { kind: 'unneeded'; reason: Text };

/** The roles that may be touched, as this worker's own configuration resolves them. */
export type AllowedTargets = ReadonlyMap<string, Target>;

export interface Judgement {
  risk: Risk;
  gates: GateVerdict[];
  blastRadius: BlastRadius;
  expectedLoss?: Text;
}

/** A plan as it is judged: the steps, and the one that is about to be executed (none while planning). */
export interface JudgedPlan extends Pick<Plan, 'steps' | 'inverse'> {
  executing?: PlannedStep;
}

/**
 * A typed, planned mutation. `judge` is asked when the plan is made and again immediately before each write, with live
 * state: it takes nothing from the plan on trust, least of all its risk.
 */
export interface Remedy<Input = unknown> {
  /** `system.verb`; runbooks name it. */
  use: string;
  title: string;
  input: ZodType<Input>;
  rbac: RbacRule[];
  /** The mildest risk that any plan of it can have; for people who choose a remedy. */
  mildestRisk: Risk;
  /** The mildest risk that these steps can have in any state of the world; undoing them counts as that at least. */
  leastRisk(steps: readonly PlannedStep[]): Risk;
  /** The roles that its input names; each must be declared by the runbook. */
  roles(input: Input): string[];
  plan(access: ClusterAccess, input: Input, request: PlanRequest): Promise<DraftResult>;
  /**
   * Steps that are done already are judged as done.
   * @throws NotAuthorized when a step is none that this remedy makes, or touches an object outside the allowed targets;
   * Conflict when an object is no longer as planned; NotYetConverged when the step before has not taken effect yet.
   */
  judge(access: ClusterAccess, plan: JudgedPlan, allowed: AllowedTargets): Promise<Judgement>;
  /** What undoing would do to live state; absent where undoing takes nothing away from anybody. */
  judgeUndo?(access: ClusterAccess, plan: JudgedPlan, allowed: AllowedTargets): Promise<GateVerdict[]>;
  /** For `reload` steps: does the program run with what the plan wants already? */
  hasReloaded?(access: ClusterAccess, step: PlannedStep, steps: readonly PlannedStep[], allowed: AllowedTargets): Promise<boolean>;
}

export function text(en: string, ko: string): Text {
  return { en, ko };
}

/** A remedy may not be shown a step that it did not make: somebody has changed the plan. */
export function foreignStep(use: string, step: PlannedStep, why: string) {
  return failure('NotAuthorized', `${use} does not make the step ${step.id} (${step.action} ${step.object.kind} ${step.object.namespace}/${step.object.name}): ${why}; the plan is refused, plan again`);
}
