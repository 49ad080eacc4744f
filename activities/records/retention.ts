import { readSummaries, type Summaries } from './record-index';
import type { RecordStore } from './store';

export interface Retention extends Pick<Summaries, 'unreadable' | 'indexProblem'> {
  /** Oldest first. */
  old: string[];
  /** Old enough, and kept all the same: a fix that is still open belongs to them. */
  kept: string[];
}

/** Which records are older than that: by when their incidents were opened. What cannot be read is never removed. */
export async function recordsBefore(store: RecordStore, before: Date): Promise<Retention> {
  const { summaries, unreadable, indexProblem } = await readSummaries(store);
  const old = summaries.filter(({ openedAt }) => Date.parse(openedAt) < before.getTime()).sort((a, b) => (a.openedAt < b.openedAt ? -1 : 1));
  const open = old.filter(({ fixes }) => fixes.some(({ end }) => end === 'open'));
  const ids = (of: typeof old) => of.map(({ publicId }) => publicId);
  return { old: ids(old.filter((summary) => !open.includes(summary))), kept: ids(open), unreadable, ...(indexProblem !== undefined && { indexProblem }) };
}
