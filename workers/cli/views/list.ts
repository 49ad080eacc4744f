import Table from 'cli-table3';
import type { IncidentSummary } from '../../gateway/incident-summary';
import { moment, oneLine, say } from '../terminal';

/** The incident list: what is open and who is needed, at a glance. */
export function listView(incidents: readonly IncidentSummary[]): string {
  if (incidents.length === 0) return 'No incidents.';
  const table = new Table({ head: ['Incident', 'Cluster', 'What', 'Phase', 'Opened'], style: { head: [], border: [], compact: true }, wordWrap: true, colWidths: [20, 16, 40, 24, 26] });
  for (const incident of incidents) table.push([incident.publicId, oneLine(incident.cluster), say(incident.title), phaseOf(incident), moment(incident.openedAt)]);
  return table.toString();
}

function phaseOf({ open, phase, outcome, ended, needsYou, owner }: IncidentSummary): string {
  if (!open) return ended ?? outcome ?? 'closed';
  if (owner) return `${phase} (${oneLine(owner)} has it)`;
  return needsYou ? `${phase}: NEEDS YOU` : phase;
}
