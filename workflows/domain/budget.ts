import type { BudgetExceeded, BudgetLimits, Budgets, SpendAnswer, SpendRequest, Spending } from '../contracts/budget';

const HOUR = 3_600_000;
/** What is older counts for nothing. */
const DAY = 24 * HOUR;

const WINDOWS = [['hour', 'perHour', HOUR], ['day', 'perDay', DAY]] as const;

/** The windows slide: at the turn of an hour nobody gets twice as much. */
export function recent(spendings: readonly Spending[], now: number): Spending[] {
  return spendings.filter(({ at }) => now - at < DAY);
}

/** Answers, and says what is spent afterwards. Pure; times are epoch milliseconds. */
export function spendFrom(spendings: readonly Spending[], request: SpendRequest, now: number): { answer: SpendAnswer; spendings: Spending[] } {
  const kept = recent(spendings, now);
  if (kept.some(({ key }) => key === request.key)) return { answer: { granted: true }, spendings: kept };
  const exceeded = exceededBy(kept, request, now);
  if (exceeded) return { answer: { granted: false, exceeded }, spendings: kept };
  const { key, actions, incidentClass, trial } = request;
  return { answer: { granted: true }, spendings: trial ? kept : [...kept, { key, actions, incidentClass, at: now }] };
}

function exceededBy(spendings: readonly Spending[], { actions, incidentClass, budgets }: SpendRequest, now: number): BudgetExceeded | undefined {
  const ofClass = spendings.filter((spending) => spending.incidentClass === incidentClass);
  return beyond('cluster', budgets, spendings, actions, now) ?? beyond(incidentClass, limitsOf(budgets, incidentClass), ofClass, actions, now);
}

function limitsOf({ classes = {} }: Budgets, incidentClass: string): BudgetLimits {
  return (classes as Record<string, BudgetLimits | undefined>)[incidentClass] ?? {};
}

function beyond(scope: string, limits: BudgetLimits, spendings: readonly Spending[], actions: number, now: number): BudgetExceeded | undefined {
  for (const [window, name, length] of WINDOWS) {
    const most = limits[name];
    if (most === undefined) continue;
    const within = spendings.filter(({ at }) => now - at < length);
    const used = sum(within);
    if (used + actions <= most) continue;
    const freeAt = freeFrom(within, most - actions);
    return { scope, window, most, used, ...(freeAt !== undefined && { freeAt: new Date(freeAt + length).toISOString() }) };
  }
  return undefined;
}

/** The time of the spending that has to be forgotten before no more than `left` remains. */
function freeFrom(within: readonly Spending[], left: number): number | undefined {
  if (left < 0) return undefined;
  const oldestFirst = [...within].sort((a, b) => a.at - b.at);
  return oldestFirst.find((_, index) => sum(oldestFirst.slice(index + 1)) <= left)?.at;
}

function sum(spendings: readonly Spending[]): number {
  return spendings.reduce((total, { actions }) => total + actions, 0);
}

/** Why a request cannot be read, as a sentence: whoever can reach Temporal can send one. */
export function spendFault(request: unknown): string | undefined {
  const { key, actions, incidentClass, budgets } = (request ?? {}) as Partial<SpendRequest>;
  if (typeof key !== 'string' || typeof incidentClass !== 'string') return 'a spending has a key and an incident class';
  if (!Number.isInteger(actions) || (actions ?? 0) < 1) return 'a spending is of one action at least';
  if (typeof budgets !== 'object' || budgets === null || (budgets.classes !== undefined && (typeof budgets.classes !== 'object' || budgets.classes === null))) return 'a spending says what the budgets are';
  return undefined;
}
