import { randomUUID } from 'node:crypto';
import * as fileSystem from 'node:fs/promises';
import path from 'node:path';
import { PUBLIC_ID_PATTERN, failure, type WrittenRecord } from '../../workflows/contracts';
import { checkFileNames, folderOf, newestFirst, type RecordEntry, type RecordFileInfo, type RecordFiles, type RecordStore } from './store';

/** The calls that change something, so that a test can make any of them fail. */
export type StoreFileSystem = Pick<typeof fileSystem, 'mkdir' | 'open' | 'rename' | 'rm' | 'readFile' | 'readdir' | 'stat'>;

/** A change this soon after a look can leave the folder's time as it was: file systems count time in steps. */
const RACY_MS = 2_000;
/** Stats in flight: enough to keep a disk busy. */
const AT_ONCE = 64;

/** What a person does about what a file system says. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: make room; it is tried again until then.',
  EDQUOT: 'The quota is used up: make room; it is tried again until then.',
  EROFS: 'The file system is mounted read-only; that is what a broken disk does.',
  EACCES: 'Its owner has to let Nightshift write there.',
};

/** Beside the years; what is in it can be made again. */
const ASIDE = '.aside';
/** Drafts, and records that are being removed: `.<public id>.<UUID>`. */
const LEFT_BEHIND = /^\.\d{8}-[0-9a-f]{8}\./;

/** Records in a directory of this machine. */
export class DirectoryRecordStore implements RecordStore {
  /** @param location the folder `records/` itself */
  constructor(
    readonly location: string,
    private readonly fs: StoreFileSystem = fileSystem,
  ) {}

  async write(publicId: string, files: RecordFiles): Promise<WrittenRecord> {
    const folder = this.pathOf(publicId);
    checkFileNames(files);
    return this.orUnavailable(`The record ${publicId} cannot be written to ${folder}`, async () => {
      if (await this.exists(folder)) await this.complete(folder, files);
      else await this.appear(folder, files);
      return { location: folder, files: (await this.namesIn(folder)).map(({ name }) => name) };
    });
  }

  async read(publicId: string, file: string): Promise<string | undefined> {
    const target = path.join(this.pathOf(publicId), file);
    return this.orUnavailable(`${file} of the record ${publicId} cannot be read`, () => this.contentOf(target));
  }

  list(): Promise<string[]> {
    return this.orUnavailable('The records cannot be listed', async () => {
      const found: string[] = [];
      for (const month of await this.months()) found.push(...(await this.folders(month)).filter((name) => PUBLIC_ID_PATTERN.test(name)));
      return newestFirst(found);
    });
  }

  async entries(since = ''): Promise<RecordEntry[]> {
    const found = (await this.list()).filter((publicId) => publicId >= since.replace('-', ''));
    return this.orUnavailable('The records cannot be listed', async () => {
      const entries: RecordEntry[] = [];
      for (let from = 0; from < found.length; from += AT_ONCE) {
        const looked = await Promise.all(found.slice(from, from + AT_ONCE).map((publicId) => this.entryOf(publicId)));
        entries.push(...looked.filter((entry) => entry !== undefined));
      }
      return entries;
    });
  }

  async files(publicId: string): Promise<RecordFileInfo[]> {
    const folder = this.pathOf(publicId);
    return this.orUnavailable(`The record ${publicId} cannot be listed`, async () => ((await this.exists(folder)) ? this.namesIn(folder) : []));
  }

  async remove(publicId: string): Promise<void> {
    const folder = this.pathOf(publicId);
    await this.orUnavailable(`The record ${publicId} cannot be removed from ${folder}`, async () => {
      if (!(await this.exists(folder))) return;
      const going = path.join(path.dirname(folder), `.${publicId}.${randomUUID()}`);
      await this.fs.rename(folder, going);
      await this.sync(path.dirname(folder));
      await this.fs.rm(going, { recursive: true, force: true });
    });
  }

  async tidy(before: Date): Promise<number> {
    return this.orUnavailable(`${this.location} cannot be tidied`, async () => {
      let removed = 0;
      for (const month of await this.months()) {
        const hidden = (await this.folders(month)).filter((name) => LEFT_BEHIND.test(name)).map((name) => path.join(month, name));
        for (const folder of hidden) {
          if ((await this.fs.stat(folder)).mtimeMs >= before.getTime()) continue;
          await this.fs.rm(folder, { recursive: true, force: true });
          removed += 1;
        }
      }
      return removed;
    });
  }

