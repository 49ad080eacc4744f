import type { PermanentFixStatus, RecordSummary } from '../../workflows/contracts';
import { summaryOfRecord } from '../../workflows/domain/record-summary';
import { parseRecord } from './record-schema';
import { FIXES_FILE, monthOfId, RECORD_FILE, type RecordEntry, type RecordStore } from './store';

/** What is known of one month's records, so that they need not all be read. Made again where it is missing or cannot be read. */
interface MonthIndex {
  schema: typeof SCHEMA;
  records: Record<string, { version: string; summary: RecordSummary }>;
}

/** Raised when a summary has more to say: older indexes are then made again. */
const SCHEMA = 'nightshift/record-index/v1';
/** Records that are read at the same time. */
const AT_ONCE = 16;

export interface Summaries {
  /** Newest day first. */
  summaries: RecordSummary[];
  /** Records that could not be understood: in no number, and said. */
  unreadable: Array<{ publicId: string; problem: string }>;
  /** Why the index could not be kept, where it could not: the next reader has to read the records again. */
  indexProblem?: string;
  /** Records that had to be read, because no index knew them as they are. */
  read: number;
}

/** The summaries of all records, or of those of incidents that were opened in the month `since` (UTC) or later. */
export async function readSummaries(store: RecordStore, since?: string): Promise<Summaries> {
  const all: Summaries = { summaries: [], unreadable: [], read: 0 };
  for (const [month, entries] of byMonth(await store.entries(since))) {
    const { summaries, unreadable, indexProblem, read } = await readMonth(store, month, entries);
    all.summaries.push(...summaries);
    all.unreadable.push(...unreadable);
    all.read += read;
    if (indexProblem !== undefined) all.indexProblem ??= indexProblem;
  }
  return all;
}

async function readMonth(store: RecordStore, month: string, entries: readonly RecordEntry[]): Promise<Summaries> {
  const name = `index-${month}.json`;
  const known = indexOf(await store.readAside(name));
  const index: MonthIndex = { schema: SCHEMA, records: {} };
  const result: Summaries = { summaries: [], unreadable: [], read: 0 };
  for (let from = 0; from < entries.length; from += AT_ONCE) {
    await Promise.all(entries.slice(from, from + AT_ONCE).map(async ({ publicId, version }) => {
      const before = known[publicId];
      if (version !== undefined && before?.version === version) {
        index.records[publicId] = before;
        return;
      }
      result.read += 1;
      const summary = await summarize(store, publicId);
      if ('problem' in summary) result.unreadable.push(summary);
      else if (version === undefined) result.summaries.push(summary);
      else index.records[publicId] = { version, summary };
    }));
  }
  const kept = Object.values(index.records);
  result.summaries.push(...kept.map(({ summary }) => summary));
  result.summaries.sort((a, b) => (a.publicId < b.publicId ? 1 : -1));
  const changed = kept.length !== Object.keys(known).length || kept.some(({ version, summary }) => known[summary.publicId]?.version !== version);
  const problem = changed ? await keep(store, name, index) : undefined;
  return { ...result, ...(problem !== undefined && { indexProblem: problem }) };
}

/** Who may read records need not be able to write beside them. */
async function keep(store: RecordStore, name: string, index: MonthIndex): Promise<string | undefined> {
  try {
    await store.writeAside(name, `${JSON.stringify(index)}\n`);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Nothing is known where the index is missing, of another version, or damaged: it can be made again. */
function indexOf(content: string | undefined): MonthIndex['records'] {
  if (content === undefined) return {};
  try {
    const index = JSON.parse(content) as Partial<MonthIndex>;
    return index.schema === SCHEMA && index.records ? index.records : {};
  } catch {
    return {};
  }
}

async function summarize(store: RecordStore, publicId: string): Promise<RecordSummary | { publicId: string; problem: string }> {
  const [record, fixes] = await Promise.all([store.read(publicId, RECORD_FILE), store.read(publicId, FIXES_FILE)]);
  if (record === undefined) return { publicId, problem: `${RECORD_FILE} is missing` };
  try {
    return summaryOfRecord(parseRecord(record, `${RECORD_FILE} of ${publicId}`), fixes === undefined ? undefined : (JSON.parse(fixes) as PermanentFixStatus));
  } catch (error) {
    return { publicId, problem: (error as Error).message };
  }
}

function byMonth(entries: readonly RecordEntry[]): Map<string, RecordEntry[]> {
  const months = new Map<string, RecordEntry[]>();
  for (const entry of entries) {
    const month = monthOfId(entry.publicId);
    const group = months.get(month);
    if (group) group.push(entry);
    else months.set(month, [entry]);
  }
  return months;
}
