import { ScheduleAlreadyRunning, type Client, type ScheduleOptions } from '@temporalio/client';
import { CENTRAL_QUEUE, SCHEDULE, WORKFLOW } from '../../workflows/contracts';
import type { NightshiftConfig } from '../config';
import { onDemand } from '../config/serverless-schema';

/** A terminated incident has no record for so long at most. Where workers come on demand, each look calls one, for a whole invocation. */
const SWEEP_EVERY = { longLived: '1 hour', onDemand: '1 day' } as const;
/** The hour at which people begin to work; the report of a month is read on its next month's first day. */
const REPORT_HOUR = 8;
/** A Temporal that was away over the turn of the month reports late, not never. */
const REPORT_CATCH_UP = '14 days';

/** What runs by the clock. Made again as it is here at each start, so that another version or time zone takes effect. */
export async function prepareSchedules(client: Client, { timeZone, compute }: Pick<NightshiftConfig, 'timeZone' | 'compute'>): Promise<void> {
  await ensureSchedule(client, {
    scheduleId: SCHEDULE.sweep,
    spec: { intervals: [{ every: onDemand(compute) ? SWEEP_EVERY.onDemand : SWEEP_EVERY.longLived }] },
    action: { type: 'startWorkflow', workflowType: WORKFLOW.sweep, workflowId: SCHEDULE.sweep, taskQueue: CENTRAL_QUEUE, args: [], workflowExecutionTimeout: '1 hour', staticSummary: 'completes the records of closed incidents' },
    policies: { overlap: 'SKIP', catchupWindow: '1 minute' },
  });
  await ensureSchedule(client, {
    scheduleId: SCHEDULE.report,
    spec: { calendars: [{ dayOfMonth: 1, hour: REPORT_HOUR, comment: 'the report of the month before' }], timezone: timeZone },
    action: { type: 'startWorkflow', workflowType: WORKFLOW.report, workflowId: SCHEDULE.report, taskQueue: CENTRAL_QUEUE, args: [{}], staticSummary: 'writes and sends the report of a month' },
    policies: { overlap: 'BUFFER_ONE', catchupWindow: REPORT_CATCH_UP },
  });
}

async function ensureSchedule(client: Client, options: ScheduleOptions): Promise<void> {
  try {
    await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    // A pause that a person has set stays: only what the schedule does is renewed.
    const { scheduleId, ...wanted } = options;
    await client.schedule.getHandle(scheduleId).update(({ state }) => ({ ...wanted, state }));
  }
}
