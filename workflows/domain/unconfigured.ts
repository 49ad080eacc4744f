import type { IncidentSettings } from '../contracts/settings';
import { OBSERVE_ONLY } from './policy';

const MINUTE = 60_000;

/** What an incident goes by when its cluster is not configured: nothing is touched, a person is paged. */
export const UNCONFIGURED: IncidentSettings = {
  temporalNamespace: '',
  policy: OBSERVE_ONLY,
  acceptUnsigned: false,
  keys: [],
  durations: {
    rootCauseTarget: 5 * MINUTE,
    recoveryTarget: 15 * MINUTE,
    probeTimeout: 10_000,
    remindEvery: 5 * MINUTE,
    escalateEvery: 15 * MINUTE,
    approvalDeadline: 60 * MINUTE,
    verifyDeadline: 15 * MINUTE,
    verifyEvery: 5_000,
    stabilityWindow: 10 * MINUTE,
    resolutionDeadline: 30 * MINUTE,
    leaseWait: 30 * MINUTE,
  },
  locale: 'en',
  queues: { probe: 'nightshift', mutate: 'nightshift' },
  publicUrl: '',
  practice: false,
};
