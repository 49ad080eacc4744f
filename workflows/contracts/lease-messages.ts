import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { LeaseAnswer, LeaseRequest, LeaseStatus } from './lease';

/** Asks for the lease and a place in the queue; answered at once, granted or not. */
export const acquire = defineUpdate<LeaseAnswer, [LeaseRequest]>('acquire');
export const release = defineUpdate<void, [{ holder: string; token: number }]>('release');
/** Is this still the current lease? Asked immediately before a write. */
export const confirm = defineUpdate<boolean, [{ holder: string; token: number }]>('confirm');
export const leaseStatus = defineQuery<LeaseStatus>('leaseStatus');
