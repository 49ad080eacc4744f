import { randomUUID } from 'node:crypto';
import type { ClusterAccess } from '../../../activities/cluster-access';
import { executePlannedStep, type ExecutionDependencies } from '../../../activities/kubernetes/execute-step';
import { planRemedy } from '../../../activities/kubernetes/plan-remedy';
import { remedies } from '../../../activities/registry';
import type { AcceptedDecision, ExecuteRequest, JsonObject, Lease, Plan, PlanResult, StepResult } from '../../../workflows/contracts';
import { planHash } from '../../../workflows/domain/plan-hash';
import { NOW } from '../../support/pipeline-objects';
import { TestSigner } from '../../support/signing';

export const signer = new TestSigner();
const INCIDENT = { workflowId: 'incident/cluster-03/receive', firstRunId: randomUUID() };

/** The lease of a step's object, as the incident holds it. */
export function leaseOf({ domains = {} }: Plan, step: string, change: Partial<Lease> = {}): Lease {
  return { cluster: 'cluster-03', failureDomain: domains[step] ?? 'unknown', holder: `${INCIDENT.workflowId}@${INCIDENT.firstRunId}`, token: 3, expiresAt: '2100-01-01T00:00:00Z', ...change };
}


const text = { en: 'x', ko: 'x' };

export function plan(access: ClusterAccess, use: string, input: JsonObject, targets = ['agent', 'agentConfig', 'receiver', 'receiverService'], plannedAt = NOW): Promise<PlanResult> {
  return planRemedy(new Map([[access.config.name, access]]), remedies, {
    cluster: 'cluster-03', publicId: '20260301-00000000', incidentClass: 'remote-write-failure', severity: 'critical', planId: 'plan-1', remedy: { id: 'the-remedy', use, title: text, with: input }, targets, plannedAt,
  });
}

export async function planned(access: ClusterAccess, use: string, input: JsonObject, targets?: string[]): Promise<Plan> {
  const result = await plan(access, use, input, targets);
  if (result.kind !== 'planned') throw new Error(`${result.kind}: ${result.reason.en}`);
  return result.plan;
}

/** What a person who can reach Temporal might do to a plan: change it, and make the hash fit. */
export function forged(original: Plan, change: Partial<Plan>): Plan {
  const changed = { ...structuredClone(original), ...change };
  return { ...changed, hash: planHash(changed) };
}

export function approval(of: Plan, actor = 'kim', change: Partial<AcceptedDecision> = {}): AcceptedDecision {
  const signed = signer.sign(INCIDENT, 'decide', { verdict: 'approve' as const, planHash: of.hash }, { actor });
  return { planId: of.id, planHash: of.hash, verdict: 'approve', actor, roles: ['approver'], channel: 'cli', at: NOW, signed, ...change };
}

export interface ExecuteOptions {
  step?: string;
  decisions?: AcceptedDecision[];
  targets?: string[];
  direction?: 'do' | 'undo';
  /** As incidents ask that began when the first object's name said which lease is needed. */
  leaseByName?: boolean;
  change?: Partial<ExecuteRequest>;
  dependencies?: Partial<ExecutionDependencies>;
}

export function execute(access: ClusterAccess, of: Plan, { step, decisions, targets, direction = 'do', leaseByName = false, change = {}, dependencies = {} }: ExecuteOptions = {}): Promise<StepResult> {
  const stepId = step ?? (direction === 'do' ? of.steps : of.inverse)[0]!.id;
  return executePlannedStep(
    { clusters: new Map([[access.config.name, access]]), remedies, temporalNamespace: 'default', keys: () => [signer.key], confirmLease: () => Promise.resolve(true), spendBudget: () => Promise.resolve({ granted: true }), ...dependencies },
    {
      cluster: 'cluster-03', publicId: '20260301-00000000', incidentClass: 'remote-write-failure', severity: 'critical', ...INCIDENT,
      plan: of, targets: targets ?? ['agent', 'agentConfig', 'receiver', 'receiverService'], stepId,
      decisions: decisions ?? [approval(of), approval(of, 'lee')], lease: leaseOf(of, stepId), ...(!leaseByName && { leaseBy: 'role' as const }), ...change,
    },
    direction,
  );
}

export async function executeAll(access: ClusterAccess, of: Plan): Promise<string[]> {
  const results: string[] = [];
  for (const { id } of of.steps) results.push((await execute(access, of, { step: id })).result);
  return results;
}
