import type { Context } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor, ActivityInterceptors } from '@temporalio/worker';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import { failureTypeOf } from '../workflows/contracts/failures';

/** Everything that this process measures about itself; `infra/docs/observability.md` lists it. */
export const registry = new Registry();
collectDefaultMetrics({ register: registry });

const registers = [registry];

/** Of the gateway. */
export const alertsReceived = new Counter({ name: 'nightshift_alerts_received_total', help: 'Alerts in webhooks, by what became of them.', labelNames: ['result'] as const, registers });
export const webhooksRefused = new Counter({ name: 'nightshift_webhooks_refused_total', help: 'Webhooks that were not answered 200, so that Alertmanager sends them again.', labelNames: ['status'] as const, registers });
export const messagesSent = new Counter({ name: 'nightshift_messages_sent_total', help: 'What people told incidents, by message and by the answer.', labelNames: ['message', 'answer'] as const, registers });

/** Of the worker. A probe that does not answer counts as a failure here and is evidence in the incident. */
const activitySeconds = new Histogram({
  name: 'nightshift_activity_seconds',
  help: 'How long attempts of activities took, by activity and by how they ended: ok, or the type of the failure.',
  labelNames: ['activity', 'result'] as const,
  buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 120],
  registers,
});

/** Measures every attempt of every activity. */
export function activityMetrics(context: Context): ActivityInterceptors {
  const inbound: ActivityInboundCallsInterceptor = {
    async execute(input, next) {
      const end = activitySeconds.startTimer({ activity: context.info.activityType });
      try {
        const answer = await next(input);
        end({ result: 'ok' });
        return answer;
      } catch (error) {
        end({ result: failureTypeOf(error) ?? 'other' });
        throw error;
      }
    },
  };
  return { inbound };
}
