import type { AcceptedDecision, VerificationKey } from '../contracts/decisions';
import type { PolicyTable, Requirement } from '../contracts/policy';
import { RISKS, type Risk } from '../contracts/vocabulary';
import { approverFault, breaksGlass, voiceOf } from './approvers';
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

/** What a table demands for a risk. Destructive is never automatic and never one person's decision, whatever a table says. */
export function requirementFor(policy: PolicyTable, risk: Risk): Requirement {
  return floored(policy[risk], risk);
}

/** However a rule is written and however loudly the glass is broken. */
const PEOPLE_AT_LEAST: Record<Risk, number> = { safe: 1, disruptive: 1, destructive: 2 };

/** What somebody wrote down, raised to what the risk takes at least. */
export function floored(asked: Requirement, risk: Risk): Requirement {
  const least = PEOPLE_AT_LEAST[risk];
  switch (asked.kind) {
    case 'observe-only':
      return asked;
    case 'automatic':
      return risk === 'destructive' ? DEFAULT_POLICY.destructive : asked;
    case 'never':
      return { ...asked, ...glassFor(asked, least) };
    case 'approval': {
      const { atDeadline, ...approval } = asked;
      return { ...approval, approvers: Math.max(least, asked.approvers), ...glassFor(asked, least), ...(risk === 'safe' && atDeadline && { atDeadline }) };
    }
  }
}

function glassFor({ breakGlass }: Exclude<Requirement, { kind: 'automatic' | 'observe-only' }>, least: number) {
  return breakGlass && { breakGlass: { ...breakGlass, approvers: Math.max(least, breakGlass.approvers) } };
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
  /** When the plan was made and what time it is, RFC 3339: a deadline that ends in "automatic" has passed or not. */
  plannedAt?: string;
  now?: string;
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
  const ours = decisions.filter(({ planId }) => planId === context.planId);
  const standing = countApprovals(requirement, ours, (decision) => decisionFault(decision, requirement, context));
  const rejected = ours.some(({ verdict }) => verdict === 'reject');
  return !rejected && deadlineHasPassed(requirement, context) ? { ...standing, approved: true, missing: 0 } : standing;
}

/**
 * Counts the decisions on one plan.
 * @param faultOf why a decision does not count; undefined when it does
 */
export function countApprovals(requirement: Requirement, decisions: readonly AcceptedDecision[], faultOf: (decision: AcceptedDecision) => string | undefined): ApprovalStanding {
  if (requirement.kind === 'automatic') return { approved: true, missing: 0, faults: [] };
  if (requirement.kind === 'observe-only') return { approved: false, missing: 1, faults: ['this cluster is observe-only'] };
  const { breakGlass } = requirement;
  if (requirement.kind === 'never' && !breakGlass) return { approved: false, missing: 1, faults: ['policy never allows this'] };
  const faults: string[] = [];
  const actors = new Set<string>();
  const voices = new Set<string>();
  let broken = false;
  const rejection = decisions.find(({ verdict }) => verdict === 'reject');
  for (const decision of rejection ? [] : decisions) {
    const fault = faultOf(decision);
    if (fault) faults.push(`the decision of ${decision.actor} does not count: ${fault}`);
    else {
      actors.add(decision.actor);
      voices.add(voiceOf(requirement, decision));
      broken ||= breaksGlass(decision);
    }
  }
  const ordinary = requirement.kind === 'approval' ? requirement.approvers : Infinity;
  const glass = breakGlass && (broken || requirement.kind === 'never') ? breakGlass.approvers : Infinity;
  const needed = Math.min(ordinary, glass);
  if (rejection) return { approved: false, missing: needed, faults: [`${rejection.actor} rejected the plan`] };
  // A deputy who also breaks the glass speaks with two voices and is one person; with whom they stand in for, the other way round.
  const missing = Math.max(0, needed - Math.min(actors.size, voices.size));
  return { approved: missing === 0, missing, faults };
}

function deadlineHasPassed(requirement: Requirement, { plannedAt, now }: ApprovalContext): boolean {
  if (requirement.kind !== 'approval' || requirement.atDeadline !== 'automatic' || requirement.deadlineMs === undefined) return false;
  return plannedAt !== undefined && now !== undefined && Date.parse(now) >= Date.parse(plannedAt) + requirement.deadlineMs;
}

function decisionFault(decision: AcceptedDecision, requirement: Requirement, context: ApprovalContext): string | undefined {
  if (decision.planHash !== context.planHash) return 'it is about another plan';
  if (!decision.signed) return context.acceptUnsigned ? approverFault(requirement, decision) : 'it is not signed';
  const { statement } = decision.signed;
  const addressee = { ...context, message: 'decide', now: decision.at } as const;
  const fault = statementFault(decision.signed, addressee, context.keys);
  if (fault) return fault;
  const { planHash, verdict, breakGlass, reason } = statement.body;
  if (planHash !== context.planHash || verdict !== 'approve' || breakGlass !== decision.breakGlass) return 'the signed statement says something else';
  if (statement.actor !== decision.actor) return `it was signed for ${statement.actor}`;
  return approverFault(requirement, { ...decision, roles: statement.roles, reason });
}
