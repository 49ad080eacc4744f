import Table from 'cli-table3';
import { monthAt, monthsBetween } from '../../../activities/records/months';
import { readStatistics } from '../../../activities/records/read-statistics';
import { statisticsText, type FigureTable } from '../../../activities/records/statistics-tables';
import type { StatsOptions } from '../record-commands';
import { columnsOf, localeOf, oneLine, printJson } from '../terminal';
import { openRecords, warnOf } from './shelf';

/** A column beside others; longer texts are wrapped. */
const WIDEST_COLUMN = 44;

export async function showStatistics({ json, month, months, timeZone, practice = false, ...overrides }: StatsOptions): Promise<void> {
  const { store, config } = openRecords(overrides);
  const zone = timeZone ?? config.timeZone;
  const last = month ?? monthAt(new Date(), zone);
  // The middle of a month is in that month wherever one is.
  const first = monthAt(new Date(`${last}-15T00:00:00Z`), 'UTC', 1 - months);
  const read = await readStatistics(store, monthsBetween(first, last), zone, { practice });
  warnOf(read);
  if (json) return printJson({ months: read.months, unreadable: read.unreadable });
  for (const statistics of read.months) {
    const { title, remarks, tables } = statisticsText(statistics, localeOf());
    console.log([oneLine(title), ...remarks.map(oneLine), ...tables.flatMap((table) => ['', oneLine(table.title), drawn(table)]), ''].join('\n'));
  }
}

function drawn({ head, rows }: FigureTable): string {
  const cells = [head, ...rows].map((row) => row.map(oneLine));
  const colWidths = head.map((_, column) => Math.min(WIDEST_COLUMN, Math.max(...cells.map((row) => columnsOf(row[column] ?? ''))) + 2));
  const table = new Table({ head: cells[0] ?? [], style: { head: [], border: [], compact: true }, wordWrap: true, colWidths });
  table.push(...cells.slice(1));
  return table.toString();
}
