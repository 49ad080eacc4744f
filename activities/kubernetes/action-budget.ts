import { failure, type BudgetExceeded, type ExecuteRequest, type Plan, type PolicyRuling, type Requirement, type Risk, type SpendAnswer, type SpendRequest } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import { approvedBy, type PolicyAuthority } from './policy-authority';

export interface BudgetBook {
  /** Decides and counts in one; shared by all incidents and workers of a cluster. @throws UpstreamUnavailable when it cannot be asked */
  spendBudget(request: SpendRequest): Promise<SpendAnswer>;
}

type Place = Pick<ClusterAccess, 'config' | 'clock'>;

/** What policy demands of a plan that would go ahead by itself, when the budget is used up: a person. */
export async function withinBudget(book: BudgetBook, { config }: Place, plan: Plan, incidentClass: string, ruling: PolicyRuling): Promise<PolicyRuling> {
  const asking = askingInstead(ruling.requirement);
  if (asking === ruling.requirement) return ruling;
  const answer = await ask(book, config, plan, incidentClass, true);
  if (answer.granted) return ruling;
  const { exceeded } = answer;
  return { ...ruling, requirement: asking, rule: `budget of ${exceeded.scope === 'cluster' ? config.name : exceeded.scope}`, because: becauseOf(exceeded, plan.steps.length), budget: exceeded };
}

/**
 * Counts a step that no person has approved, by this worker's own policy and keys; its plan is counted as a whole, once.
 * @throws GateRefused when the budget is used up: planned again, a person is asked
 */
export async function requireBudget(book: BudgetBook, authority: PolicyAuthority, access: Place, request: ExecuteRequest, risk: Risk, { requirement, at }: PolicyRuling): Promise<void> {
  const asking = askingInstead(requirement);
  if (asking === requirement || approvedBy(authority, access.config, request, risk, { requirement: asking, at })) return;
  const answer = await ask(book, access.config, request.plan, request.incidentClass, false);
  if (answer.granted) return;
  throw failure('GateRefused', `The plan ${request.plan.id} may not go ahead by itself: ${becauseOf(answer.exceeded, request.plan.steps.length).en}. Plan again: a person may approve it`, { details: [answer.exceeded] });
}

async function ask(book: BudgetBook, { name, budgets }: Place['config'], plan: Plan, incidentClass: string, trial: boolean): Promise<SpendAnswer> {
  if (!budgets) return { granted: true };
  return book.spendBudget({ cluster: name, key: `${plan.id}/${plan.hash}`, actions: plan.steps.length, incidentClass, budgets, ...(trial && { trial }) });
}

/** The same requirement where it lets nothing through by itself. */
function askingInstead(requirement: Requirement): Requirement {
  if (requirement.kind === 'automatic') return { kind: 'approval', approvers: 1, roles: ['approver', 'admin'] };
  if (requirement.kind !== 'approval' || requirement.atDeadline === undefined) return requirement;
  const { atDeadline: _atDeadline, ...approval } = requirement;
  return approval;
}

function becauseOf({ scope, window, most, used, freeAt }: BudgetExceeded, actions: number) {
  const span = { hour: { en: 'an hour', ko: '1시간' }, day: { en: 'a day', ko: '24시간' } }[window];
  const whose = scope === 'cluster' ? { en: '', ko: '' } : { en: ` for ${scope}`, ko: ` (${scope})` };
  const free = freeAt === undefined ? { en: '', ko: '' } : { en: `; free again at ${freeAt}`, ko: `; ${freeAt}부터 다시 가능` };
  return {
    en: `${used} of ${most} automated actions within ${span.en}${whose.en} are used, this plan takes ${actions}${free.en}`,
    ko: `최근 ${span.ko} 자동 조치 ${most}건 중 ${used}건 사용${whose.ko}, 이 계획은 ${actions}건 필요${free.ko}`,
  };
}
