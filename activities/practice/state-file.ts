import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { failure } from '../../workflows/contracts';
import type { AuditEntry, PracticeState } from './state';

/** A change takes milliseconds; whoever holds the lock for longer has died. */
const LOCK_IS_STALE_AFTER_MS = 5_000;
const LOCK_RETRY_MS = 5;

/**
 * The practice cluster's memory: `state.json`, replaced as a whole, and `audit.jsonl`. Worker and gateway are processes of
 * their own and share it, so it is read again when it has changed, and changed under a lock. A change and its audit entry
 * are one write; the entry's copy in `audit.jsonl` is made up for after a crash. Calls are synchronous: nothing of this
 * process comes between reading and writing.
 */
export class StateFile {
  private readonly file: string;
  private readonly lock: string;
  readonly auditFile: string;
  private cached: { stamp: string; state: PracticeState } | undefined;

  constructor(
    private readonly directory: string,
    private readonly initial: () => PracticeState,
    /** Whether it is to be there after the machine has lost its power: waiting for the disk is most of what a change takes. */
    private readonly lasting = true,
  ) {
    this.file = path.join(directory, 'state.json');
    this.lock = path.join(directory, 'state.lock');
    this.auditFile = path.join(directory, 'audit.jsonl');
    mkdirSync(directory, { recursive: true });
    this.locked(() => {
      if (!existsSync(this.file)) this.save(this.initial());
      this.makeUpForAudit(this.read());
    });
  }

  /** The current state; the caller does not change it. */
  read(): PracticeState {
    const { ino, mtimeMs, size } = statSync(this.file);
    const stamp = `${ino}/${mtimeMs}/${size}`;
    if (this.cached?.stamp !== stamp) this.cached = { stamp, state: this.parse() };
    return this.cached.state;
  }

  /** Changes a copy of the state and keeps it, with an audit entry where the change is a mutation that was asked for. */
  change<T>(work: (state: PracticeState) => { result: T; audit?: Omit<AuditEntry, 'sequence'> }): T {
    return this.locked(() => {
      const state = structuredClone(this.read());
      const { result, audit } = work(state);
      if (audit) {
        state.auditSequence += 1;
        state.lastAudit = { sequence: state.auditSequence, ...audit };
      }
      this.save(state);
      if (audit) this.appendAudit(state.lastAudit!);
      return result;
    });
  }

  audit(): AuditEntry[] {
    if (!existsSync(this.auditFile)) return [];
    const lines = readFileSync(this.auditFile, 'utf8').split('\n');
    // A line that was cut by a crash has been written again below it.
    return lines.flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as AuditEntry] : []));
  }

  private parse(): PracticeState {
    try {
      return JSON.parse(readFileSync(this.file, 'utf8')) as PracticeState;
    } catch (error) {
      throw failure('InvalidInput', `The practice cluster's memory ${this.file} cannot be read: ${(error as Error).message}. Delete the folder ${this.directory} to begin anew.`, { cause: error });
    }
  }

  private save(state: PracticeState): void {
    const draft = `${this.file}.${process.pid}`;
    this.write(draft, JSON.stringify(state), 'w');
    renameSync(draft, this.file);
    if (this.lasting) {
      const folder = openSync(this.directory, 'r');
      fsyncSync(folder);
      closeSync(folder);
    }
    this.cached = undefined;
  }

  private makeUpForAudit({ lastAudit }: PracticeState): void {
    if (lastAudit && !this.audit().some(({ sequence }) => sequence === lastAudit.sequence)) this.appendAudit(lastAudit);
  }

  private appendAudit(entry: AuditEntry): void {
    const broken = existsSync(this.auditFile) && !/(^|\n)$/.test(readFileSync(this.auditFile, 'utf8'));
    this.write(this.auditFile, `${broken ? '\n' : ''}${JSON.stringify(entry)}\n`, 'a');
  }

  private write(file: string, content: string, flags: 'w' | 'a'): void {
    const descriptor = openSync(file, flags, 0o600);
    try {
      writeSync(descriptor, content);
      if (this.lasting) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  private locked<T>(work: () => T): T {
    const deadline = Date.now() + 2 * LOCK_IS_STALE_AFTER_MS;
    while (!this.tryLock()) {
      if (Date.now() > deadline) throw failure('UpstreamUnavailable', `The practice cluster is busy: ${this.lock} is held by another process. Delete the file if none is running.`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_RETRY_MS);
    }
    try {
      return work();
    } finally {
      rmSync(this.lock, { force: true });
    }
  }

  private tryLock(): boolean {
    try {
      const descriptor = openSync(this.lock, 'wx');
      writeSync(descriptor, String(process.pid));
      closeSync(descriptor);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (this.lockIsStale()) rmSync(this.lock, { force: true });
      return false;
    }
  }

  private lockIsStale(): boolean {
    const held = statSync(this.lock, { throwIfNoEntry: false });
    if (!held) return false;
    return Date.now() - held.mtimeMs > LOCK_IS_STALE_AFTER_MS || !isAlive(readOr(this.lock, ''));
  }
}

/** An empty lock is one whose holder is about to write its process ID. */
function isAlive(holder: string): boolean {
  if (!/^\d+$/.test(holder)) return true;
  try {
    process.kill(Number(holder), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}
