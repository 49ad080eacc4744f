import type { Evidence, IncidentClass, LeadingCause, ProbeSpec, RankedCause, RunbookSnapshot, TrackedAlert } from '../contracts';
import { firing } from '../domain/alerts';
import { claimsAlert } from '../domain/label-match';
import { rankCauses } from '../domain/ranking';
import { candidateClasses } from '../domain/triage-tree';
import { wayHere } from '../domain/way-here';
import { gatherEvidence } from './diagnose';
import type { Incident } from './incident';
import { adoptRunbook, selectRunbook } from './runbook';

/** An incident that has gone through three classes without finding anything is one for a person. */
const MOST_TIMES = 3;

/** Nothing is asked about a cluster that is not configured, and incidents that began before there was this go on as they began. */
export function mayLookFurther(incident: Incident): boolean {
  return incident.configured && incident.has('2026-11-look-further');
}

/** A cause that did no harm and has no remedy explains why nobody need act, and never why a pipeline is not well. */
export function needsMending({ impact, remedies, leadsTo }: RankedCause): boolean {
  return impact !== 'none' || remedies.length > 0 || leadsTo !== undefined;
}

/** Alerts that fire, that the present class says nothing about, and for which no other class has been asked yet. */
export function strangeAlerts({ status, snapshot, askedAbout }: Incident): TrackedAlert[] {
  const match = snapshot?.runbook.match ?? [];
  return firing(status.alerts).filter((alert) => !claimsAlert(match, alert) && !askedAbout.has(nameOf(alert)));
}

/** The alerts that triage has asked every class about. */
export function markAsked(incident: Incident): void {
  strangeAlerts(incident).forEach((alert) => incident.askedAbout.add(nameOf(alert)));
}

function nameOf({ labels, fingerprint }: TrackedAlert): string {
  return labels['alertname'] ?? fingerprint;
}

/**
 * The present class found nothing that needs mending, and yet the pipeline is not well or other alerts fire: the other
 * classes of the failure domain are asked, those first that claim such an alert. The first whose evidence confirms a
 * cause that needs mending is the incident's class from now on. An alert about damage that has been repaired may come
 * first and must not hide what it came with.
 * @returns whether the class is another one now
 */
export async function lookFurther(incident: Incident, cause: RankedCause | undefined): Promise<boolean> {
  const { status } = incident;
  if ((status.ledFrom ?? []).filter(({ nothingToMend }) => nothingToMend).length >= MOST_TIMES) return false;
  const from: LeadingCause = { incidentClass: status.incidentClass, cause: cause?.id ?? 'unknown', title: cause?.title ?? NOTHING_FOUND, nothingToMend: true };
  const asked: IncidentClass[] = [];
  const answers = new Map<string, Evidence>();
  for await (const snapshot of otherClasses(incident)) {
    asked.push(snapshot.runbook.id);
    if (!(await findsHarm(incident, snapshot, answers))) continue;
    incident.record({ type: 'lookedFurther', from, asked, to: snapshot.runbook.id });
    adoptRunbook(incident, { ...snapshot, chosenBecause: `${from.incidentClass} found nothing to mend; the evidence supports ${snapshot.runbook.id}` });
    incident.publish();
    return true;
  }
  incident.record({ type: 'lookedFurther', from, asked });
  return false;
}

const NOTHING_FOUND = { en: 'No cause was found', ko: '원인을 찾지 못함' };

/** First the classes that claim an alert which the present one does not, then the failure domain's, most likely first. */
async function* otherClasses(incident: Incident): AsyncGenerator<RunbookSnapshot> {
  // Classes that have led here have named their cause already.
  const seen = new Set<IncidentClass>([incident.status.incidentClass, ...wayHere(incident.status).map((way) => way.incidentClass)]);
  const fresh = (snapshot: RunbookSnapshot | null) => snapshot !== null && !seen.has(snapshot.runbook.id) && seen.add(snapshot.runbook.id) !== undefined;
  const strange = strangeAlerts(incident);
  markAsked(incident);
  for (const alert of strange) {
    const snapshot = await selectRunbook(incident, undefined, [alert]);
    if (snapshot && fresh(snapshot)) yield snapshot;
  }
  for (const incidentClass of candidateClasses(incident.status.failureDomain)) {
    if (seen.has(incidentClass)) continue;
    const snapshot = await selectRunbook(incident, incidentClass);
    if (snapshot && fresh(snapshot)) yield snapshot;
  }
}

/** Asks what no class before it in this search has asked; the answers of the others are moments old. */
async function findsHarm(incident: Incident, { runbook }: RunbookSnapshot, answers: Map<string, Evidence>): Promise<boolean> {
  const specs = runbook.probes.filter(({ verifyOnly }) => !verifyOnly);
  const fresh = specs.filter((spec) => !answers.has(questionOf(spec)));
  const gathered = await gatherEvidence(incident, fresh);
  fresh.forEach((spec, index) => answers.set(questionOf(spec), gathered[index]!));
  const { causes, rootCause } = rankCauses(runbook, specs.map((spec) => ({ ...answers.get(questionOf(spec))!, probe: spec.id })));
  const cause = causes.find(({ id }) => id === rootCause);
  return cause !== undefined && needsMending(cause);
}

/** Runbooks name the same question differently. */
function questionOf({ use, with: input }: ProbeSpec): string {
  return JSON.stringify([use, input]);
}
