import Table from 'cli-table3';
import { readSummaries } from '../../../activities/records/record-index';
import { monthOfId } from '../../../activities/records/store';
import type { RecordSummary } from '../../../workflows/contracts';
import type { ListOptions } from '../record-commands';
import { moment, oneLine, printJson, say } from '../terminal';
import { openRecords, warnOf } from './shelf';

export async function listRecords({ json, month, class: incidentClass, limit, ...overrides }: ListOptions): Promise<void> {
  const { store } = openRecords(overrides);
  const read = await readSummaries(store, month);
  const wanted = read.summaries.filter((summary) => (!month || monthOfId(summary.publicId) === month) && (!incidentClass || summary.incidentClass === incidentClass));
  const records = wanted.sort((a, b) => (a.publicId < b.publicId ? 1 : -1)).slice(0, limit);
  warnOf(read);
  if (json) return printJson({ location: store.location, records, unreadable: read.unreadable });
  console.log(records.length === 0 ? `No records in ${store.location}.` : tableOf(records));
  if (wanted.length > records.length) console.log(`${wanted.length - records.length} more; --limit shows them.`);
}

function tableOf(records: readonly RecordSummary[]): string {
  const table = new Table({ head: ['Incident', 'Cluster', 'What', 'Root cause', 'Ended', 'Opened'], style: { head: [], border: [], compact: true }, wordWrap: true, colWidths: [20, 14, 26, 30, 14, 30] });
  for (const { publicId, cluster, title, rootCause, outcome, ended, openedAt } of records) table.push([publicId, oneLine(cluster), say(title), rootCause ? say(rootCause.title) : 'unknown', ended ?? outcome ?? 'closed', moment(openedAt)]);
  return table.toString();
}
