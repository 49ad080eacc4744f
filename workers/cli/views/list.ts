import Table from 'cli-table3';
import type { IncidentSummary } from '../../gateway/incident-summary';
import { moment, oneLine, say } from '../terminal';

/** The incident list: what is open and who is needed, at a glance. */
export function listView(incidents: readonly IncidentSummary[]): string {
  const table = new Table({ head: ['Incident', 'Cluster', 'What', 'Phase', 'Opened'], style: { head: [], border: [], compact: true }, wordWrap: true, colWidths: [20, 16, 40, 24, 28] });
  for (const incident of incidents) table.push([incident.publicId, oneLine(incident.cluster), say(incident.title), phaseOf(incident), moment(incident.openedAt)]);
  return table.toString();
}

/** That nothing is open, and what was before. */
export function nothingOpenView({ cluster, phase }: { cluster?: string | undefined; phase?: string | undefined }, last: IncidentSummary | undefined): string {
  const nothing = `No open incidents${cluster ? ` of ${oneLine(cluster)}` : ''}${phase ? ` in phase ${oneLine(phase)}` : ''}.`;
  if (!last) return nothing;
  return `${nothing} The last one: ${last.publicId}, ${phaseOf(last)}${last.closedAt ? `, closed ${moment(last.closedAt)}` : ''}. Closed ones: npx nightshift list --all`;
}

function phaseOf({ open, phase, outcome, ended, needsYou, owner }: IncidentSummary): string {
  if (!open) return ended ?? outcome ?? 'closed';
  if (owner) return `${phase} (${oneLine(owner)} has it)`;
  return needsYou ? `${phase}: NEEDS YOU` : phase;
}
