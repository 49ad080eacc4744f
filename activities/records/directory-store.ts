import { randomUUID } from 'node:crypto';
import * as fileSystem from 'node:fs/promises';
import path from 'node:path';
import { PUBLIC_ID_PATTERN, failure, type WrittenRecord } from '../../workflows/contracts';
import type { RecordFiles, RecordStore } from './store';

/** The calls that change something, so that a test can make any of them fail. */
export type StoreFileSystem = Pick<typeof fileSystem, 'mkdir' | 'open' | 'rename' | 'rm' | 'readFile' | 'readdir'>;

const FILE_NAME = /^([a-z0-9][\w-]*\/)?[A-Za-z0-9][\w.-]*$/;

/** Records in a directory of this machine. */
export class DirectoryRecordStore implements RecordStore {
  /** @param root the folder `records/` itself */
  constructor(
    private readonly root: string,
    private readonly files: StoreFileSystem = fileSystem,
  ) {}

  async write(publicId: string, files: RecordFiles): Promise<WrittenRecord> {
    const folder = this.folderOf(publicId);
    const misnamed = Object.keys(files).find((name) => !FILE_NAME.test(name));
    if (misnamed !== undefined) throw failure('InvalidInput', `A record cannot hold a file named ${JSON.stringify(misnamed)}.`);
    try {
      if (await this.exists(folder)) await this.complete(folder, files);
      else await this.appear(folder, files);
      return { location: folder, files: await this.namesIn(folder) };
    } catch (error) {
      throw failure('UpstreamUnavailable', `The record ${publicId} cannot be written to ${folder}: ${(error as Error).message}. Check the disk and its permissions.`, { cause: error });
    }
  }

  async read(publicId: string, file: string): Promise<string | undefined> {
    try {
      return await this.files.readFile(path.join(this.folderOf(publicId), file), 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw failure('UpstreamUnavailable', `${file} of the record ${publicId} cannot be read: ${(error as Error).message}.`, { cause: error });
    }
  }

  async list(): Promise<string[]> {
    const records = this.root;
    const found: string[] = [];
    for (const year of await this.folders(records)) {
      for (const month of await this.folders(path.join(records, year))) {
        found.push(...(await this.folders(path.join(records, year, month))).filter((name) => PUBLIC_ID_PATTERN.test(name)));
      }
    }
    return found.sort().reverse();
  }

  /** A folder that is not there yet is filled under another name, then renamed. */
  private async appear(folder: string, files: RecordFiles): Promise<void> {
    const parent = path.dirname(folder);
    const draft = path.join(parent, `.${path.basename(folder)}.${randomUUID()}`);
    try {
      for (const [name, content] of Object.entries(files)) await this.writeThrough(path.join(draft, name), content);
      for (const inner of new Set(Object.keys(files).map((name) => path.dirname(path.join(draft, name))))) await this.sync(inner);
      await this.sync(draft);
      await this.files.rename(draft, folder);
    } catch (error) {
      await this.files.rm(draft, { recursive: true, force: true });
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
      if ((await this.contentOf(target)) === content) continue;
      const draft = path.join(path.dirname(target), `.${path.basename(target)}.${randomUUID()}`);
      try {
        await this.writeThrough(draft, content);
        await this.files.rename(draft, target);
      } catch (error) {
        await this.files.rm(draft, { force: true });
        throw error;
      }
    }
    await this.sync(folder);
  }

  private async writeThrough(file: string, content: string): Promise<void> {
    await this.files.mkdir(path.dirname(file), { recursive: true, mode: 0o750 });
    const handle = await this.files.open(file, 'w', 0o640);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** A rename is durable only once its folder is. */
  private async sync(folder: string): Promise<void> {
    const handle = await this.files.open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  private async namesIn(folder: string): Promise<string[]> {
    const entries = await this.files.readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
      .sort();
  }

  private async exists(folder: string): Promise<boolean> {
    return (await this.folders(path.dirname(folder))).includes(path.basename(folder));
  }

  private async folders(folder: string): Promise<string[]> {
    try {
      const entries = await this.files.readdir(folder, { withFileTypes: true });
      return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  private async contentOf(file: string): Promise<string | undefined> {
    try {
      return await this.files.readFile(file, 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  private folderOf(publicId: string): string {
    if (!PUBLIC_ID_PATTERN.test(publicId)) throw failure('InvalidInput', `${JSON.stringify(publicId)} is no public ID; one looks like 20261122-3f9ab21c.`);
    return path.join(this.root, publicId.slice(0, 4), publicId.slice(4, 6), publicId);
  }
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
