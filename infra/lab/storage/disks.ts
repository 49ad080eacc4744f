import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { capture } from '../commands/capture';

const IMAGE = '.img';
/** Smallest that mkfs.xfs makes. */
export const SMALLEST_DISK_BYTES = 300 * 2 ** 20;
/** One percent of the room for inodes, about 21,000 in a GiB: a limit that can be reached within seconds. */
const MKFS = ['-q', '-K', '-i', 'maxpct=1'];

/**
 * Real, small file systems: XFS, each in a sparse file of its own, mounted through a loop device. A full one answers
 * ENOSPC, each has its limit of inodes, and one grows while it is in use. The devices free themselves when the last
 * mount is gone. Why not ext4 or tmpfs: infra/docs/adr/0010-volumes-are-xfs-on-loop-devices.md.
 */
export class Disks {
  constructor(private readonly folder: string) {}

  /** Where the file system of a volume is mounted. */
  path(volume: string): string {
    return path.join(this.folder, volume);
  }

  /** Prepares the folder, and mounts again what an earlier node agent left unmounted. */
  async open(): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    if (!isMountPoint(this.folder)) {
      // Shared, so that containers, whose mount namespaces are copies, let go of a file system that is unmounted here.
      await capture('mount', ['--bind', this.folder, this.folder]);
      await capture('mount', ['--make-shared', this.folder]);
    }
    for (const name of readdirSync(this.folder)) if (name.endsWith(IMAGE)) await this.mount(name.slice(0, -IMAGE.length));
  }

  isMounted(volume: string): boolean {
    return isMountPoint(this.path(volume));
  }

  /** Makes and mounts a file system; one that is there is left as it is. */
  async create(volume: string, bytes: number): Promise<void> {
    if (bytes < SMALLEST_DISK_BYTES) throw new RangeError(`volume ${volume} asks for ${bytes} bytes; a file system of the lab has at least 300Mi`);
    if (!existsSync(this.image(volume))) {
      const unfinished = `${this.image(volume)}.new`;
      await resize(unfinished, bytes);
      await capture('mkfs.xfs', [...MKFS, unfinished]);
      renameSync(unfinished, this.image(volume));
    }
    await this.mount(volume);
  }

  /** Grows a mounted file system; whoever has files open on it notices nothing but the room. */
  async grow(volume: string, bytes: number): Promise<void> {
    await resize(this.image(volume), bytes);
    const device = (await capture('findmnt', ['--noheadings', '--first-only', '--output', 'SOURCE', this.path(volume)])).trim();
    await capture('losetup', ['--set-capacity', device]);
    await capture('xfs_growfs', ['-d', this.path(volume)]);
  }

  /** Removes a file system and everything on it. One that is gone is fine. */
  async remove(volume: string): Promise<void> {
    if (this.isMounted(volume)) await capture('umount', [this.path(volume)]);
    rmSync(this.image(volume), { force: true });
    rmSync(this.path(volume), { recursive: true, force: true });
  }

  private image(volume: string): string {
    return `${this.path(volume)}${IMAGE}`;
  }

  private async mount(volume: string): Promise<void> {
    if (this.isMounted(volume)) return;
    mkdirSync(this.path(volume), { recursive: true });
    await capture('mount', ['-t', 'xfs', '-o', 'loop,noatime', this.image(volume), this.path(volume)]);
  }
}

/** Sets the size of a sparse file, making it where it is not there. */
async function resize(file: string, bytes: number): Promise<void> {
  const handle = await open(file, 'a');
  try {
    await handle.truncate(bytes);
  } finally {
    await handle.close();
  }
}

/** The kernel's own list; spaces in a path are written as \040 there. */
function isMountPoint(folder: string): boolean {
  const escaped = folder.replaceAll(' ', '\\040');
  return readFileSync('/proc/self/mountinfo', 'utf8').split('\n').some((line) => line.split(' ')[4] === escaped);
}
