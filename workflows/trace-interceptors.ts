import type { Next, QueryInput, StartChildWorkflowExecutionInput, UpdateInput, WorkflowInboundCallsInterceptor, WorkflowInterceptorsFactory, WorkflowOutboundCallsInterceptor } from '@temporalio/workflow';
import { OpenTelemetryInboundInterceptor, OpenTelemetryInternalsInterceptor, OpenTelemetryOutboundInterceptor } from '@temporalio/interceptors-opentelemetry/lib/workflow';

/**
 * What history does not hold makes no span. IDs of spans come from the run's own random numbers, so that a worker that
 * replays a run gives the same names to the same things: one that was drawn for a question, or for a message that was
 * refused, would move all that come after it, and their parents would be missing.
 */
class Inbound extends OpenTelemetryInboundInterceptor {
  override handleQuery(input: QueryInput, next: Next<WorkflowInboundCallsInterceptor, 'handleQuery'>): Promise<unknown> {
    return next(input);
  }

  /**
   * Its span is the client's. One in here would end a moment after the handler, and with it the update: measured, other
   * commands then stand before its completion, and an incident could not go on once tracing is switched off.
   */
  override handleUpdate(input: UpdateInput, next: Next<WorkflowInboundCallsInterceptor, 'handleUpdate'>): Promise<unknown> {
    return next(input);
  }

  override validateUpdate(input: UpdateInput, next: Next<WorkflowInboundCallsInterceptor, 'validateUpdate'>): void {
    next(input);
  }
}

/** A permanent fix outlives its incident by weeks, and its span ends with it: it is a trace of its own, or the incident's would never be whole. */
class Outbound extends OpenTelemetryOutboundInterceptor {
  override startChildWorkflowExecution(input: StartChildWorkflowExecutionInput, next: Next<WorkflowOutboundCallsInterceptor, 'startChildWorkflowExecution'>): ReturnType<typeof next> {
    return next(input);
  }
}

/** Only in the bundle `traced` (infra/build.mjs). */
export const interceptors: WorkflowInterceptorsFactory = () => ({ inbound: [new Inbound()], outbound: [new Outbound()], internals: [new OpenTelemetryInternalsInterceptor()] });
