import { createHash } from 'node:crypto';
import { PUBLIC_ID_PATTERN, type WrittenRecord } from '../../workflows/contracts';
import type { ObjectBucket, StoredObject } from './objects';
import { checkFileNames, FIXES_FILE, folderOf, newestFirst, RECORD_FILE, type RecordEntry, type RecordFileInfo, type RecordFiles, type RecordStore } from './store';

/** Listings in flight: an object store answers each in tens of milliseconds. */
const AT_ONCE = 8;
/** Beside the years; what is in it can be made again. */
const ASIDE = 'aside/';

/**
 * Records in a bucket. Objects are whole or absent by themselves; a record is there from the moment in which its
 * `record.json` is, which is therefore written last and removed first.
 */
export class BucketRecordStore implements RecordStore {
  readonly location: string;

  constructor(private readonly bucket: ObjectBucket) {
    this.location = bucket.location;
  }

  async write(publicId: string, files: RecordFiles): Promise<WrittenRecord> {
    const folder = `${folderOf(publicId)}/`;
    checkFileNames(files);
    const before = new Map((await this.bucket.list(folder)).map(({ key, tag }) => [key, tag]));
    const inOrder = Object.entries(files).sort(([a], [b]) => Number(a === RECORD_FILE) - Number(b === RECORD_FILE));
    for (const [name, content] of inOrder) {
      // Most stores tag an object with the MD5 of its content; where one does not, it is written again, which is harmless.
      if (before.get(`${folder}${name}`) !== createHash('md5').update(content).digest('hex')) await this.bucket.put(`${folder}${name}`, content);
      before.set(`${folder}${name}`, '');
    }
    return { location: `${this.location}${folder}`, files: [...before.keys()].map((key) => key.slice(folder.length)).sort() };
  }

  async read(publicId: string, file: string): Promise<string | undefined> {
    const folder = folderOf(publicId);
    const [content, whole] = await Promise.all([this.bucket.get(`${folder}/${file}`), file === RECORD_FILE || this.bucket.has(`${folder}/${RECORD_FILE}`)]);
    return whole ? content : undefined;
  }

  async list(): Promise<string[]> {
    return (await this.entries()).map(({ publicId }) => publicId);
  }

  async entries(since = ''): Promise<RecordEntry[]> {
    const months = (await this.months()).filter((month) => month.replace('/', '-') >= since);
    const found = new Map<string, RecordEntry>();
    for (const objects of await inTurns(months, (month) => this.bucket.list(`${month}/`))) {
      for (const [publicId, parts] of byRecord(objects)) {
        const version = [RECORD_FILE, FIXES_FILE].map((name) => parts.get(name)?.tag ?? '').join(' ');
        if (parts.has(RECORD_FILE)) found.set(publicId, { publicId, version });
      }
    }
    return newestFirst([...found.keys()]).map((publicId) => found.get(publicId) ?? { publicId });
  }

  async files(publicId: string): Promise<RecordFileInfo[]> {
    const folder = `${folderOf(publicId)}/`;
    const files = (await this.bucket.list(folder)).map(({ key, bytes }) => ({ name: key.slice(folder.length), bytes }));
    return files.some(({ name }) => name === RECORD_FILE) ? files.sort((a, b) => (a.name < b.name ? -1 : 1)) : [];
  }

  async remove(publicId: string): Promise<void> {
    const folder = `${folderOf(publicId)}/`;
    await this.bucket.remove(`${folder}${RECORD_FILE}`);
    for (const { key } of await this.bucket.list(folder)) await this.bucket.remove(key);
  }

  async tidy(before: Date): Promise<number> {
    let removed = 0;
    for (const month of await this.months()) {
      for (const [, parts] of byRecord(await this.bucket.list(`${month}/`))) {
        if (parts.has(RECORD_FILE) || [...parts.values()].some(({ changedAt }) => changedAt >= before)) continue;
        for (const { key } of parts.values()) await this.bucket.remove(key);
        removed += 1;
      }
    }
    return removed;
  }

  readAside(name: string): Promise<string | undefined> {
    return this.bucket.get(`${ASIDE}${name}`);
  }

  writeAside(name: string, content: string): Promise<void> {
    return this.bucket.put(`${ASIDE}${name}`, content);
  }

  /** `2026/11`, oldest first. */
  private async months(): Promise<string[]> {
    const years = (await this.bucket.folders('')).filter((name) => /^\d{4}$/.test(name));
    const months = await inTurns(years, async (year) => (await this.bucket.folders(`${year}/`)).map((month) => `${year}/${month}`));
    return months.flat().sort();
  }
}

/** Public ID → name of the file → object. */
function byRecord(objects: readonly StoredObject[]): Map<string, Map<string, StoredObject>> {
  const records = new Map<string, Map<string, StoredObject>>();
  for (const object of objects) {
    const [, , publicId = '', ...name] = object.key.split('/');
    if (!PUBLIC_ID_PATTERN.test(publicId)) continue;
    const parts = records.get(publicId) ?? new Map<string, StoredObject>();
    records.set(publicId, parts.set(name.join('/'), object));
  }
  return records;
}

async function inTurns<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) results.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(work))));
  return results;
}
