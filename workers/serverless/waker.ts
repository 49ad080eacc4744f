import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { CENTRAL_QUEUE, WORKFLOW } from '../../workflows/contracts';
import { DEPLOYMENT_NAME } from './worker-version';

/** @returns what calls a worker of the build that an incident is on; several who ask at once call it once */
export function wakerOf(client: Client): (run: WorkflowExecutionInfo) => Promise<void> {
  return async (run) => {
    const buildId = run.raw.versioningInfo?.deploymentVersion?.buildId ?? undefined;
    await client.workflow.start(WORKFLOW.wake, {
      workflowId: `wake/${CENTRAL_QUEUE}${buildId ? `/${buildId}` : ''}`,
      taskQueue: CENTRAL_QUEUE,
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowExecutionTimeout: '1 minute',
      staticSummary: 'Calls a worker for somebody who asks',
      ...(buildId && { versioningOverride: { pinnedTo: { deploymentName: DEPLOYMENT_NAME, buildId } } }),
    });
  };
}
