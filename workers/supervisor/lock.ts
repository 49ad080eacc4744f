import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/** A sentence for people; printed as it is, without a stack. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
  }
}

/**
 * Takes the data directory for this process; two starts on one directory would share a database and a port.
 * A lock of a process that is gone is taken over.
 * @returns a function that gives it back
 */
export function takeLock(file: string): () => void {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = Number(readFileSync(file, 'utf8'));
      if (isAlive(holder)) throw new StartError(`Nightshift is already running on this data directory (process ${holder}). Stop it, or choose another with --data-dir.`);
      rmSync(file, { force: true });
    }
  }
  throw new StartError(`${file} is being taken by another start; try again.`);
}

/** Is there such a process? A process of another user counts as alive. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
