import { OBSERVE_ONLY } from '../../../workflows/domain/policy';
import { decidersText } from '../../../workflows/domain/approvers';
import { decideRequirement, mismatchOf, type PolicyQuestion } from '../../../workflows/domain/policy-rules';
import { duration } from '../../../workflows/domain/time';
import type { BudgetLimits, Budgets, PolicyRuling, Requirement } from '../../../workflows/contracts';
import { findCluster, type ClusterEntry, type NightshiftConfig } from '../../config';
import { CommandError, EXIT } from '../exit';

/** A rule that was looked at before the one that decided, and why it did not apply. */
export interface PassedOver {
  rule: string;
  because: string;
}

/** As a worker with this configuration decides. */
export function evaluateFor({ cluster }: ClusterEntry, question: Omit<PolicyQuestion, 'cluster'>): PolicyRuling & { passedOver: PassedOver[] } {
  const { at, risk } = question;
  if (cluster.mode !== 'act') return { requirement: OBSERVE_ONLY[risk], rule: 'mode: observe', because: { en: `the cluster ${cluster.name} is only observed`, ko: `관찰 전용 클러스터 ${cluster.name}` }, at, passedOver: [] };
  const asked = { ...question, cluster: cluster.name };
  const passedOver: PassedOver[] = [];
  for (const { name, when } of cluster.policy.rules ?? []) {
    const because = mismatchOf(when, asked);
    if (because === undefined) break;
    passedOver.push({ rule: name, because });
  }
  return { ...decideRequirement(cluster.policy, asked), passedOver };
}

/** @throws CommandError that names the clusters there are */
export function clusterFor(config: NightshiftConfig, name: string): ClusterEntry {
  const entry = findCluster(config, name);
  if (entry) return entry;
  throw new CommandError(`There is no cluster ${name} in the configuration; there is ${config.clusters.map(({ cluster }) => cluster.name).join(', ')}.`, EXIT.notFound);
}

/** What a requirement comes to, in words. */
export function requirementText(requirement: Requirement): string {
  switch (requirement.kind) {
    case 'automatic':
      return 'automatic';
    case 'observe-only':
      return 'observe only: proposed, never carried out';
    case 'never':
      return `never${glassText(requirement)}`;
    case 'approval': {
      const { approvers, deadlineMs, atDeadline } = requirement;
      const deadline = deadlineMs === undefined ? '' : `; after ${duration(deadlineMs)} ${atDeadline ?? 'handed over'}`;
      return `${approvers} ${approvers === 1 ? 'approver' : 'different approvers'} (${decidersText(requirement)})${deadline}${glassText(requirement)}`;
    }
  }
}

function glassText({ breakGlass }: Extract<Requirement, { kind: 'never' | 'approval' }>): string {
  return breakGlass ? `; or ${breakGlass.approvers} who break${breakGlass.approvers === 1 ? 's' : ''} the glass with a reason (${decidersText(breakGlass)})` : '';
}

/** What may be done without a person before one is asked. */
export function budgetText(budgets: Budgets | undefined): string {
  if (!budgets) return 'Automated actions: no budget; policy alone decides.';
  const limitText = ({ perHour, perDay }: BudgetLimits) => [...(perHour === undefined ? [] : [`${perHour} within any hour`]), ...(perDay === undefined ? [] : [`${perDay} within any day`])].join(', ') || 'no limit';
  const classes = Object.entries(budgets.classes ?? {}).map(([name, limits]) => `; ${name}: ${limitText(limits)}`);
  return `Automated actions: ${limitText(budgets)}${classes.join('')}; beyond that a person is asked.`;
}
