import type { AcceptedDecision, VerificationKey } from '../contracts/decisions';
import type { PolicyTable, Requirement } from '../contracts/settings';
import { RISKS, type Risk } from '../contracts/vocabulary';
import { statementFault } from './statements';

/** Where acting is on and nothing else is said. */
export const DEFAULT_POLICY: PolicyTable = {
  safe: { kind: 'automatic' },
  disruptive: { kind: 'approval', approvers: 1, roles: ['approver', 'admin'] },
  destructive: { kind: 'approval', approvers: 2, roles: ['approver', 'admin'] },
};

export const OBSERVE_ONLY: PolicyTable = {
  safe: { kind: 'observe-only' },
  disruptive: { kind: 'observe-only' },
  destructive: { kind: 'observe-only' },
};

/** What policy demands for a risk. Destructive is never automatic and never one person's decision, whatever a table says. */
export function requirementFor(policy: PolicyTable, risk: Risk): Requirement {
  const asked = policy[risk];
  if (risk !== 'destructive') return asked;
  if (asked.kind === 'automatic') return { kind: 'approval', approvers: 2, roles: ['approver', 'admin'] };
  return asked.kind === 'approval' ? { ...asked, approvers: Math.max(2, asked.approvers) } : asked;
}

export function worseRisk(a: Risk, b: Risk): Risk {
  return RISKS.indexOf(a) >= RISKS.indexOf(b) ? a : b;
}

export interface ApprovalContext {
  planId: string;
  planHash: string;
  temporalNamespace: string;
  workflowId: string;
  firstRunId: string;
  keys: readonly VerificationKey[];
  acceptUnsigned: boolean;
}

export interface ApprovalStanding {
  approved: boolean;
  /** How many more people are needed. */
  missing: number;
  /** Why decisions did not count, one sentence each. */
  faults: string[];
}

/**
 * Do these decisions satisfy the requirement for this plan? Counts different people only. Used by the workflow when a
 * decision arrives and, with its own keys and policy, by the worker that is about to execute.
 */
export function checkApprovals(requirement: Requirement, decisions: readonly AcceptedDecision[], context: ApprovalContext): ApprovalStanding {
  if (requirement.kind === 'automatic') return { approved: true, missing: 0, faults: [] };
  if (requirement.kind !== 'approval') {
    return { approved: false, missing: 1, faults: [requirement.kind === 'never' ? 'policy never allows this' : 'this cluster is observe-only'] };
  }
  const faults: string[] = [];
  const approvers = new Set<string>();
  for (const decision of decisions) {
    if (decision.planId !== context.planId) continue;
    if (decision.verdict === 'reject') return { approved: false, missing: requirement.approvers, faults: [`${decision.actor} rejected the plan`] };
    const fault = decisionFault(decision, requirement, context);
    if (fault) faults.push(`the decision of ${decision.actor} does not count: ${fault}`);
    else approvers.add(decision.actor);
  }
  const missing = Math.max(0, requirement.approvers - approvers.size);
  return { approved: missing === 0, missing, faults };
}

function decisionFault(decision: AcceptedDecision, requirement: Extract<Requirement, { kind: 'approval' }>, context: ApprovalContext): string | undefined {
  if (decision.planHash !== context.planHash) return 'it is about another plan';
  if (!decision.signed) return context.acceptUnsigned ? undefined : 'it is not signed';
  const { statement } = decision.signed;
  const addressee = { ...context, message: 'decide', now: decision.at } as const;
  const fault = statementFault(decision.signed, addressee, context.keys);
  if (fault) return fault;
  if (statement.body.planHash !== context.planHash || statement.body.verdict !== 'approve') return 'the signed statement says something else';
  if (statement.actor !== decision.actor) return `it was signed for ${statement.actor}`;
  if (!statement.roles.some((role) => requirement.roles.includes(role))) return `the role ${statement.roles.join(', ') || 'none'} may not approve`;
  return undefined;
}
