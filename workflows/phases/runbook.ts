import { isCancellation } from '@temporalio/workflow';
import { configuration } from '../activity-calls';
import type { IncidentClass, RunbookSnapshot, TrackedAlert } from '../contracts';
import { firing } from '../domain/alerts';
import { reasonOf, type Incident } from './incident';

/** The runbook that claims the incident's alerts (or some of them), or that of one class; `null` where there is none or it is broken, which is then recorded. */
export async function selectRunbook(incident: Incident, incidentClass?: IncidentClass, about: readonly TrackedAlert[] = currentAlerts(incident)): Promise<RunbookSnapshot | null> {
  const { cluster, failureDomain } = incident.status;
  const labels = about.map((alert) => alert.labels);
  try {
    return await configuration.runbooksSelect({ cluster, failureDomain, alerts: labels, ...(incidentClass && { incidentClass }) });
  } catch (error) {
    if (isCancellation(error)) throw error;
    incident.record({ type: 'executionFailed', planId: '-', reason: reasonOf(error) });
    return null;
  }
}

function currentAlerts({ status: { alerts } }: Incident): readonly TrackedAlert[] {
  const open = firing(alerts);
  return open.length > 0 ? open : alerts;
}

/** From here on the incident goes by this runbook: its class, probes, causes, remedies and conditions. */
export function adoptRunbook(incident: Incident, snapshot: RunbookSnapshot | null): void {
  if (!snapshot) return;
  incident.snapshot = snapshot;
  const { runbook, digest, chosenBecause } = snapshot;
  incident.record({ type: 'runbookChosen', id: runbook.id, revision: runbook.revision, title: runbook.title, digest, chosenBecause });
}
