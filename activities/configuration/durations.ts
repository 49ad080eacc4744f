import type { Durations } from '../../workflows/contracts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

interface Duration {
  /** In production, in milliseconds. */
  value: number;
  because: string;
  /** However small the time factor, not less than this, in milliseconds: real programs do not run faster in a lab. */
  atLeast?: number;
}

const TABLE: { readonly [Name in keyof Durations]-?: Duration } = {
  rootCauseTarget: { value: 5 * MINUTE, because: 'promised to the people who page' },
  recoveryTarget: { value: 15 * MINUTE, because: 'promised to the people who page' },
  probeTimeout: { value: 10 * SECOND, because: 'diagnosis has a minute, with retries; a system that needs longer is not well', atLeast: 8 * SECOND },
  workerBackWithin: { value: 30 * SECOND, because: 'one that was killed is back within seconds, and its probes should not count as unanswered; one that is away for longer is evidence', atLeast: 30 * SECOND },
  remindEvery: { value: 5 * MINUTE, because: 'often enough to wake somebody, seldom enough not to be muted' },
  escalateEvery: { value: 15 * MINUTE, because: 'three reminders without an answer: whoever is on call does not hear them' },
  approvalDeadline: { value: 60 * MINUTE, because: 'half of the two hours for which an agent keeps what it cannot send (domain F4); then a person takes over' },
  verifyDeadline: { value: 15 * MINUTE, because: 'a receiver replays its WAL for minutes, and delivery is then watched for one', atLeast: 60 * SECOND },
  verifyEvery: { value: 5 * SECOND, because: 'an agent sends at least every 5 s: looking more often learns nothing', atLeast: 500 },
  stabilityWindow: { value: 10 * MINUTE, because: 'domain section 6: what holds for 10 minutes holds' },
  resolutionDeadline: { value: 30 * MINUTE, because: 'rule ranges, `for` and Alertmanager’s timings add up to about ten minutes; later it does not come', atLeast: 60 * SECOND },
  leaseWait: { value: 30 * MINUTE, because: 'as long as another incident may take to recover and verify, twice', atLeast: 60 * SECOND },
};

/** The durations of one cluster's incidents, multiplied by its time factor; what the configuration sets itself is not. */
export function durationsFor(timeFactor: number, overrides: Partial<Durations> = {}): Durations {
  const scaled = Object.entries(TABLE).map(([name, { value, atLeast = 0 }]) => [name, Math.max(atLeast, Math.round(value * timeFactor))]);
  return { ...(Object.fromEntries(scaled) as unknown as Durations), ...overrides };
}
