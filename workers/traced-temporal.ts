import type { ClientOptions } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import type { Tracing } from './tracing';
import { WORKER_TUNING } from './worker-tuning';
import type { workflowCode } from './workflow-code';

/** For a client's options: nothing where nobody asks for traces. */
export function clientTracing(tracing: Tracing | undefined): Pick<ClientOptions, 'interceptors'> {
  return tracing ? { interceptors: { workflow: [tracing.client] } } : {};
}

/** A worker's workflows and interceptors, with the trace going through both where there is one. */
export function tracedWorker(tracing: Tracing | undefined, code: Partial<ReturnType<typeof workflowCode>>): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath' | 'interceptors' | 'sinks'> {
  const { activity } = WORKER_TUNING.interceptors;
  return { ...code, interceptors: { ...code.interceptors, activity: tracing ? [tracing.activity, ...activity] : [...activity] }, ...(tracing && { sinks: tracing.sinks }) };
}
