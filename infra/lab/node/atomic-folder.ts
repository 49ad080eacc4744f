import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Contents of a volume: path below the mount point → bytes. */
export type Payload = ReadonlyMap<string, Buffer>;

const DATA_LINK = '..data';

/**
 * Replaces the contents of a ConfigMap, Secret or projected volume in one step, as the kubelet does: files live in a
 * folder named by time, `..data` points to it, and each file is a link through `..data`. A reader sees all of the old
 * contents or all of the new.
 * @returns whether anything changed
 */
export function writePayload(folder: string, payload: Payload, now = new Date()): boolean {
  mkdirSync(folder, { recursive: true });
  if (isCurrent(folder, payload)) return false;
  const link = path.join(folder, DATA_LINK);
  const old = existsSync(link) ? readlinkSync(link) : undefined;
  const fresh = `..${now.toISOString().replace(/[-:T]/g, '_').replace('Z', '')}_${process.hrtime.bigint() % 1_000_000n}`;
  for (const [name, content] of payload) {
    const file = path.join(folder, fresh, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  mkdirSync(path.join(folder, fresh), { recursive: true });
  const temporary = path.join(folder, '..data_tmp');
  rmSync(temporary, { force: true });
  symlinkSync(fresh, temporary);
  renameSync(temporary, link);
  linkTopLevel(folder, payload);
  if (old) rmSync(path.join(folder, old), { recursive: true, force: true });
  return true;
}

function linkTopLevel(folder: string, payload: Payload): void {
  const wanted = new Set([...payload.keys()].map((name) => name.split('/')[0] ?? name));
  const present = readdirSync(folder).filter((name) => !name.startsWith('..'));
  for (const name of present) if (!wanted.has(name)) rmSync(path.join(folder, name), { force: true });
  for (const name of wanted) if (!present.includes(name)) symlinkSync(path.join(DATA_LINK, name), path.join(folder, name));
}

function isCurrent(folder: string, payload: Payload): boolean {
  const data = path.join(folder, DATA_LINK);
  if (!existsSync(data)) return false;
  const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.length === payload.size && [...payload].every(([name, content]) => existsSync(path.join(data, name)) && readFileSync(path.join(data, name)).equals(content));
}
