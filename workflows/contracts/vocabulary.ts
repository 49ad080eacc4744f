/** The closed word lists of Nightshift. Everything else refers to these. */

/** What fails together in one cluster. An incident is about one failure domain of one cluster. */
export const FAILURE_DOMAINS = ['agent', 'receive', 'query', 'store', 'compact', 'ui', 'alerting', 'unknown'] as const;
export type FailureDomain = (typeof FAILURE_DOMAINS)[number];

/** The kind of problem, found by triage. Each has at most one runbook file. */
export const INCIDENT_CLASSES = [
  'remote-write-failure',
  'metrics-missing',
  'disk-full',
  'high-memory',
  'slow-query',
  'grafana-unreachable',
  'hashring-misconfigured',
  'tsdb-corruption',
  'alerting-pipeline-down',
  'unknown',
] as const;
export type IncidentClass = (typeof INCIDENT_CLASSES)[number];

/** The phases of an incident, in order. `waiting` is a handed-over or cancelled incident whose alerts still fire. */
export const PHASES = ['triage', 'diagnose', 'plan', 'approve', 'recover', 'verify', 'close', 'waiting', 'closed'] as const;
export type Phase = (typeof PHASES)[number];

export const OUTCOMES = ['recovered', 'self-healed', 'mitigated', 'merged', 'handed-over', 'cancelled'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Ordered from mild to grave; compare by index. */
export const RISKS = ['safe', 'disruptive', 'destructive'] as const;
export type Risk = (typeof RISKS)[number];

export const ROLES = ['viewer', 'responder', 'approver', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What a root cause does to the pipeline: data is being lost or delayed, redundancy is gone, or nothing (yet). */
export const IMPACTS = ['outage', 'degraded', 'none'] as const;
export type Impact = (typeof IMPACTS)[number];
