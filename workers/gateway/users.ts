import { createHash, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import os from 'node:os';
import { z } from 'zod';
import { ROLES, type Role } from '../../workflows/contracts';
import type { User } from '../config';
import { readToken, type DataDir } from '../data-dir';

/** Who is asking, and what they may do. */
export interface Actor {
  name: string;
  roles: Role[];
}

interface KnownUser extends Actor {
  /** SHA-256 of the token. */
  digest: Buffer;
}

/** One entry of `<data dir>/users.json`; tokens are kept as hashes only. */
export const storedUsers = z.array(z.strictObject({ name: z.string(), roles: z.array(z.enum(ROLES)), tokenSha256: z.string().regex(/^[0-9a-f]{64}$/) }));
export type StoredUser = z.output<typeof storedUsers>[number];

export function tokenDigest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Who owns the machine's token: the operating system's user that runs Nightshift. */
export function machineUser(): string {
  return os.userInfo().username;
}

/** Everybody who may call the API: the machine's owner, the users of the configuration, and local users added by command. */
export class UserDirectory {
  private readonly fixed: KnownUser[];
  private local: KnownUser[] = [];
  private localReadAt = 0;

  constructor(
    private readonly dir: DataDir,
    configured: readonly User[],
  ) {
    const owner = { name: machineUser(), roles: [...ROLES], digest: tokenDigest(readToken(dir)) };
    this.fixed = [owner, ...configured.map(({ name, roles, token }) => ({ name, roles, digest: tokenDigest(token) }))];
  }

  /** Compares with every user's token, always, so that time tells nothing. */
  identify(token: string): Actor | undefined {
    this.readLocal();
    const digest = tokenDigest(token);
    let found: KnownUser | undefined;
    for (const user of [...this.fixed, ...this.local]) if (timingSafeEqual(user.digest, digest)) found ??= user;
    return found && { name: found.name, roles: found.roles };
  }

  /** Users are added while the gateway runs; the file is read again when it has changed. */
  private readLocal(): void {
    if (!existsSync(this.dir.usersFile)) {
      this.local = [];
      return;
    }
    const { mtimeMs } = statSync(this.dir.usersFile);
    if (mtimeMs === this.localReadAt) return;
    this.local = readStoredUsers(this.dir).map(({ name, roles, tokenSha256 }) => ({ name, roles, digest: Buffer.from(tokenSha256, 'hex') }));
    this.localReadAt = mtimeMs;
  }
}

export function readStoredUsers(dir: DataDir): StoredUser[] {
  return existsSync(dir.usersFile) ? storedUsers.parse(JSON.parse(readFileSync(dir.usersFile, 'utf8'))) : [];
}
