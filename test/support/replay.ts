import { Worker, type WorkflowBundleOption } from '@temporalio/worker';
import type { IncidentInput } from '../../workflows/contracts';
import { incidentWorkflowId } from '../../workflows/contracts/names';

interface StartedEvent {
  workflowExecutionStartedEventAttributes?: { input?: { payloads?: Array<{ data?: string }> } };
}

/**
 * Replays a history as its JSON has it (`history.json` of a record, `temporal workflow show --output json`). The JSON does
 * not say the workflow ID, and signed decisions are addressed to it: it is made again from the workflow's input.
 */
export async function replayHistory(workflowBundle: WorkflowBundleOption, history: unknown): Promise<void> {
  await Worker.runReplayHistory({ workflowBundle }, history, workflowIdOf(history));
}

function workflowIdOf(history: unknown): string {
  const [started] = (history as { events: StartedEvent[] }).events;
  const data = started?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
  if (data === undefined) throw new Error('The history does not begin with a start that has an input.');
  const { cluster, failureDomain } = JSON.parse(Buffer.from(data, 'base64').toString('utf8')) as IncidentInput;
  return incidentWorkflowId(cluster, failureDomain);
}
