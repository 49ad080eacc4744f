import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { SpendAnswer, SpendRequest, Spending } from './budget';

export const spend = defineUpdate<SpendAnswer, [SpendRequest]>('spend');
/** What was spent within the last day. */
export const spendings = defineQuery<Spending[]>('spendings');
