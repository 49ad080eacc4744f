/** What starts `watchdogWorkflow`: it runs when the cluster has been silent for longer than is tolerated. Times are RFC 3339. */
export interface WatchdogInput {
  cluster: string;
  /** The next heartbeat had to be there by now. */
  expectedBy: string;
  tolerateMs: number;
  /** Absent for a cluster that has never sent one. */
  lastHeartbeatAt?: string;
}

/** A planned silence: nobody is paged before `until`. */
export interface WatchdogPause {
  until: string;
  by: string;
  reason: string;
}

/** What a watchdog shows without being asked: it waits without a worker, and can answer nothing. */
export interface WatchdogMemo extends WatchdogInput {
  pause?: WatchdogPause;
  /**
   * The silence that a heartbeat has ended, and how often its end is still to be told: the watchdog may have been raising
   * its alert at the very moment at which the heartbeat came.
   */
  ended?: { expectedBy: string; tellAgain: number };
}

/** What a worker's configuration says of a cluster's silence now. */
export interface WatchdogOrders {
  /** False where the cluster is not (or no longer) to be heard of. */
  expected: boolean;
  /** A planned maintenance that is going on. */
  maintenance?: { until: string; reason: string };
}
