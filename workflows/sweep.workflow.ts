import { recordKeeping } from './activity-calls';
import type { SweepResult } from './contracts';

/** Completes the records of incidents that have closed, removes what nobody needs any more. Started by a schedule, over and over. */
export async function sweepWorkflow(): Promise<SweepResult> {
  return recordKeeping.recordsSweep();
}
