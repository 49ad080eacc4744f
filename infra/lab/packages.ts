import { existsSync } from 'node:fs';
import path from 'node:path';
import { capture } from './commands/capture';
import type { Progress } from './build';

/** Commands that the lab takes from Debian, and the package that each is in. */
const DEBIAN_COMMANDS: Readonly<Record<string, string>> = {
  etcd: 'etcd-server',
  etcdctl: 'etcd-client',
  ip: 'iproute2',
  openssl: 'openssl',
  unshare: 'util-linux',
  nsenter: 'util-linux',
};

function onPath(command: string): boolean {
  const folders = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`.split(':');
  return folders.some((folder) => folder !== '' && existsSync(path.join(folder, command)));
}

/** Installs with apt-get what is missing. @throws with the package names where that is not possible. */
export async function ensurePackages(progress: Progress): Promise<void> {
  const missing = [...new Set(Object.entries(DEBIAN_COMMANDS).filter(([command]) => !onPath(command)).map(([, name]) => name))];
  if (missing.length === 0) return;
  progress(`Installing ${missing.join(', ')} with apt-get …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await capture('apt-get', ['update'], { env });
    // RUNLEVEL=1 keeps Debian's own etcd service from being started.
    await capture('apt-get', ['install', '-y', '--no-install-recommends', ...missing], { env: { ...env, RUNLEVEL: '1' } });
  } catch (error) {
    throw new Error(`${missing.join(', ')} could not be installed (${(error as Error).message}). Install them by hand and run this again.`, { cause: error });
  }
}
