import type { FreezePeriod, TimeWindow } from '../../workflows/contracts';
import { isFrozen, isWithin } from '../../workflows/domain/policy-rules';

/** Hours or days in which a cluster may be silent on purpose. */
export interface Maintenance {
  reason: string;
  windows: TimeWindow[];
  periods: FreezePeriod[];
}

/** How a cluster's heartbeats are watched. */
export interface WatchdogConfig {
  /** How long none may arrive, in milliseconds. */
  tolerateMs: number;
  maintenance: Maintenance[];
}

const MINUTE = 60_000;
/** A maintenance that goes on beyond is looked at again then. */
const FARTHEST = 24 * 60;

/** The planned maintenance that is going on; minute by minute, because windows meet, overlap and cross changes of the clock. */
export function maintenanceAt(maintenance: readonly Maintenance[], now: Date): { until: string; reason: string } | undefined {
  const coverAt = (time: number) => maintenance.find((planned) => covers(planned, new Date(time).toISOString()));
  const current = coverAt(now.getTime());
  if (!current) return undefined;
  const begun = Math.floor(now.getTime() / MINUTE) * MINUTE;
  let minutes = 1;
  while (minutes < FARTHEST && coverAt(begun + minutes * MINUTE)) minutes += 1;
  return { until: new Date(begun + minutes * MINUTE).toISOString(), reason: current.reason };
}

function covers({ windows, periods }: Maintenance, at: string): boolean {
  return windows.some((window) => isWithin(window, at)) || periods.some((period) => isFrozen(period, at));
}
