import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statfsSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { capture } from '../commands/capture';
import { globPattern } from './glob';

const MIB = 2 ** 20;
const isFull = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOSPC';

/** Room on a volume's file system, as `df` counts it. */
export function roomOf(folder: string): { totalBytes: number; freeBytes: number; freeInodes: number } {
  const { blocks, bavail, bsize, ffree } = statfsSync(folder);
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize, freeInodes: ffree };
}

/** Makes or enlarges `file` until the file system is used to `percent`; at 100 the next byte is refused. A fuller one stays as it is. */
export async function fillTo(folder: string, file: string, percent: number): Promise<void> {
  const { totalBytes, freeBytes } = roomOf(folder);
  const wanted = Math.floor(freeBytes - totalBytes * (1 - percent / 100)) - (percent === 100 ? 4 * MIB : 0);
  const target = path.join(folder, file);
  if (wanted > 0) await capture('fallocate', ['--offset', String(sizeOf(target)), '--length', String(wanted), target]);
  if (percent === 100) appendUntilFull(target);
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** What allocation cannot reach is written, in pieces that get smaller. */
function appendUntilFull(file: string): void {
  const handle = openSync(file, 'a');
  try {
    for (let size = MIB; size >= 512; ) {
      try {
        if (writeSync(handle, Buffer.alloc(size)) < size) size /= 2;
      } catch (error) {
        if (!isFull(error)) throw error;
        size /= 2;
      }
    }
  } finally {
    closeSync(handle);
  }
}

/** Makes empty files in `name`, a folder of the volume, until there is no inode left. */
export function useUpInodes(folder: string, name: string): void {
  const target = path.join(folder, name);
  mkdirSync(target, { recursive: true });
  try {
    for (let count = readdirSync(target).length; ; count += 1) writeFileSync(path.join(target, String(count)), '');
  } catch (error) {
    if (!isFull(error)) throw error;
  }
}

/** Files below a volume that match, in the order of their names. @throws when there are none */
export function matchingFiles(folder: string, glob: string, which: 'all' | 'first' | 'last'): string[] {
  const pattern = globPattern(glob);
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((name) => pattern.test(name))
    .sort();
  if (found.length === 0) throw new Error(`no file of the volume matches ${glob}`);
  if (which === 'first') return found.slice(0, 1);
  return which === 'last' ? found.slice(-1) : found;
}

/** Empties a file, or puts chance bytes in place of its own from `from` (a share of its length) on. */
export function damage(file: string, as: 'empty' | 'garbage', from: number): void {
  if (as === 'empty') return truncateSync(file, 0);
  const { size } = statSync(file);
  const start = Math.floor(size * from);
  const handle = openSync(file, 'r+');
  try {
    writeSync(handle, randomBytes(Math.max(1, Math.min(size - start, 64 * 1024))), 0, undefined, start);
  } finally {
    closeSync(handle);
  }
}

/** Removes what matches the glob: files, or with a trailing slash folders with everything in them. Nothing that matches is fine. */
export function removeMatching(folder: string, glob: string): void {
  const wantsFolders = glob.endsWith('/');
  const pattern = globPattern(glob.replace(/\/$/, ''));
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const name = path.relative(folder, path.join(entry.parentPath, entry.name));
    if (entry.isDirectory() === wantsFolders && pattern.test(name)) rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}
