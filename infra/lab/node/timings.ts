/** How long the node agent waits, in milliseconds; the kubelet's numbers times the lab's factor. */
export interface Timings {
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** A container that ran this long has its back-off forgotten. */
  readonly backoffResetMs: number;
  graceMs(seconds: number): number;
}

/** Processes need real time to end, however fast the lab's clock runs: nobody is killed before this. */
const SHORTEST_GRACE_MS = 5_000;

export function timings(factor: number): Timings {
  return {
    backoffBaseMs: 10_000 * factor,
    backoffCapMs: 300_000 * factor,
    backoffResetMs: 600_000 * factor,
    graceMs: (seconds) => Math.min(seconds * 1_000, Math.max(seconds * 1_000 * factor, SHORTEST_GRACE_MS)),
  };
}

/**
 * Pause before restart number `crashes` (1 is the first). Like the kubelet, the first restart is immediate and the
 * pause doubles from the second on.
 */
export function restartDelayMs(crashes: number, times: Pick<Timings, 'backoffBaseMs' | 'backoffCapMs'>): number {
  if (crashes <= 1) return 0;
  return Math.min(times.backoffBaseMs * 2 ** Math.min(crashes - 2, 30), times.backoffCapMs);
}
