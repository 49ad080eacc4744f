import { isGrpcServiceError, QueryNotRegisteredError, QueryRejectedError, WithStartWorkflowOperation, WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { budgetWorkflowId, CENTRAL_QUEUE, failure, leaseWorkflowId, OUTCOMES, publicIdOf, stormWorkflowId, WORKFLOW, type IncidentStatus, type Lease, type Outcome } from '../../workflows/contracts';
import { spend } from '../../workflows/contracts/budget-messages';
import { incidentStatus } from '../../workflows/contracts/messages';
import { joinStorm, leaveStorm } from '../../workflows/contracts/storm-messages';
import { acquire, confirm, release } from '../../workflows/contracts/lease-messages';
import { SEARCH_ATTRIBUTE_KEYS } from '../../workflows/contracts/search-attributes';
import type { TemporalGateway } from './gateway';
import { deliver } from './incidents-gateway';
import { closedIncidents } from './closed-incidents-gateway';
import { literal } from './visibility';

/** Every call here is a question that Temporal answers within milliseconds; a worker that is away must not hang a caller. */
const CALL_TIMEOUT_MS = 10_000;
/** How far back an incident is still "the last one". */
const PREVIOUS_WITHIN_MS = 30 * 24 * 3_600_000;

/** Temporal through its own client library. `callTimeoutMs`: the most that one call may take, its retries included. */
export function createTemporalGateway(client: Client, callTimeoutMs = CALL_TIMEOUT_MS): TemporalGateway {
  const ask = <Result>(what: string, call: () => Promise<Result>): Promise<Result> =>
    client.withDeadline(Date.now() + callTimeoutMs, call).catch((error: unknown) => {
      throw translated(error, what);
    });
  const leaseOf = ({ cluster, failureDomain }: Pick<Lease, 'cluster' | 'failureDomain'>) => client.workflow.getHandle(leaseWorkflowId(cluster, failureDomain));

  return {
    acquireLease: (request) =>
      ask('for a lease', () => {
        const { cluster, failureDomain } = request;
        const startWorkflowOperation = new WithStartWorkflowOperation(WORKFLOW.lease, {
          workflowId: leaseWorkflowId(cluster, failureDomain),
          taskQueue: CENTRAL_QUEUE,
          args: [{ cluster, failureDomain }],
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: `who may change ${failureDomain} of ${cluster}`,
        });
        return client.workflow.executeUpdateWithStart(acquire, { args: [request], startWorkflowOperation });
      }),
    releaseLease: (lease) =>
      ask('to give a lease back', () => leaseOf(lease).executeUpdate(release, { args: [{ holder: lease.holder, token: lease.token }] })).catch(unlessGone(undefined)),
    confirmLease: (lease) =>
      ask('whether a lease holds', () => leaseOf(lease).executeUpdate(confirm, { args: [{ holder: lease.holder, token: lease.token }] })).catch(unlessGone(false)),
    spendBudget: (request) =>
      ask('for the budget', () => {
        const { cluster } = request;
        const startWorkflowOperation = new WithStartWorkflowOperation(WORKFLOW.budget, {
          workflowId: budgetWorkflowId(cluster),
          taskQueue: CENTRAL_QUEUE,
          args: [{ cluster }],
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: `what was done in ${cluster} without a person`,
        });
        return client.workflow.executeUpdateWithStart(spend, { args: [request], startWorkflowOperation });
      }),
    deliverAlerts: (delivery) => ask('to take alerts', () => deliver(client, [delivery], { at: new Date().toISOString(), truncated: 0 })).then(() => undefined),
    joinStorm: ({ cluster, entry }) =>
      ask('to take a storm into account', () =>
        client.workflow.signalWithStart(WORKFLOW.storm, {
          workflowId: stormWorkflowId(cluster),
          taskQueue: CENTRAL_QUEUE,
          args: [{ cluster }],
          signal: joinStorm,
          signalArgs: [entry],
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: `which incidents of ${cluster} are one`,
        }),
      ).then(() => undefined),
    leaveStorm: ({ cluster, ...left }) => ask('to end a storm', () => client.workflow.getHandle(stormWorkflowId(cluster)).signal(leaveStorm, left)).catch(unlessGone(undefined)),
    previousIncident: ({ workflowId, before }) => ask('for the previous incident', () => previousIncident(client, workflowId, before)),
    closedIncidents: ({ since }) => ask('for closed incidents', () => closedIncidents(client, since)),
    stateOf: ({ workflowId, runId }) => ask('for the state of a closed incident', () => stateOf(client, workflowId, runId)),
    fetchHistory: ({ workflowId, firstRunId }) => ask('for a history', () => fetchHistory(client, workflowId, firstRunId)),
  };
}

async function previousIncident(client: Client, workflowId: string, before: string): Promise<{ publicId: string; outcome: Outcome } | null> {
  const since = new Date(Date.parse(before) - PREVIOUS_WITHIN_MS).toISOString();
  const query = `WorkflowId = ${literal(workflowId)} AND ExecutionStatus = 'Completed' AND CloseTime >= ${literal(since)} AND CloseTime <= ${literal(before)}`;
  // Without ORDER BY, which SQL visibility refuses: Temporal lists the last closed first.
  for await (const run of client.workflow.list({ query, pageSize: 1 })) {
    const outcome = OUTCOMES.find((known) => known === run.typedSearchAttributes.get(SEARCH_ATTRIBUTE_KEYS.outcome));
    if (!outcome) return null;
    return { publicId: run.typedSearchAttributes.get(SEARCH_ATTRIBUTE_KEYS.publicId) ?? publicIdOf(run.runId, run.startTime), outcome };
  }
  return null;
}

/** Undefined where no worker can make the state again: the history does not replay, or knows no such query. */
async function stateOf(client: Client, workflowId: string, runId: string): Promise<IncidentStatus | undefined> {
  try {
    return await client.workflow.getHandle(workflowId, runId).query(incidentStatus);
  } catch (error) {
    if (error instanceof QueryNotRegisteredError || error instanceof QueryRejectedError || isReplayFailure(error)) return undefined;
    throw error;
  }
}

/** How Temporal says that a worker failed the task with the query in it. */
function isReplayFailure(error: unknown): boolean {
  return isGrpcServiceError(error) && /nondetermini|query failed|unable to query|failed workflow task/i.test(error.details);
}

async function fetchHistory(client: Client, workflowId: string, firstRunId: string): Promise<string> {
  const earlierRuns: unknown[] = [];
  for (let runId = firstRunId; ; ) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const last = history.events?.at(-1);
    if (!last || !CLOSING_ATTRIBUTES.some((attribute) => last[attribute])) throw failure('NotYetConverged', `The run ${runId} of ${workflowId} is still open; its history is complete when it has closed`);
    const { events } = JSON.parse(historyToJSON(history)) as { events: unknown[] };
    const next = last.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    if (!next) return `${JSON.stringify({ events, ...(earlierRuns.length > 0 && { earlierRuns }) }, null, 1)}\n`;
    earlierRuns.push({ runId, events });
    runId = next;
  }
}

