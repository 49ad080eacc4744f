import { NOBODY_TO_PAGE } from '../../../activities/notify/gateway';
import type { TimelineEntry } from '../../../workflows/contracts';

/** What happened, without the pages after the first one for which there was nobody to be paged. */
export function toldOnce(timeline: readonly TimelineEntry[]): TimelineEntry[] {
  const unheard = ({ event, text }: TimelineEntry) => event === 'paged' && text.en.endsWith(NOBODY_TO_PAGE);
  const first = timeline.find(unheard);
  return timeline.filter((entry) => entry === first || !unheard(entry));
}
