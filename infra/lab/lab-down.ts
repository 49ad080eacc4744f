import { existsSync, rmSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { capture } from './commands/capture';
import { readHandle, removeHandle } from './handle';
import { namespaceInode, processesIn } from './namespaces';
import { ControlGroups } from './node/control-groups';
import type { LabPaths } from './paths';
import { isAlive, signal } from './process-identity';

/** The supervisor stops its parts one after another; each has a few seconds. */
const SUPERVISOR_GRACE_MS = 20_000;
const POLL_MS = 100;

/**
 * Ends a lab, however far it came: its supervisor, then every process that is still in its network namespace, such as
 * a worker that was started with `lab exec`. Only logs are kept.
 * @returns whether there was one
 */
export async function labDown(paths: LabPaths): Promise<boolean> {
  const handle = readHandle(paths);
  if (handle && isAlive(handle.supervisor)) {
    signal(handle.supervisor.pid, 'SIGTERM');
    await waitUntil(() => !isAlive(handle.supervisor), SUPERVISOR_GRACE_MS);
  }
  // The bind mount keeps the namespace, so its inode cannot have become another namespace's.
  const kept = existsSync(paths.netns) && handle !== undefined && namespaceInode(paths.netns) === handle.netnsInode;
  if (kept) await killAll(handle.netnsInode);
  if (existsSync(paths.netns)) await capture('umount', [paths.netns]).catch(() => undefined);
  rmSync(paths.portal, { force: true });
  ControlGroups.remove(paths.controlGroup);
  removeHandle(paths);
  if (existsSync(paths.dir)) for (const name of readdirSync(paths.dir)) if (name !== path.basename(paths.logs)) rmSync(path.join(paths.dir, name), { recursive: true, force: true });
  return handle !== undefined;
}

async function killAll(netnsInode: number): Promise<void> {
  await waitUntil(() => {
    const left = processesIn(netnsInode);
    for (const pid of left) signal(pid, 'SIGKILL');
    return left.length === 0;
  }, SUPERVISOR_GRACE_MS);
}

async function waitUntil(done: () => boolean, limitMs: number): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!done() && Date.now() < deadline) await sleep(POLL_MS);
}
