import type { ZodType } from 'zod';
import type { BlastRadius, GateVerdict, Plan, PlannedStep, PlanRequest, Risk, Text } from '../workflows/contracts';
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

export type JudgedPlan = Pick<Plan, 'steps' | 'inverse'>;

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
  /** The mildest risk that a plan of this remedy can have; its undo counts as that, or as the plan, whichever is worse. */
  mildestRisk: Risk;
  /** The roles that its input names; each must be declared by the runbook. */
  roles(input: Input): string[];
  plan(access: ClusterAccess, input: Input, request: PlanRequest): Promise<DraftResult>;
  /**
   * Steps that are done already are judged as done.
   * @throws NotAuthorized when a step is none that this remedy makes, or touches an object outside the allowed targets.
   */
  judge(access: ClusterAccess, plan: JudgedPlan, allowed: AllowedTargets): Promise<Judgement>;
  /** What undoing would do to live state; absent where undoing takes nothing away from anybody. */
  judgeUndo?(access: ClusterAccess, plan: JudgedPlan, allowed: AllowedTargets): Promise<GateVerdict[]>;
}