  readAside(name: string): Promise<string | undefined> {
    return this.orUnavailable(`${name} beside the records cannot be read`, () => this.contentOf(path.join(this.location, ASIDE, name)));
  }

  async writeAside(name: string, content: string): Promise<void> {
    await this.orUnavailable(`${name} cannot be written beside the records`, () => this.replace(path.join(this.location, ASIDE, name), content));
  }

  /** Undefined where it was removed in the meantime. */
  private async entryOf(publicId: string): Promise<RecordEntry | undefined> {
    const found = await this.fs.stat(this.pathOf(publicId), { bigint: true }).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (!found) return undefined;
    const { mtimeNs } = found;
    return Date.now() - Number(mtimeNs / 1_000_000n) < RACY_MS ? { publicId } : { publicId, version: String(mtimeNs) };
  }

  /** A folder that is not there yet is filled under another name, then renamed. */
  private async appear(folder: string, files: RecordFiles): Promise<void> {
    const parent = path.dirname(folder);
    const draft = path.join(parent, `.${path.basename(folder)}.${randomUUID()}`);
    try {
      for (const [name, content] of Object.entries(files)) await this.writeThrough(path.join(draft, name), content);
      for (const inner of new Set(Object.keys(files).map((name) => path.dirname(path.join(draft, name))))) await this.sync(inner);
      await this.sync(draft);
      await this.fs.rename(draft, folder);
    } catch (error) {
      await this.fs.rm(draft, { recursive: true, force: true });
      // Another attempt of the same activity was faster: add to what it wrote.
      if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) return this.complete(folder, files);
      throw error;
    }
    await this.sync(parent);
  }

  /** Files of a folder that is there already are replaced one by one, and only where they differ. */
  private async complete(folder: string, files: RecordFiles): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      const target = path.join(folder, name);
      if ((await this.contentOf(target)) !== content) await this.replace(target, content);
    }
    await this.sync(folder);
  }

  private async replace(target: string, content: string): Promise<void> {
    const draft = path.join(path.dirname(target), `.${path.basename(target)}.${randomUUID()}`);
    try {
      await this.writeThrough(draft, content);
      await this.fs.rename(draft, target);
    } catch (error) {
      await this.fs.rm(draft, { force: true });
      throw error;
    }
  }

  private async writeThrough(file: string, content: string): Promise<void> {
    await this.fs.mkdir(path.dirname(file), { recursive: true, mode: 0o750 });
    const handle = await this.fs.open(file, 'w', 0o640);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** A rename is durable only once its folder is. */
  private async sync(folder: string): Promise<void> {
    const handle = await this.fs.open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  private async namesIn(folder: string): Promise<RecordFileInfo[]> {
    const entries = await this.fs.readdir(folder, { recursive: true, withFileTypes: true });
    const full = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map((entry) => path.join(entry.parentPath, entry.name));
    return Promise.all(full.sort().map(async (file) => ({ name: path.relative(folder, file), bytes: (await this.fs.stat(file)).size })));
  }

  private async months(): Promise<string[]> {
    const years = (await this.folders(this.location)).filter((name) => /^\d{4}$/.test(name));
    const months = await Promise.all(years.map(async (year) => (await this.folders(path.join(this.location, year))).map((month) => path.join(this.location, year, month))));
    return months.flat();
  }

  private async exists(folder: string): Promise<boolean> {
    return (await this.folders(path.dirname(folder))).includes(path.basename(folder));
  }

  private async folders(folder: string): Promise<string[]> {
    try {
      const entries = await this.fs.readdir(folder, { withFileTypes: true });
      return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  private async contentOf(file: string): Promise<string | undefined> {
    try {
      return await this.fs.readFile(file, 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  private pathOf(publicId: string): string {
    return path.join(this.location, folderOf(publicId));
  }

  private async orUnavailable<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      const code = codeOf(error);
      const remedy = (code && REMEDIES[code]) ?? 'Check the disk and its permissions.';
      throw failure('UpstreamUnavailable', `${what}: ${(error as Error).message}. ${remedy}`, { cause: error });
    }
  }
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
