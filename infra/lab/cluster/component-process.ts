import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import type { Component } from './control-plane';

/** Pause before a component that ended by itself is started again. */
const RESTART_DELAY_MS = 1_000;
/** A component that ends this often within its first seconds has a reason that a restart does not cure. */
const MAX_QUICK_EXITS = 5;
const QUICK_EXIT_MS = 10_000;

/** Keeps one component running until it is stopped; what it prints goes to `<logs>/<name>.log`. */
export class ComponentProcess {
  private child: ChildProcess | undefined;
  private stopping = false;
  private quickExits = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly component: Component,
    private readonly logs: string,
    private readonly onGivenUp: (message: string) => void,
    private readonly env: NodeJS.ProcessEnv = process.env,
  ) {}

  get name(): string {
    return this.component.name;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get logFile(): string {
    return path.join(this.logs, `${this.name}.log`);
  }

  start(): this {
    const log = openSync(this.logFile, 'a');
    const started = Date.now();
    const child = spawn(this.component.command, this.component.args, { stdio: ['ignore', log, log], env: this.env });
    closeSync(log);
    this.child = child;
    child.on('error', (error) => this.onGivenUp(`${this.name} could not be started: ${error.message}`));
    child.on('exit', (code, signal) => {
      this.child = undefined;
      if (this.stopping) return;
      this.quickExits = Date.now() - started < QUICK_EXIT_MS ? this.quickExits + 1 : 0;
      console.log(`${this.name} ended (${signal ?? code}); it is started again`);
      if (this.quickExits >= MAX_QUICK_EXITS) this.onGivenUp(`${this.name} ended ${MAX_QUICK_EXITS} times right after its start; see ${this.logFile}`);
      else this.timer = setTimeout(() => this.start(), RESTART_DELAY_MS);
    });
    return this;
  }

  /** SIGTERM, and SIGKILL for what is still there after the grace period. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    const child = this.child;
    if (!child || child.exitCode !== null) return;
    await new Promise<void>((resolve) => {
      const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
      child.once('exit', () => {
        clearTimeout(kill);
        resolve();
      });
      child.kill('SIGTERM');
    });
  }
}
