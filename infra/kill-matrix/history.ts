import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

/** A long poll is answered within 20 s by the server; beyond this nobody is there. */
const POLL_DEADLINE_MS = 30_000;
/** A history that does not exist yet, or a server that is starting, is asked for again after this. */
const ASK_AGAIN_MS = 20;

type EventType = temporal.api.enums.v1.EventType;
const CLOSING: ReadonlySet<EventType> = new Set([
  temporal.api.enums.v1.EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
  temporal.api.enums.v1.EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
  temporal.api.enums.v1.EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
  temporal.api.enums.v1.EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
  temporal.api.enums.v1.EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
  temporal.api.enums.v1.EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
]);

/** Follows the history of one workflow by long poll, over outages of Temporal, and wakes who waits for a length. */
export class History {
  private types: EventType[] = [];
  private wake: () => void = () => undefined;

  constructor(private readonly client: Client, private readonly workflowId: string) {}

  get length(): number {
    return this.types.length;
  }

  get closed(): boolean {
    return this.types.some((type) => CLOSING.has(type));
  }

  /** "ActivityTaskScheduled", by event ID. */
  typeOf(index: number): string {
    const type = this.types[index - 1];
    return type === undefined ? '-' : nameOf(temporal.api.enums.v1.EventType[type]);
  }

  /** Resolves when the history has this many events, or has closed with fewer. */
  async untilLength(length: number, signal: AbortSignal): Promise<void> {
    // `follow` wakes a last time when it ends, by the same signal.
    while (this.length < length && !this.closed && !signal.aborted) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  /** Runs until the workflow has closed or the signal says so. */
  async follow(signal: AbortSignal): Promise<void> {
    let token: Uint8Array | undefined;
    while (!this.closed && !signal.aborted) {
      try {
        const page = await this.poll(token, signal);
        const types = (page.history?.events ?? []).map(({ eventType }) => eventType!);
        this.types = token?.length ? [...this.types, ...types] : types;
        token = page.nextPageToken ?? undefined;
        this.wake();
      } catch {
        // Not there yet, or Temporal is away: from the beginning again, until it answers or the cell's time is up.
        token = undefined;
        await delay(ASK_AGAIN_MS);
      }
    }
    this.wake();
  }

  private poll(token: Uint8Array | undefined, signal: AbortSignal): Promise<temporal.api.workflowservice.v1.IGetWorkflowExecutionHistoryResponse> {
    const { workflowService, options, connection } = this.client;
    const request = { namespace: options.namespace, execution: { workflowId: this.workflowId }, waitNewEvent: true, ...(token && { nextPageToken: token }) };
    return connection.withAbortSignal(signal, () => connection.withDeadline(Date.now() + POLL_DEADLINE_MS, () => workflowService.getWorkflowExecutionHistory(request)));
  }
}

/** `EVENT_TYPE_ACTIVITY_TASK_SCHEDULED` → `ActivityTaskScheduled`. */
function nameOf(type: string | undefined): string {
  return (type ?? 'unknown').replace(/^EVENT_TYPE_/, '').toLowerCase().replace(/(^|_)(\w)/g, (_, _underscore: string, letter: string) => letter.toUpperCase());
}
