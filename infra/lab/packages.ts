import { existsSync } from 'node:fs';
import path from 'node:path';
import { capture } from './commands/capture';
import type { Progress } from './build';
import type { PartName } from './parts';

/** Commands that the lab takes from Debian, and the package that each is in. */
const DEBIAN_COMMANDS: Readonly<Record<string, string>> = {
  etcd: 'etcd-server',
  etcdctl: 'etcd-client',
  ip: 'iproute2',
  openssl: 'openssl',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  mount: 'mount',
  losetup: 'mount',
  findmnt: 'util-linux',
  'mkfs.xfs': 'xfsprogs',
  python3: 'python3',
};

/** What the parts of a lab need besides. */
const PART_COMMANDS: Readonly<Partial<Record<PartName, Readonly<Record<string, string>>>>> = {
  'query-path': { memcached: 'memcached' },
};

function onPath(command: string): boolean {
  const folders = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`.split(':');
  return folders.some((folder) => folder !== '' && existsSync(path.join(folder, command)));
}

/** Installs with apt-get what is missing. @throws with the package names where that is not possible. */
export async function ensurePackages(progress: Progress, parts: readonly PartName[]): Promise<void> {
  const commands = Object.assign({}, DEBIAN_COMMANDS, ...parts.map((part) => PART_COMMANDS[part])) as Record<string, string>;
  const missing = [...new Set(Object.entries(commands).filter(([command]) => !onPath(command)).map(([, name]) => name))];
  if (missing.length === 0) return;
  progress(`Installing ${missing.join(', ')} with apt-get …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await capture('apt-get', ['update'], { env });
    // RUNLEVEL=1 keeps Debian's own services (etcd, memcached) from being started.
    await capture('apt-get', ['install', '-y', '--no-install-recommends', ...missing], { env: { ...env, RUNLEVEL: '1' } });
  } catch (error) {
    throw new Error(`${missing.join(', ')} could not be installed (${(error as Error).message}). Install them by hand and run this again.`, { cause: error });
  }
}
