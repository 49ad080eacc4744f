import type { BudgetExceeded } from './budget';
import type { Text } from './text';
import type { IncidentClass, Risk, Role } from './vocabulary';

/** Who may decide: whoever has one of the roles, whoever is named, and the deputies of those who are named. */
export interface Deciders {
  roles: Role[];
  people?: string[];
  /** By the name of the person they stand in for; a deputy and that person are one voice. */
  deputies?: Record<string, string[]>;
}

/** Who may decide alone where the rule would not let them, with a reason, in a signed decision, and loudly. */
export interface BreakGlass {
  /** How many of them it takes; never fewer than two for what is destructive. */
  approvers: number;
  roles: Role[];
  people?: string[];
}

export type ApprovalRequirement = Deciders & {
  kind: 'approval';
  approvers: number;
  breakGlass?: BreakGlass;
  /** How long to wait for them, in milliseconds; the cluster's `approvalDeadline` where absent. */
  deadlineMs?: number;
  /** What then; a person has it where absent. Counts for `safe` only. */
  atDeadline?: 'automatic';
};

/** What policy demands before a plan of some risk may be executed. */
export type Requirement =
  /** Nothing is changed; the plan is shown as a proposal. */
  | { kind: 'observe-only' }
  | { kind: 'automatic' }
  | ApprovalRequirement
  | { kind: 'never'; breakGlass?: BreakGlass };

export type PolicyTable = Record<Risk, Requirement>;

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Hours that come again, on the wall clock of a place. */
export interface TimeWindow {
  /** The days on which it begins; every day where absent. */
  days?: Weekday[];
  /** `HH:MM`; the window lasts until just before `to`, over midnight where `to` is not later than `from`. */
  from: string;
  to: string;
  /** IANA name: `Asia/Seoul`. */
  timeZone: string;
}

/** A stretch of the calendar of a place. Dates (`2026-12-20`) count whole, `until` too; `2026-12-20T18:00` is the minute itself. */
export interface FreezePeriod {
  from: string;
  until: string;
  timeZone: string;
}

/** When a rule applies: everything that is said must hold; of a list, one. */
export interface PolicyCondition {
  risk?: Risk[];
  class?: IncidentClass[];
  cluster?: string[];
  severity?: string[];
  window?: TimeWindow[];
  freeze?: FreezePeriod[];
}

export interface PolicyRule {
  name: string;
  when: PolicyCondition;
  then: Requirement;
}

/** The first rule that applies decides; the table by risk is the last one. */
export interface Policy extends PolicyTable {
  rules?: PolicyRule[];
}

/** What a worker's policy said of one plan at one time, and why. */
export interface PolicyRuling {
  requirement: Requirement;
  /** The name of the rule that decided. */
  rule: string;
  because: Text;
  /** RFC 3339. */
  at: string;
  /** Present where it would go ahead by itself, but that much has been done without a person lately. */
  budget?: BudgetExceeded;
}
