import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../infra/embedded/ports';

const BIN = path.resolve(__dirname, '../../bin/nightshift.mjs');

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** The environment of a test: nothing of the developer's own Nightshift. */
export function cleanEnvironment(own: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(NIGHTSHIFT_(?!CACHE_DIR)|TEMPORAL_|KUBECONFIG)/.test(name));
  return { ...Object.fromEntries(kept), NO_COLOR: '1', LANG: 'C.UTF-8', ...own };
}

/** Runs the `nightshift` command to its end. */
export async function nightshift(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
  const child = spawn(process.execPath, [BIN, ...args], { env: cleanEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  const output = collect(child);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, ...output };
}

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  return output;
}

/** `nightshift start` as a user runs it, on a data directory and a port of its own. */
export class NightshiftProcess {
  readonly dataDir = mkdtempSync(path.join(os.tmpdir(), 'nightshift-start-'));
  private child: ChildProcess | undefined;
  private output = { stdout: '', stderr: '' };

  private constructor(readonly port: number, private readonly own: NodeJS.ProcessEnv) {}

  /** @param own what its environment has beside data directory and port */
  static async create(own: NodeJS.ProcessEnv = {}): Promise<NightshiftProcess> {
    return new NightshiftProcess(await freePort(), own);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get stdout(): string {
    return this.output.stdout;
  }

  get environment(): NodeJS.ProcessEnv {
    return { ...this.own, NIGHTSHIFT_DATA_DIR: this.dataDir, NIGHTSHIFT_PORT: String(this.port) };
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** Starts it and waits for its line. @returns milliseconds until ready */
  async start([command, ...args]: [string, ...string[]] = [process.execPath, BIN, 'start']): Promise<number> {
    const started = Date.now();
    const child = spawn(command, args, { cwd: path.dirname(path.dirname(BIN)), env: cleanEnvironment(this.environment), stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    this.output = collect(child);
    while (!this.output.stdout.includes('Nightshift is ready')) {
      if (child.exitCode !== null || Date.now() - started > 240_000) throw new Error(`Nightshift did not start: ${this.output.stdout}${this.output.stderr}`);
      await delay(50);
    }
    return Date.now() - started;
  }

  /** Asks it to end, as Ctrl-C does, and waits. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    return child.exitCode;
  }

  /** Stops it and removes its data directory. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  cli(...args: string[]): Promise<CommandResult> {
    return nightshift(args, this.environment);
  }

  async json<Answer>(...args: string[]): Promise<Answer> {
    const { code, stdout, stderr } = await this.cli(...args, '--json');
    if (code !== 0) throw new Error(`nightshift ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return JSON.parse(stdout) as Answer;
  }

  token(): string {
    return readFileSync(path.join(this.dataDir, 'token'), 'utf8').trim();
  }

  /** Its processes now: the supervisor's children, by what they do. */
  children(): Array<{ pid: number; part: 'temporal' | 'worker' | 'gateway' | 'other' }> {
    return processes().filter(({ parent }) => parent === this.pid).map(({ pid, command }) => {
      const part = command.includes('start-dev') ? 'temporal' : /main\.js (worker|gateway)/.exec(command)?.[1];
      return { pid, part: (part ?? 'other') as 'temporal' | 'worker' | 'gateway' | 'other' };
    });
  }

  /** Every process that descends from it now. */
  descendants(): number[] {
    const all = processes();
    const below = (pid: number): number[] => all.filter(({ parent }) => parent === pid).flatMap((child) => [child.pid, ...below(child.pid)]);
    return below(this.pid);
  }

  /** Kills one part with SIGKILL; the supervisor starts it again. */
  kill(part: 'temporal' | 'worker' | 'gateway'): number {
    const found = this.children().find((child) => child.part === part);
    if (!found) throw new Error(`Nightshift has no ${part} process now.`);
    process.kill(found.pid, 'SIGKILL');
    return found.pid;
  }
}

function processes(): Array<{ pid: number; parent: number; command: string }> {
  const { stdout } = spawnSync('ps', ['-ww', '-A', '-o', 'pid=,ppid=,command='], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return command === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Asks until the answer is yes. @throws when it is not within the time */
export async function until(what: string, ask: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`Not within ${withinMs / 1000} s: ${what}`);
    await delay(100);
  }
}
