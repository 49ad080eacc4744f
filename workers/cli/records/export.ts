import path from 'node:path';
import { DirectoryRecordStore } from '../../../activities/records/directory-store';
import { monthOfId, type RecordFiles } from '../../../activities/records/store';
import type { RecordOptions } from '../record-commands';
import { printJson } from '../terminal';
import { openRecords, recordNamed } from './shelf';

/** Copies a record as it is, byte by byte: what is exported can be audited and replayed like the original. */
export async function exportRecord(id: string, { json, to, ...overrides }: RecordOptions & { to: string }): Promise<void> {
  const shelf = openRecords(overrides);
  const publicId = await recordNamed(shelf, id);
  const names = (await shelf.store.files(publicId)).map(({ name }) => name);
  const contents = await Promise.all(names.map(async (name) => [name, await shelf.store.read(publicId, name)] as const));
  const files: RecordFiles = Object.fromEntries(contents.flatMap(([name, content]) => (content === undefined ? [] : [[name, content]])));
  const { location } = await new DirectoryRecordStore(path.resolve(to)).write(publicId, files);
  if (json) return printJson({ publicId, location, files: names });
  console.log(`${names.length} files in ${location}.`);
  if (!names.includes('history.json')) console.log(`Its history is not there yet: it is completed shortly after the close (${monthOfId(publicId)}).`);
}
