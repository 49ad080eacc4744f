import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { CENTRAL_QUEUE, WORKFLOW, watchdogWorkflowId, type WatchdogInput, type WatchdogMemo } from '../../workflows/contracts';
import { failure } from '../../workflows/contracts/failures';
import { SEARCH_ATTRIBUTE_KEYS } from '../../workflows/contracts/search-attributes';
import type { HeartbeatGateway } from './gateway';

/** The newest run of a cluster's watchdog. */
export interface WatchdogRun {
  runId: string;
  /** `waiting`: not begun, because heartbeats come; `silent`: they have stopped; `ended`: nobody watches any more. */
  state: 'waiting' | 'silent' | 'ended';
  memo: WatchdogMemo;
}

/** What Temporal keeps of a cluster's watchdog: asks no worker. Undefined where there never was one. */
export async function watchdogRun(client: Client, cluster: string): Promise<WatchdogRun | undefined> {
  try {
    const { runId, status, executionTime, memo } = await client.workflow.getHandle(watchdogWorkflowId(cluster)).describe();
    const begun = executionTime !== undefined && executionTime.getTime() <= Date.now();
    return { runId, state: status.name !== 'RUNNING' ? 'ended' : begun ? 'silent' : 'waiting', memo: memo as unknown as WatchdogMemo };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

export interface Arming {
  input: WatchdogInput;
  memo: Omit<WatchdogMemo, keyof WatchdogInput>;
  /** Ends the run that is there; where that is not wanted and one is there, nothing is done. */
  replace: boolean;
}

/** Starts a watchdog that runs at `input.expectedBy`, and not before. One history event until then (measured), and no worker is woken. */
export async function armWatchdog(client: Client, { input, memo, replace }: Arming): Promise<void> {
  const { cluster, expectedBy } = input;
  try {
    await client.workflow.start(WORKFLOW.watchdog, {
      workflowId: watchdogWorkflowId(cluster),
      taskQueue: CENTRAL_QUEUE,
      args: [input],
      startDelay: Math.max(0, Date.parse(expectedBy) - Date.now()),
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: replace ? 'TERMINATE_EXISTING' : 'FAIL',
      memo: { ...input, ...memo },
      typedSearchAttributes: [{ key: SEARCH_ATTRIBUTE_KEYS.cluster, value: cluster }],
      staticSummary: `runs when ${cluster} sends no heartbeat until ${expectedBy}`,
    });
  } catch (error) {
    if (!replace && error instanceof WorkflowExecutionAlreadyStartedError) return;
    throw error;
  }
}

/** A run that waited in vain leaves nothing to read; kept, there would be one for each heartbeat of a month. */
export async function forgetWatchdogRun(client: Client, cluster: string, runId: string): Promise<void> {
  const { namespace } = client.options;
  await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId: watchdogWorkflowId(cluster), runId } });
}

/** Nobody waits for this cluster's heartbeats any more. */
export async function standDownWatchdog(client: Client, cluster: string, reason: string): Promise<void> {
  try {
    await client.workflow.getHandle(watchdogWorkflowId(cluster)).terminate(reason);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** Clusters that somebody watches. */
export async function watchedClusters(client: Client): Promise<string[]> {
  const watched: string[] = [];
  for await (const { memo } of client.workflow.list({ query: `WorkflowType = '${WORKFLOW.watchdog}' AND ExecutionStatus = 'Running'` })) watched.push((memo as unknown as WatchdogMemo).cluster);
  return watched;
}

/** Heartbeats as the watchdogs keep them. */
export function heartbeatGateway(client: Client): HeartbeatGateway {
  return {
    async ofCluster(cluster) {
      const run = await client.withDeadline(Date.now() + ASK_TIMEOUT_MS, () => watchdogRun(client, cluster)).catch((error: unknown) => {
        throw failure('UpstreamUnavailable', `Temporal did not say when the cluster ${cluster} was heard of last`, { cause: error });
      });
      if (!run || run.state === 'ended') return undefined;
      const { lastHeartbeatAt, tolerateMs } = run.memo;
      return { tolerateMs, silent: run.state === 'silent', ...(lastHeartbeatAt !== undefined && { lastHeartbeatAt }) };
    },
  };
}

/** A probe's own time is ten seconds. */
const ASK_TIMEOUT_MS = 5_000;
