import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { stopProcess } from '../../infra/embedded/dev-server';
import { StartError } from './lock';

/** What a child process tells its supervisor over the IPC channel. */
export type ChildMessage = { ready: true } | { failed: string };

export interface ChildOptions {
  name: string;
  /** Compiled module and its arguments. */
  module: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  logFile: string;
  say: (message: string) => void;
}

/**
 * A worker loads the SDK's native part and the bundle: under 2 s, and more than a minute on a machine at its limit, as one may be
 * during an incident. Alerts are in Temporal by then; giving up would help nobody.
 */
const READY_TIMEOUT_MS = 180_000;
/** Longer than the worker's own grace time for running activities. */
const STOP_TIMEOUT_MS = 20_000;
/** A crash loop must not eat the machine; half a minute still restarts within an incident's patience. */
const BACK_OFF_MS = { first: 500, most: 30_000 } as const;
/** A child that has lived this long starts its back-off anew. */
const HEALTHY_AFTER_MS = 60_000;

/** A child process of `nightshift start` that is started again when it dies. */
export class SupervisedChild {
  private child: ChildProcess | undefined;
  private stopping = false;
  private backOff: number = BACK_OFF_MS.first;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: ChildOptions) {}

  /** Resolves when the child says that it is ready. @throws StartError when it ends before, with its own sentence. */
  async start(): Promise<void> {
    const { child, ready } = this.launch();
    try {
      await ready;
    } catch (error) {
      this.stopping = true;
      await stopProcess(child, STOP_TIMEOUT_MS);
      throw error;
    }
    this.watch(child);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    if (this.child) await stopProcess(this.child, STOP_TIMEOUT_MS);
  }

  /** In a process group of its own: Ctrl-C reaches the supervisor only, which ends its children in order. */
  private launch(): { child: ChildProcess; ready: Promise<void> } {
    const log = openSync(this.options.logFile, 'a', 0o600);
    const child = fork(this.options.module, this.options.args, { env: this.options.env, stdio: ['ignore', log, log, 'ipc'], detached: true });
    closeSync(log);
    this.child = child;
    return { child, ready: this.readiness(child) };
  }

  private readiness(child: ChildProcess): Promise<void> {
    const { name, logFile } = this.options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new StartError(`The ${name} was not ready within ${READY_TIMEOUT_MS / 1000} s. See ${logFile}.`)), READY_TIMEOUT_MS);
      const settle = (action: () => void) => {
        clearTimeout(timer);
        action();
      };
      child.on('message', (message: ChildMessage) => settle(() => ('ready' in message ? resolve() : reject(new StartError(message.failed)))));
      child.once('error', (error) => settle(() => reject(new StartError(`The ${name} could not be started (${error.message}).`))));
      child.once('exit', (code, signal) => settle(() => reject(new StartError(`The ${name} ended while starting (${signal ?? `exit code ${code}`}). See ${logFile}.`))));
    });
  }

  private watch(child: ChildProcess): void {
    const startedAt = Date.now();
    const ended = (code: number | null, signal: NodeJS.Signals | null) => this.restart(startedAt, signal ?? `exit code ${code}`);
    if (child.exitCode !== null || child.signalCode !== null) ended(child.exitCode, child.signalCode);
    else child.once('exit', ended);
  }

  private restart(startedAt: number, how: string): void {
    if (this.stopping) return;
    if (Date.now() - startedAt > HEALTHY_AFTER_MS) this.backOff = BACK_OFF_MS.first;
    this.options.say(`The ${this.options.name} ended (${how}); it is started again in ${this.backOff / 1000} s. Its log: ${this.options.logFile}`);
    this.timer = setTimeout(() => {
      const { child, ready } = this.launch();
      ready.then(
        () => this.options.say(`The ${this.options.name} is back.`),
        (error: Error) => this.options.say(error.message),
      );
      this.watch(child);
    }, this.backOff);
    this.backOff = Math.min(this.backOff * 2, BACK_OFF_MS.most);
  }
}
