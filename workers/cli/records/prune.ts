import { recordsBefore } from '../../../activities/records/retention';
import { CommandError, EXIT } from '../exit';
import type { PruneOptions } from '../record-commands';
import { printJson } from '../terminal';
import { openRecords, warnOf } from './shelf';

const DAY_MS = 24 * 3_600_000;

/** Removes nothing unless told to, and says what it would remove. */
export async function pruneRecords({ json, olderThan, yes = false, ...overrides }: PruneOptions): Promise<void> {
  const { store, config } = openRecords(overrides);
  const age = olderThan === undefined ? config.keepRecordsFor : olderThan * DAY_MS;
  if (age === undefined) throw new CommandError('Say how old: --older-than <days>, or records.keepFor in the configuration.', EXIT.wrongUse);
  const before = new Date(Date.now() - age);
  const { old, kept, ...problems } = await recordsBefore(store, before);
  const sizes = await Promise.all(old.map(async (publicId) => (await store.files(publicId)).reduce((sum, { bytes }) => sum + bytes, 0)));
  if (yes) for (const publicId of old) await store.remove(publicId);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  warnOf(problems);
  if (json) return printJson({ removed: yes, before: before.toISOString(), records: old, bytes, kept });
  for (const [index, publicId] of old.entries()) console.log(`${publicId}  ${Math.ceil((sizes[index] ?? 0) / 1024)} KiB`);
  for (const publicId of kept) console.log(`${publicId}  is kept: its permanent fix is still open`);
  const what = `${old.length} record(s) of incidents opened before ${before.toISOString().slice(0, 10)}, ${Math.ceil(bytes / 1024)} KiB`;
  console.log(yes ? `Removed: ${what}.` : `Would be removed: ${what}. Nothing was changed; --yes removes them.`);
}
