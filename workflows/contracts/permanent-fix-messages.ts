import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { PermanentFixStatus, SettleFix } from './record';

export const permanentFixStatus = defineQuery<PermanentFixStatus>('permanentFixStatus');
/** Says what became of one proposed fix: merged, or declined with a reason. */
export const settleFix = defineUpdate<PermanentFixStatus, [SettleFix]>('settleFix');
