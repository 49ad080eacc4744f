/** What a receiver's own metrics say about its uploads. */
import type { Sample } from '../../prometheus/gateway';

/**
 * Uploads since the process was started, over all tenants. The shipper counts a sync of its directory as done only when
 * everything in it could be uploaded; otherwise it counts a failure (measured on Thanos 0.42.4).
 */
export function shipsAgain(samples: readonly Sample[]): { syncs: number; failures: number } {
  const sum = (name: string) => samples.filter((sample) => sample.name === name).reduce((total, { value }) => total + value, 0);
  return { syncs: sum('thanos_shipper_dir_syncs_total'), failures: sum('thanos_shipper_dir_sync_failures_total') };
}
