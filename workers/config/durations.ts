import type { Durations } from '../../workflows/contracts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const DEFAULTS: Durations = {
  // The two promises to the people who page: a cause in five minutes, recovery in fifteen.
  rootCauseTarget: 5 * MINUTE,
  recoveryTarget: 15 * MINUTE,
  // Diagnosis has a minute; a probe that needs longer than this answers nothing in time.
  probeTimeout: 15 * SECOND,
  // Often enough to wake somebody, seldom enough not to be muted.
  remindEvery: 10 * MINUTE,
  // A shift; after it the person who was paged is not coming.
  approvalDeadline: 8 * HOUR,
  // A receiver's WAL replay takes minutes.
  verifyDeadline: 15 * MINUTE,
  // The scrape interval of most pipelines is longer; asking more often learns nothing.
  verifyEvery: 10 * SECOND,
  stabilityWindow: 10 * MINUTE,
  // Alertmanager's resolve and the rules' ranges take up to about ten minutes; an hour means that it will not come.
  resolutionDeadline: HOUR,
  // Another incident's recovery on the same objects.
  leaseWait: 30 * MINUTE,
};

/** Below this, polling would only load the cluster. */
const SHORTEST_POLL = SECOND;

/**
 * The durations of one cluster's incidents. The time factor shortens what paces a machine (how often it looks, how long
 * things must stay well); what waits for people and what only bounds a wait stays as it is.
 */
export function durationsOf(overrides: { [Name in keyof Durations]?: number | undefined }, timeFactor: number): Durations {
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined)) as Partial<Durations>;
  const paced = {
    verifyEvery: Math.max(SHORTEST_POLL, DEFAULTS.verifyEvery * timeFactor),
    stabilityWindow: DEFAULTS.stabilityWindow * timeFactor,
  };
  return { ...DEFAULTS, ...paced, ...given };
}
