import type { Context } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor, ActivityInterceptors } from '@temporalio/worker';

/** Often enough for the heartbeat time-outs of `workflows/activity-calls.ts` on a machine that is busy. */
const EVERY_MS = 1_000;

/**
 * Heartbeats for every activity whose caller waits for heartbeats: only a missing one tells Temporal soon that the worker
 * is gone. Measured: fifty incidents went on 30 s after a kill without, 5 to 12 s with them. A heartbeat also brings a
 * cancellation to the activity; what must not be broken off half-way has no heartbeat time-out.
 */
export function heartbeats(context: Context): ActivityInterceptors {
  const inbound: ActivityInboundCallsInterceptor = {
    async execute(input, next) {
      if (context.info.heartbeatTimeoutMs === undefined) return next(input);
      const timer = setInterval(() => context.heartbeat(), EVERY_MS);
      try {
        return await next(input);
      } finally {
        clearInterval(timer);
      }
    },
  };
  return { inbound };
}
