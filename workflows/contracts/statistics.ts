import type { Text } from './text';
import type { FailureDomain, IncidentClass, Outcome } from './vocabulary';

/** How an incident's run ended where it did not close its incident. */
export const RUN_ENDS = ['failed', 'terminated', 'timed-out', 'cancelled'] as const;
export type RunEnd = (typeof RUN_ENDS)[number];

/** What brought the pipeline back: itself, Nightshift by policy, Nightshift by a person's approval, or a person. */
export const COURSES = ['self-healed', 'automatic', 'approved', 'by-hand'] as const;
export type Course = (typeof COURSES)[number];

/** One remedy that changed something, and whether the pipeline was well after it and stayed so. */
export interface RemedyTrial {
  remedy: string;
  helped: boolean;
}

/** What became of a proposed fix, as far as statistics go: whatever is neither merged nor declined is open. */
export const FIX_ENDS = ['open', 'merged', 'declined'] as const;
export type FixEnd = (typeof FIX_ENDS)[number];

/** What statistics need of one record: a line of the index. All spans in milliseconds. */
export interface RecordSummary {
  publicId: string;
  cluster: string;
  failureDomain: FailureDomain;
  incidentClass: IncidentClass;
  title: Text;
  severity: string;
  practice: boolean;
  outcome?: Outcome;
  /** Where the run ended without closing its incident; the sweep then wrote the record. */
  ended?: RunEnd;
  beganAt: string;
  openedAt: string;
  recoveredAt?: string;
  closedAt?: string;
  /** Absent where no cause was certain enough to be named. */
  rootCause?: { id: string; title: Text };
  course: Course;
  /** First alert → incident opened. */
  toDetect: number;
  /** Opened → the first thing that a person did; absent where nobody did anything. */
  toAcknowledge?: number;
  /** Opened → root cause. */
  toRootCause?: number;
  /** First alert → recovered. */
  toRecover?: number;
  missed: Array<'rootCause' | 'recovery'>;
  remedies: RemedyTrial[];
  fixes: Array<{ id: string; end: FixEnd }>;
}

/** A span of time by its instants; `to` is not in it. */
export interface Period {
  /** `2026-11` */
  label: string;
  timeZone: string;
  from: string;
  to: string;
}

/** Milliseconds over those incidents in which it happened; absent figures where it happened in none. */
export interface Spread {
  count: number;
  mean?: number;
  median?: number;
  p90?: number;
}

export interface Share {
  count: number;
  /** 0 to 1, of all that were counted. */
  share: number;
}

export interface Figures {
  count: number;
  courses: Record<Course, Share>;
  toDetect: Spread;
  toAcknowledge: Spread;
  toRootCause: Spread;
  toRecover: Spread;
  missed: { rootCause: number; recovery: number };
  /** Incidents whose root cause the same cluster had had within the 30 days before. */
  recurrences: number;
  fixes: Record<FixEnd, number>;
  remedies: Array<{ remedy: string; tried: number; helped: number }>;
}

/** A row of the handbook's table: rank, problem, count; with what stands behind it. */
export interface ClassFigures extends Figures {
  rank: number;
  incidentClass: IncidentClass;
  problem: Text;
  /** Most frequent first; `unknown` counts those without a named cause. */
  causes: Array<{ id: string; title: Text; count: number }>;
}

export interface Statistics {
  schema: 'nightshift/statistics/v1';
  period: Period;
  total: Figures;
  classes: ClassFigures[];
  /** Not counted: merged into a leading incident, or practised. */
  leftOut: { merged: number; practice: number };
}
