import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../project';
import type { FromInstance, ToInstance } from './function-messages';

export interface FunctionSpec {
  /** Compiled module that exports `handler`. */
  module: string;
  arn: string;
  env: NodeJS.ProcessEnv;
  /** An invocation that takes longer is ended by SIGKILL, in the middle of whatever it does. */
  timeoutMs: number;
  /** An instance that nobody invokes for so long is ended, too. Lambda's own is minutes, and not promised. */
  keepWarmMs: number;
  logFile: string;
}

/** One invocation, for the bill. Times are epoch milliseconds. */
export interface Invocation {
  id: string;
  startedAt: number;
  /** What is billed begins when the handler's module begins to load. */
  billedMs?: number;
  /** When the handler's module had been loaded; absent in an instance that was there already. */
  loadedAt?: number;
  cold: boolean;
  end?: 'answered' | 'failed' | 'killed';
  reason?: string;
}

const HOST = path.join(projectRoot(), 'dist', 'infra', 'serverless', 'function-host.js');

interface Instance {
  process: ChildProcess;
  loaded: Promise<void>;
  busy: boolean;
  reaper?: NodeJS.Timeout;
}

/** A function on this machine: instances come and go as Lambda's do, one invocation at a time each. */
export class LocalFunction {
  readonly invocations: Invocation[] = [];
  private readonly instances = new Set<Instance>();

  constructor(readonly spec: FunctionSpec) {}

  /** How many processes of it there are now. */
  get running(): number {
    return this.instances.size;
  }

  /** Invokes an instance that is free, or a new one. @returns what the handler answered. @throws when it failed or was cut off */
  async invoke(event: unknown): Promise<unknown> {
    const free = [...this.instances].find(({ busy }) => !busy);
    const instance = free ?? this.start();
    instance.busy = true;
    clearTimeout(instance.reaper);
    const invocation: Invocation = { id: randomUUID(), startedAt: Date.now(), cold: free === undefined };
    this.invocations.push(invocation);
    try {
      const result = await this.carryOut(instance, event, invocation);
      invocation.end = 'answered';
      return result;
    } catch (error) {
      invocation.end ??= 'failed';
      invocation.reason = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      invocation.billedMs = Date.now() - invocation.startedAt;
      instance.busy = false;
      instance.reaper = setTimeout(() => {
        // Gone in a moment, and not to be given an event until then.
        instance.busy = true;
        instance.process.kill('SIGKILL');
      }, this.spec.keepWarmMs);
    }
  }

  /** Ends an invocation in the middle of whatever it does, as an accident would. @returns whether there was one */
  cutOff(): boolean {
    const busy = [...this.instances].filter((instance) => instance.busy);
    for (const { process: child } of busy) child.kill('SIGKILL');
    return busy.length > 0;
  }

  async stop(): Promise<void> {
    await this.end([...this.instances]);
  }

  /** Ends the instances that nobody has invoked at the moment, as Lambda does sooner or later. */
  async retire(): Promise<void> {
    await this.end([...this.instances].filter(({ busy }) => !busy));
  }

  private async end(instances: readonly Instance[]): Promise<void> {
    const ending = instances.map(({ process: child }) => new Promise<void>((resolve) => child.once('exit', () => resolve())));
    for (const { process: child, reaper } of instances) {
      clearTimeout(reaper);
      child.kill('SIGKILL');
    }
    await Promise.all(ending);
  }

  private start(): Instance {
    const { module, arn, env, logFile } = this.spec;
    const log = openSync(logFile, 'a', 0o600);
    const child = fork(HOST, [module, arn], { env, stdio: ['ignore', log, log, 'ipc'] });
    closeSync(log);
    const loaded = new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('error', reject);
      child.once('exit', (code, signal) => reject(new Error(`the function ended while it was loaded (${signal ?? `exit code ${code}`}); see ${logFile}`)));
    });
    loaded.catch(() => undefined);
    const instance: Instance = { process: child, loaded, busy: false };
    this.instances.add(instance);
    child.once('exit', () => {
      clearTimeout(instance.reaper);
      this.instances.delete(instance);
    });
    return instance;
  }

  private async carryOut({ process: child, loaded }: Instance, event: unknown, invocation: Invocation): Promise<unknown> {
    const { timeoutMs } = this.spec;
    // As with Lambda, the clock of the invocation begins when the instance has been initialised.
    await loaded;
    if (invocation.cold) invocation.loadedAt = Date.now();
    const deadline = Date.now() + timeoutMs;
    const killer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    try {
      return await new Promise((resolve, reject) => {
        const onExit = () => {
          invocation.end ??= 'killed';
          reject(new Error(Date.now() >= deadline ? `cut off at its deadline of ${timeoutMs} ms` : 'killed'));
        };
        const onMessage = (message: FromInstance) => {
          if (message.type === 'loaded' || message.id !== invocation.id) return;
          child.off('message', onMessage).off('exit', onExit);
          if (message.type === 'answered') resolve(message.result);
          else reject(new Error(message.reason));
        };
        child.on('message', onMessage);
        child.once('exit', onExit);
        child.send({ id: invocation.id, event, deadline } satisfies ToInstance);
      });
    } finally {
      clearTimeout(killer);
    }
  }
}
