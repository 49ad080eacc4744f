import type { PastIncident, RecurrenceActivities } from '../../workflows/contracts';
import { readSummaries } from './record-index';
import type { RecordStore } from './store';

/** What came back after a longer time is another story. In milliseconds. */
const WITHIN_MS = 30 * 86_400_000;
/** It lives in the incident's history. */
const MOST = 50;

export function createRecurrenceActivities({ store }: { store: RecordStore }): RecurrenceActivities {
  return {
    async recordsPastIncidents({ cluster, before }) {
      const from = new Date(Date.parse(before) - WITHIN_MS).toISOString();
      const { summaries } = await readSummaries(store, from.slice(0, 7));
      return summaries
        // A follower has no root cause of its own: it is counted where it was led.
        .filter((summary) => summary.cluster === cluster && summary.outcome !== 'merged' && summary.openedAt >= from && summary.openedAt < before)
        .sort((a, b) => (a.openedAt < b.openedAt ? 1 : a.openedAt > b.openedAt ? -1 : a.publicId < b.publicId ? 1 : -1))
        .slice(0, MOST)
        .map(({ publicId, incidentClass, openedAt, outcome, rootCause, remedies, fixes }): PastIncident => ({
          publicId, incidentClass, openedAt, remedies,
          ...(outcome && { outcome }),
          ...(rootCause && { rootCause }),
          openFixes: fixes.filter(({ end }) => end === 'open').map(({ id }) => id),
        }));
    },
  };
}
