import { goThrough } from '../domain/checklists';
import { nobodyAsks } from './absence';
import { gatherEvidence } from './diagnose';
import type { Incident } from './incident';
import { selectRunbook } from './runbook';

/**
 * Before a person gets an incident whose cause is not known: asks what the handbook's checklists ask, of the whole pipeline, and
 * lays it out by them. The runbook that claimed the incident has only asked what it knew to ask.
 */
export async function lookAround(incident: Incident): Promise<void> {
  const { rootCause, checklists, evidence } = incident.status;
  const known = rootCause !== undefined && rootCause !== 'unknown';
  if (known || checklists || incident.cancelled || incident.status.owner || !incident.configured) return;
  if (!incident.has('2026-11-checklists-at-hand-over')) return;
  if (nobodyAsks(incident) && incident.has('2026-11-absent-worker')) return;
  const snapshot = await selectRunbook(incident, 'unknown');
  if (!snapshot?.runbook.checklists) return;
  const around = await gatherEvidence(incident, snapshot.runbook.probes);
  const kept = evidence.filter((old) => !around.some(({ probe }) => probe === old.probe));
  incident.record({ type: 'evidenceGathered', evidence: [...kept, ...around], checklists: goThrough(snapshot.runbook.checklists, around) });
}
