import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { StormEntry, StormStatus } from './storm';
import type { Outcome } from './vocabulary';

/** An incident has opened. Saying so again changes nothing. */
export const joinStorm = defineSignal<[StormEntry]>('joinStorm');
/** An incident is over. */
export const leaveStorm = defineSignal<[{ workflowId: string; outcome: Outcome }]>('leaveStorm');
export const stormStatus = defineQuery<StormStatus>('stormStatus');
