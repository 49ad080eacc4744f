import type { RemedyTrial } from './statistics';
import type { Text } from './text';
import type { IncidentClass, Outcome } from './vocabulary';

/** A closed incident of the same cluster, as its record tells of it. */
export interface PastIncident {
  publicId: string;
  incidentClass: IncidentClass;
  openedAt: string;
  outcome?: Outcome;
  rootCause?: { id: string; title: Text };
  remedies: RemedyTrial[];
  /** Ids of its permanent fixes that are neither merged nor declined. */
  openFixes: string[];
}

export interface RecurrenceActivities {
  /** Closed incidents of the cluster within 30 days before an instant (RFC 3339), newest first; at most fifty. */
  recordsPastIncidents(input: { cluster: string; before: string }): Promise<PastIncident[]>;
}
