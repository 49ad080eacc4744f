import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ChildMessage } from '../../workers/supervisor/child';
import { stopProcess } from '../embedded/dev-server';
import { projectRoot } from '../project';

export interface WorkerProcessOptions {
  configFile: string;
  dataDir: string;
  temporalAddress: string;
  logFile: string;
  /** Of another build than this one's. */
  root?: string;
  /** What runs in place of `nightshift worker`. */
  command?: readonly string[];
}

/**
 * As the supervisor of `nightshift start` does after a first death. Its back-off for a worker that dies again and again
 * would only make a matrix wait: here every death but the first of a cell is a fault of its own.
 */
const RESTART_AFTER_MS = 500;
/** Loading the SDK takes two seconds, several times that on a machine that runs other cells. */
const READY_TIMEOUT_MS = 60_000;

/** Nothing of it may outlive whoever started it. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** `nightshift worker`, or `gateway`, as a process of its own, started again whenever it dies. */
export class WorkerProcess {
  private child!: ChildProcess;
  private ready!: Promise<void>;
  private stopping = false;
  /** How often it has died, whoever killed it. */
  deaths = 0;

  private constructor(private readonly options: WorkerProcessOptions) {}

  static async start(options: WorkerProcessOptions): Promise<WorkerProcess> {
    const worker = new WorkerProcess(options);
    worker.launch();
    await worker.untilReady();
    return worker;
  }

  /** Resolves when the process that runs now, or the next one, takes work. */
  async untilReady(): Promise<void> {
    for (const deadline = Date.now() + READY_TIMEOUT_MS; ; await delay(50)) {
      const { child } = this;
      if (await this.ready.then(() => true, () => false)) {
        if (child === this.child && child.exitCode === null && child.signalCode === null) return;
      } else if (Date.now() > deadline) {
        throw new Error(`The ${this.options.command?.[0] ?? 'worker'} was not ready within ${READY_TIMEOUT_MS / 1000} s. See ${this.options.logFile}.`);
      }
    }
  }

  /** SIGKILL: nothing is said, nothing is finished. Resolves when it is dead. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await stopProcess(this.child);
  }

  private launch(): void {
    const { configFile, dataDir, temporalAddress, logFile, root = projectRoot(), command = ['worker'] } = this.options;
    const log = openSync(logFile, 'a', 0o600);
    const module = path.join(root, 'dist', 'workers', 'cli', 'main.js');
    const child = fork(module, [...command, '--config', configFile, '--data-dir', dataDir], { env: { ...ownEnvironment(), TEMPORAL_ADDRESS: temporalAddress }, stdio: ['ignore', log, log, 'ipc'] });
    closeSync(log);
    this.child = child;
    running.add(child);
    this.ready = new Promise((resolve, reject) => {
      child.once('message', (message: ChildMessage) => ('ready' in message ? resolve() : reject(new Error(message.failed))));
      child.once('exit', () => reject(new Error('The worker ended while starting.')));
    });
    this.ready.catch(() => undefined);
    child.once('exit', () => {
      running.delete(child);
      this.deaths += 1;
      setTimeout(() => this.stopping || this.launch(), RESTART_AFTER_MS).unref();
    });
  }
}

/** Nothing of the developer's own Nightshift leads the worker elsewhere. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(NIGHTSHIFT_(?!CACHE_DIR)|TEMPORAL_|KUBECONFIG)/.test(name)));
}
