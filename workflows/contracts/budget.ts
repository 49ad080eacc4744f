import type { IncidentClass } from './vocabulary';

/** How many steps may be carried out without a person; unlimited where absent. Any 60 minutes, any 24 hours. */
export interface BudgetLimits {
  perHour?: number;
  perDay?: number;
}

/** A cluster's: for everything, and for single incident classes within it. */
export interface Budgets extends BudgetLimits {
  classes?: Partial<Record<IncidentClass, BudgetLimits>>;
}

/** Asks whether a plan may be carried out without a person, and counts it. Asked again with the same key it is answered the same and counted once. */
export interface SpendRequest {
  cluster: string;
  /** Names one plan: its ID and hash. */
  key: string;
  /** Steps of the whole plan: half a plan is worse than none. */
  actions: number;
  incidentClass: string;
  /** What the asking worker's configuration says now. */
  budgets: Budgets;
  /** Nothing is counted; somebody only wants to know. */
  trial?: boolean;
}

/** The limit that a plan would go beyond. */
export interface BudgetExceeded {
  /** `cluster`, or the incident class. */
  scope: string;
  window: 'hour' | 'day';
  most: number;
  used: number;
  /** When enough is free again; absent where the plan alone is more than the limit. RFC 3339. */
  freeAt?: string;
}

export type SpendAnswer = { granted: true } | { granted: false; exceeded: BudgetExceeded };

export interface Spending {
  key: string;
  actions: number;
  incidentClass: string;
  /** Epoch milliseconds of the workflow's clock. */
  at: number;
}
