import type { Context } from '@temporalio/activity';
import type { ActivityInboundCallsInterceptor, ActivityInterceptors } from '@temporalio/worker';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { failureTypeOf } from '../workflows/contracts/failures';

/** Everything that this process measures about itself; `infra/docs/observability.md` lists it. */
export const registry = new Registry();
collectDefaultMetrics({ register: registry });

const registers = [registry];

/** Of both: who is there at all, and with which workflows; whoever asks for `process_*` of Nightshift joins with it. */
const buildInfo = new Gauge({ name: 'nightshift_build_info', help: 'Always 1, while a process of Nightshift takes work; workflows is the build that incidents begin on.', labelNames: ['process', 'workflows'] as const, registers });

/** @param workflows build ID of the process's workflows (workers/serverless/worker-version.ts) */
export function announceBuild(process: 'gateway' | 'worker', workflows: string): void {
  buildInfo.set({ process, workflows }, 1);
}

/** Of the gateway. */
export const alertsReceived = new Counter({ name: 'nightshift_alerts_received_total', help: 'Alerts in webhooks, by what became of them.', labelNames: ['result'] as const, registers });
export const webhooksRefused = new Counter({ name: 'nightshift_webhooks_refused_total', help: 'Webhooks that were not answered 200; Alertmanager repeats 5xx and drops what was answered 4xx.', labelNames: ['status'] as const, registers });
export const messagesSent = new Counter({ name: 'nightshift_messages_sent_total', help: 'What people told incidents, by message and by the answer.', labelNames: ['message', 'answer'] as const, registers });

/** What a webhook can be answered but 200. */
const REFUSALS = ['400', '401', '403', '413', '500', '503'];
const RESULTS = ['accepted', 'quarantined', 'heartbeats', 'planned', 'resolvedUnknown'];

/** A series that begins with its first event never rises for Prometheus: `increase` of a quarantined alert would be 0. */
export function countFromZero(): void {
  for (const result of RESULTS) alertsReceived.inc({ result }, 0);
  for (const status of REFUSALS) webhooksRefused.inc({ status }, 0);
}

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
