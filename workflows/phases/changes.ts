import { patched } from '@temporalio/workflow';

/** Changes of what an incident does, newest last; a run that began before one of them may go on without it. */
export type Change =
  | '2026-11-look-further'
  | '2026-11-last-look'
  | '2026-11-remind-after-hand-over'
  | '2026-11-checklists-at-hand-over'
  | '2026-11-unknown-runbook'
  | '2026-11-unknown-is-never-well'
  | '2026-11-storm-guard'
  | '2026-11-look-when-alerts-end'
  | '2026-11-absent-worker'
  | '2026-12-recurrence'
  | '2026-12-after-a-remedy'
  | '2026-12-well-and-firing'
  | '2026-12-metrics-in-record'
  | '2026-12-ends-that-are-none'
  | '2026-12-leases-of-objects';

/** A run with this marker has every change above that is older. A change that is added when this has been released needs a marker of its own. */
const FROM_THE_START = '2026-11-changes-from-the-start';

/** Each with a marker of its own. */
const LATER = ['2026-12-recurrence', '2026-12-after-a-remedy', '2026-12-well-and-firing', '2026-12-metrics-in-record', '2026-12-ends-that-are-none', '2026-12-leases-of-objects'] as const satisfies readonly Change[];

/**
 * Which changes a run has, asked once, before its first local activity. A worker that is told to end may hand back a task in
 * which only the answers of local activities stand; a marker that is set in the next task is not known yet where a replay goes
 * on after those answers, and the run would fail from then on (random lives found it).
 */
export class Changes {
  private readonly all = patched(FROM_THE_START);
  private readonly later = new Map<Change, boolean>(LATER.map((change) => [change, patched(change)]));

  has(change: Change): boolean {
    const later = this.later.get(change);
    if (later !== undefined) return later;
    return this.all || patched(change);
  }
}
