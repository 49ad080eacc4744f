import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { identify, isAlive, signal, type ProcessIdentity } from '../process-identity';
import type { ContainerLog } from './container-log';

export interface Exit {
  readonly exitCode: number;
  /** The kernel killed it because its memory limit was reached. */
  readonly oomKilled?: boolean;
  readonly signal?: string;
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

/** Signal numbers by name, for the exit codes that container runtimes report (128 + number). */
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGILL: 4, SIGTRAP: 5, SIGABRT: 6, SIGBUS: 7, SIGFPE: 8, SIGKILL: 9, SIGSEGV: 11, SIGPIPE: 13, SIGTERM: 15 };

/** One run of a container: a local process in mount and host-name namespaces of its own. */
export class ContainerProcess {
  readonly startedAt = new Date();
  /** Settles when the process has ended and its last line is in the log. */
  readonly ended: Promise<Exit>;
  private readonly child: ChildProcess;

  constructor(script: string, env: Readonly<Record<string, string>>, log: ContainerLog, run: number, private readonly record: string) {
    // A session of its own, so that one signal reaches whatever the container started.
    // Its mounts are its own, but it follows when a volume is unmounted.
    const child = spawn('unshare', ['--mount', '--uts', '--propagation', 'slave', '--', '/bin/sh', '-c', script], { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env });
    this.child = child;
    const kept = child.stdout && child.stderr ? log.record(run, child.stdout, child.stderr) : Promise.resolve();
    const exited = new Promise<{ code: number | null; signalName: NodeJS.Signals | null }>((resolve) => {
      child.once('error', () => resolve({ code: 128, signalName: null }));
      child.once('exit', (code, signalName) => resolve({ code, signalName }));
    });
    if (child.pid !== undefined) remember(this.record, child.pid);
    this.ended = exited.then(async ({ code, signalName }) => {
      const finishedAt = new Date();
      this.signal('SIGKILL');
      await kept.catch(() => undefined);
      rmSync(this.record, { force: true });
      return { exitCode: code ?? 128 + (SIGNAL_NUMBERS[signalName ?? ''] ?? 0), ...(signalName ? { signal: signalName } : {}), startedAt: this.startedAt, finishedAt };
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Signals the whole process group. */
  signal(name: NodeJS.Signals): void {
    if (this.child.pid !== undefined) signal(-this.child.pid, name);
  }

  /** SIGTERM, then SIGKILL after the grace period. */
  async stop(graceMs: number): Promise<void> {
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    this.signal(graceMs > 0 ? 'SIGTERM' : 'SIGKILL');
    await this.ended;
    clearTimeout(timer);
  }
}

function remember(record: string, pid: number): void {
  mkdirSync(path.dirname(record), { recursive: true });
  writeFileSync(record, JSON.stringify(identify(pid) ?? { pid, startTime: '' }));
}

/** Folder of the records of running containers. */
export const recordsFolder = (pods: string): string => path.join(pods, '.running');

/** Ends what an earlier node agent left running; its pods start again from what the API server says. */
export function killLeftovers(pods: string): number {
  const folder = recordsFolder(pods);
  mkdirSync(folder, { recursive: true });
  let killed = 0;
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    const known = JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
    if (isAlive(known)) {
      signal(-known.pid, 'SIGKILL');
      killed += 1;
    }
    rmSync(file, { force: true });
  }
  return killed;
}
