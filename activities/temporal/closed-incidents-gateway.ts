import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { FAILURE_DOMAINS, INCIDENT_CLASSES, OUTCOMES, publicIdOf, RUN_ENDS, WORKFLOW, type IncidentMemo, type IncidentStatus } from '../../workflows/contracts';
import { SEARCH_ATTRIBUTE_KEYS } from '../../workflows/contracts/search-attributes';
import { openIncident } from '../../workflows/domain/incident-state';
import type { ClosedIncident } from './gateway';
import { literal } from './visibility';

/** Incidents whose last run has closed; a run that went on in another one has not ended its incident. */
export async function closedIncidents(client: Pick<Client, 'workflow'>, since: string | undefined): Promise<ClosedIncident[]> {
  const from = since === undefined ? '' : ` AND CloseTime >= ${literal(since)}`;
  const query = `WorkflowType = '${WORKFLOW.incident}' AND ExecutionStatus != 'Running' AND ExecutionStatus != 'ContinuedAsNew'${from}`;
  const found: ClosedIncident[] = [];
  for await (const run of client.workflow.list({ query, pageSize: 200 })) found.push(closedIncident(run));
  return found;
}

function closedIncident(run: WorkflowExecutionInfo): ClosedIncident {
  const { workflowId, runId } = run;
  const firstRunId = run.raw.firstRunId || runId;
  const closedAt = (run.closeTime ?? run.startTime).toISOString();
  const ended = RUN_ENDS.find((end) => end === run.status.name.toLowerCase().replace('_', '-')) ?? 'completed';
  const publicId = run.typedSearchAttributes.get(SEARCH_ATTRIBUTE_KEYS.publicId) ?? publicIdOf(firstRunId, run.startTime);
  return { publicId, workflowId, runId, firstRunId, closedAt, ended, reason: REASONS[ended], known: knownOf(run, publicId, firstRunId) };
}

const REASONS: Readonly<Record<ClosedIncident['ended'], string>> = {
  completed: 'the run closed its incident and could not write the record',
  failed: 'the workflow failed',
  terminated: 'somebody terminated the workflow',
  'timed-out': 'the workflow took longer than it may',
  cancelled: 'somebody cancelled the workflow',
};

function knownOf(run: WorkflowExecutionInfo, publicId: string, firstRunId: string): IncidentStatus {
  const attribute = (key: keyof typeof SEARCH_ATTRIBUTE_KEYS) => run.typedSearchAttributes.get(SEARCH_ATTRIBUTE_KEYS[key]);
  const [, cluster = 'unknown', domain] = run.workflowId.split('/');
  const memo = (run.memo ?? {}) as Partial<IncidentMemo>;
  const failureDomain = FAILURE_DOMAINS.find((known) => known === domain) ?? 'unknown';
  const opened = openIncident({ type: 'opened', at: run.startTime.toISOString(), publicId, workflowId: run.workflowId, firstRunId, cluster: attribute('cluster') ?? cluster, failureDomain });
  const outcome = OUTCOMES.find((known) => known === attribute('outcome'));
  return {
    ...opened,
    incidentClass: INCIDENT_CLASSES.find((known) => known === attribute('incidentClass')) ?? 'unknown',
    ...(memo.title && { title: memo.title }),
    ...(memo.severity && { severity: memo.severity }),
    ...(memo.rootCause && { rootCause: memo.rootCause }),
    ...(memo.beganAt && { beganAt: memo.beganAt }),
    ...(memo.recoveredAt && { recoveredAt: memo.recoveredAt }),
    ...(outcome && { outcome }),
  };
}
