import type { WorkflowExecutionInfo } from '@temporalio/client';
import { z } from 'zod';
import { FAILURE_DOMAINS, INCIDENT_CLASSES, OUTCOMES, PHASES, publicIdOf, type IncidentMemo, type IncidentStatus } from '../../workflows/contracts';
import { SEARCH_ATTRIBUTE_KEYS } from '../../workflows/contracts/search-attributes';

const text = z.object({ en: z.string(), ko: z.string() });

/** One line of an incident list; known from Temporal's visibility alone, so that it needs no worker. */
export const incidentSummary = z.object({
  publicId: z.string(),
  workflowId: z.string(),
  cluster: z.string(),
  failureDomain: z.enum(FAILURE_DOMAINS).catch('unknown'),
  incidentClass: z.enum(INCIDENT_CLASSES).catch('unknown'),
  phase: z.enum(PHASES),
  outcome: z.enum(OUTCOMES).optional(),
  open: z.boolean(),
  title: text,
  severity: z.string(),
  needsYou: z.boolean(),
  rootCause: z.string().optional(),
  owner: z.string().optional(),
  beganAt: z.string(),
  openedAt: z.string(),
  recoveredAt: z.string().optional(),
  closedAt: z.string().optional(),
  /** Set where the run ended without closing its incident. */
  ended: z.enum(['failed', 'terminated', 'timed out', 'cancelled']).optional(),
});
export type IncidentSummary = z.output<typeof incidentSummary>;

const ENDED: Readonly<Record<string, IncidentSummary['ended']>> = { FAILED: 'failed', TERMINATED: 'terminated', TIMED_OUT: 'timed out', CANCELLED: 'cancelled' };

/** What is no longer so has been taken out of a memo, and may still stand there as null. */
function known(memo: Record<string, unknown>): Partial<IncidentMemo> {
  return Object.fromEntries(Object.entries(memo).filter(([, value]) => value !== null));
}

export function summaryOf(run: Omit<WorkflowExecutionInfo, 'raw'>): IncidentSummary {
  const attribute = (key: keyof typeof SEARCH_ATTRIBUTE_KEYS) => run.typedSearchAttributes.get(SEARCH_ATTRIBUTE_KEYS[key]);
  const memo = known(run.memo ?? {});
  const open = run.status.name === 'RUNNING';
  const openedAt = run.startTime.toISOString();
  const [, cluster = '', failureDomain = ''] = run.workflowId.split('/');
  return incidentSummary.parse({
    publicId: publicIdOfRun(run),
    workflowId: run.workflowId,
    cluster: attribute('cluster') ?? cluster,
    failureDomain: attribute('failureDomain') ?? failureDomain,
    incidentClass: attribute('incidentClass'),
    phase: open ? (attribute('phase') ?? 'triage') : 'closed',
    outcome: OUTCOMES.find((known) => known === attribute('outcome')),
    open,
    title: memo.title ?? { en: run.workflowId, ko: run.workflowId },
    severity: memo.severity ?? 'unknown',
    needsYou: open && (memo.needsYou ?? false),
    rootCause: memo.rootCause,
    owner: memo.owner,
    beganAt: memo.beganAt || openedAt,
    openedAt,
    recoveredAt: memo.recoveredAt,
    closedAt: run.closeTime?.toISOString(),
    ended: ENDED[run.status.name],
  });
}

/** As the incident itself says; before its first workflow task, computed as the incident will compute it. */
export function publicIdOfRun(run: Pick<WorkflowExecutionInfo, 'typedSearchAttributes' | 'runId' | 'startTime'>): string {
  return run.typedSearchAttributes.get(SEARCH_ATTRIBUTE_KEYS.publicId) ?? publicIdOf(run.runId, run.startTime);
}

/** The same line for an incident of which only the record is left. */
export function summaryOfRecord(incident: IncidentStatus): IncidentSummary {
  const { publicId, workflowId, cluster, failureDomain, incidentClass, phase, outcome, title, severity, rootCause, owner, beganAt, openedAt, recoveredAt, closedAt } = incident;
  return { publicId, workflowId, cluster, failureDomain, incidentClass, phase, outcome, open: false, title, severity, needsYou: false, rootCause, owner, beganAt, openedAt, recoveredAt, closedAt };
}
