import { readSummaries } from '../../../activities/records/record-index';
import { FIXES_FILE, RECORD_FILE, type RecordStore } from '../../../activities/records/store';
import { parseRecord } from '../../../activities/records/record-schema';
import type { PermanentFixStatus } from '../../../workflows/contracts';
import { isOpenFix } from '../../../workflows/domain/fixes';
import type { FixListOptions } from '../fix-commands';
import { printJson } from '../terminal';
import { fixesView } from '../views/fixes';
import { openRecords, warnOf } from './shelf';

/** Records that are read at the same time. */
const AT_ONCE = 16;

export async function listFixes({ json, all = false, ...overrides }: FixListOptions): Promise<void> {
  const { store } = openRecords(overrides);
  const read = await readSummaries(store);
  // The index knows which have any; only those are looked at.
  const wanted = read.summaries.filter(({ fixes }) => (all ? fixes.length > 0 : fixes.some(({ end }) => end !== 'declined'))).map(({ publicId }) => publicId).sort().reverse();
  const incidents: PermanentFixStatus[] = [];
  for (let from = 0; from < wanted.length; from += AT_ONCE) incidents.push(...(await Promise.all(wanted.slice(from, from + AT_ONCE).map((publicId) => fixesOf(store, publicId)))).flat());
  warnOf(read);
  const shown = incidents.filter(({ fixes }) => all || fixes.some(isOpenFix));
  if (json) printJson({ location: store.location, incidents: shown });
  else console.log(fixesView(shown, all));
}

/** As they stand; as they were proposed where nothing has been said of them yet. */
async function fixesOf(store: RecordStore, publicId: string): Promise<PermanentFixStatus[]> {
  const kept = await store.read(publicId, FIXES_FILE);
  if (kept !== undefined) return [JSON.parse(kept) as PermanentFixStatus];
  const record = await store.read(publicId, RECORD_FILE);
  if (record === undefined) return [];
  const { incident: { cluster }, permanentFixes } = parseRecord(record, `${RECORD_FILE} of ${publicId}`);
  return [{ publicId, cluster, reminders: 0, fixes: permanentFixes.map(({ id, title }) => ({ id, title, state: 'proposed' })) }];
}
