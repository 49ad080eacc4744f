import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Worker, type NativeConnection, type WorkflowBundle } from '@temporalio/worker';
import { projectRoot } from '../../infra/project';
import { WORKER_TUNING } from '../../workers/worker-tuning';
import { WORKFLOW_BUNDLE } from '../../workers/workflow-code';
import { CENTRAL_QUEUE } from '../../workflows/contracts';
import { createBareActivities } from './bare-activities';
import type { BenchWorld } from './bench-world';
import type { BenchServer } from './server';

export const BARE_QUEUE = 'bare';

let bare: Promise<WorkflowBundle> | undefined;

/** The bare workflows by themselves, bundled once a run. */
export function bareBundle(): Promise<WorkflowBundle> {
  bare ??= bundleWorkflowCode({ workflowsPath: path.join(projectRoot(), 'test', 'bench', 'bare-workflows.ts'), logger: new DefaultLogger('ERROR') });
  return bare;
}

/** A worker as production's, with this world's activities. */
export function incidentWorker(connection: NativeConnection, world: BenchWorld, identity?: string): Promise<Worker> {
  return Worker.create({ connection, taskQueue: CENTRAL_QUEUE, workflowBundle: WORKFLOW_BUNDLE, activities: world.activities(), ...(identity && { identity }), ...WORKER_TUNING });
}

/** The same for bare workflows: one queue for workflow and activities, the same tuning. */
export async function bareWorker(connection: NativeConnection, began: (workflowId: string) => void = () => undefined): Promise<Worker> {
  return Worker.create({ connection, taskQueue: BARE_QUEUE, workflowBundle: await bareBundle(), activities: createBareActivities(began), ...WORKER_TUNING });
}

/** Lets workers work until the server is closed. */
export function runOn(server: BenchServer, ...workers: Worker[]): void {
  for (const worker of workers) {
    const running = worker.run();
    // An error is shown when the row ends, which awaits this.
    running.catch(() => undefined);
    server.beforeClose(async () => {
      worker.shutdown();
      await running;
    });
  }
}
