import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { PartName } from './parts';
import { isAlive, type ProcessIdentity } from './process-identity';
import { labPaths, type LabPaths } from './paths';

/** What a running lab is; written when it begins, so that a half-made lab can be taken down too. */
export interface LabHandle {
  readonly supervisor: ProcessIdentity;
  /** Inode of the network namespace: what its processes have in common. */
  readonly netnsInode: number;
  readonly factor: number;
  readonly webhookUrl: string;
  readonly startedAt: string;
  readonly ready: boolean;
  /** What it has besides its core. */
  readonly parts: readonly PartName[];
}

export function readHandle(paths: LabPaths): LabHandle | undefined {
  return existsSync(paths.handle) ? (JSON.parse(readFileSync(paths.handle, 'utf8')) as LabHandle) : undefined;
}

export function writeHandle(paths: LabPaths, handle: LabHandle): void {
  const temporary = `${paths.handle}.new`;
  writeFileSync(temporary, `${JSON.stringify(handle, null, 2)}\n`);
  renameSync(temporary, paths.handle);
}

export function removeHandle(paths: LabPaths): void {
  rmSync(paths.handle, { force: true });
}

/** There is no lab in this folder, or it is not running. */
export class NoLab extends Error {
  constructor(paths: LabPaths) {
    super(`No lab is running in ${paths.dir}. Start one with "npx nightshift lab up".`);
    this.name = 'NoLab';
  }
}

/** The running lab of a folder. @throws NoLab */
export function runningLab(paths: LabPaths = labPaths()): LabHandle {
  const handle = readHandle(paths);
  if (!handle || !isAlive(handle.supervisor)) throw new NoLab(paths);
  return handle;
}
