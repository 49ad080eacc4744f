/** What Temporal costs by itself: workflows that do nothing but call activities, in a bundle of their own. */
import { proxyActivities } from '@temporalio/workflow';
import type { BareActivities } from './bare-activities';

const { barePause } = proxyActivities<BareActivities>({ startToCloseTimeout: '10 seconds', scheduleToCloseTimeout: '1 minute' });

export interface BareInput {
  /** Activities at once. */
  parallel: number;
  /** Activities after them, one after another. */
  sequence: number;
  /** How long each takes, in milliseconds. */
  ms: number;
}

export async function bareWorkflow({ parallel, sequence, ms }: BareInput): Promise<number> {
  await Promise.all(Array.from({ length: parallel }, () => barePause({ ms })));
  for (let step = 0; step < sequence; step += 1) await barePause({ ms });
  return parallel + sequence;
}