/** The attributes that only a history's last event has. */
const CLOSING_ATTRIBUTES = [
  'workflowExecutionCompletedEventAttributes',
  'workflowExecutionFailedEventAttributes',
  'workflowExecutionTimedOutEventAttributes',
  'workflowExecutionCanceledEventAttributes',
  'workflowExecutionTerminatedEventAttributes',
  'workflowExecutionContinuedAsNewEventAttributes',
] as const;

/** A lease workflow that is gone holds nothing: giving back is done, confirming says no. */
function unlessGone<Answer>(answer: Answer): (error: unknown) => Answer {
  return (error) => {
    if (error instanceof Error && error.cause instanceof WorkflowNotFoundError) return answer;
    throw error;
  };
}

function translated(error: unknown, what: string): Error {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof WorkflowNotFoundError) return failure('TargetNotFound', `Temporal was asked ${what}: there is no such workflow any more`, { cause: error });
  if (error instanceof WorkflowUpdateFailedError) return failure('UpstreamRejected', `Temporal was asked ${what}: ${error.cause?.message ?? error.message}`, { cause: error });
  const reason = isGrpcServiceError(error) ? error.details : error instanceof Error ? error.message : String(error);
  return failure('UpstreamUnavailable', `Temporal did not answer when asked ${what} (${reason}); it is asked again`, { cause: error });
}
