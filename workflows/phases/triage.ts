import { condition, isCancellation } from '@temporalio/workflow';
import { configuration, recurrence, temporal } from '../activity-calls';
import { fiveW1H } from '../domain/five-w-one-h';
import { plus } from '../domain/time';
import { candidateClasses } from '../domain/triage-tree';
import { nobodyAsked } from './absence';
import { gatherEvidence } from './diagnose';
import { rankCauses } from '../domain/ranking';
import { reasonOf, type Incident } from './incident';
import { markAsked } from './look-further';
import { adoptRunbook, selectRunbook } from './runbook';
import { joinStorm } from './storm';

/**
 * What is wrong, since when, where; which runbook. An incident never ends here: what no runbook claims goes through the
 * triage tree, and what the tree cannot place goes to a person with all the evidence.
 */
export async function triage(incident: Incident): Promise<void> {
  await condition(() => incident.status.alerts.length > 0, FIRST_ALERT_WITHIN);
  // Asked at once, because somebody is waiting; what comes of the second counts only where the first is known.
  const selected = selectRunbook(incident);
  await configure(incident);
  incident.beside(lookBack(incident));
  if (incident.configured && incident.has('2026-12-recurrence')) incident.lookUp(findPast(incident));
  joinStorm(incident);
  const found = await selected;
  const claimed = incident.configured ? found : null;
  adoptRunbook(incident, claimed);
  incident.record({ type: 'triaged', fiveW1H: fiveW1H(incident.status) });
  const { title, severity, cluster } = incident.status;
  incident.page('opened', { en: `${title.en} on ${cluster} (${severity}). Diagnosis has begun.`, ko: `${cluster}: ${title.ko} (${severity}). 진단을 시작했습니다.` });
  if (!claimed && incident.configured) await searchTree(incident);
}

/** The alert comes with the start (signal-with-start); a run that somebody started bare gives up on it. */
const FIRST_ALERT_WITHIN = '1 minute';

async function configure(incident: Incident): Promise<void> {
  const { cluster, openedAt } = incident.status;
  try {
    incident.settings = await configuration.configurationSnapshot({ cluster });
  } catch (error) {
    if (isCancellation(error)) throw error;
    incident.record({ type: 'executionFailed', planId: '-', reason: reasonOf(error) });
  }
  const { durations, practice } = incident.settings;
  incident.record({ type: 'configured', practice, rootCauseDueAt: plus(openedAt, durations.rootCauseTarget), recoveryDueAt: plus(openedAt, durations.recoveryTarget) });
}

/** Beside the main course: nothing waits for the past. */
async function lookBack(incident: Incident): Promise<void> {
  const { workflowId, openedAt } = incident.status;
  const previous = await temporal.temporalPreviousIncident({ workflowId, before: openedAt }).catch(() => null);
  if (previous) incident.record({ type: 'previousFound', ...previous });
}

/** What the records say of the last weeks. Without them the incident goes on as if it were the first. */
async function findPast(incident: Incident): Promise<void> {
  const { cluster, openedAt } = incident.status;
  try {
    const past = await recurrence.recordsPastIncidents({ cluster, before: openedAt });
    if (past.length > 0) incident.record({ type: 'pastFound', past });
  } catch {
    // Called off, or the store is away: whoever needs the past is told nothing wrong by its absence.
  }
}

/** Asks the probes of each candidate class in turn; the first whose evidence confirms a cause is the incident's class. */
async function searchTree(incident: Incident): Promise<void> {
  const everything = new Map<string, Awaited<ReturnType<typeof gatherEvidence>>[number]>();
  for (const incidentClass of candidateClasses(incident.status.failureDomain)) {
    const snapshot = await selectRunbook(incident, incidentClass);
    if (!snapshot) continue;
    const evidence = await gatherEvidence(incident, snapshot.runbook.probes);
    evidence.forEach((item) => everything.set(item.probe, item));
    // The next class would be asked by the same worker.
    if (nobodyAsked(evidence) && incident.has('2026-11-absent-worker')) break;
    if (rankCauses(snapshot.runbook, evidence).rootCause === 'unknown') continue;
    adoptRunbook(incident, { ...snapshot, chosenBecause: `no runbook claims these alerts; the evidence supports ${incidentClass}` });
    incident.publish();
    return;
  }
  markAsked(incident);
  incident.record({ type: 'evidenceGathered', evidence: [...everything.values()] });
  if (!incident.has('2026-11-unknown-runbook')) return;
  const unknown = await selectRunbook(incident, 'unknown');
  if (!unknown) return;
  adoptRunbook(incident, { ...unknown, chosenBecause: 'no runbook claims these alerts, and the evidence of the triage tree confirms none' });
  incident.publish();
}
