import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SEARCH_ATTRIBUTE } from '../../workflows/contracts/names';
import { accepts } from './ports';

export interface DevServerOptions {
  /** Path of the `temporal` program. */
  program: string;
  port: number;
  namespace: string;
  /** SQLite file; in memory when absent (tests). */
  databaseFile?: string;
  logFile: string;
  /** Temporal's own web UI; off when absent. */
  uiPort?: number;
  /** Settings of the server beyond its own defaults. */
  dynamicConfig?: Readonly<Record<string, unknown>>;
  /** What the server sees beside this process's own environment. */
  env?: NodeJS.ProcessEnv;
}

export interface DevServer {
  address: string;
  process: ChildProcess;
  /** Resolves when the server has ended. */
  stop(): Promise<void>;
}

/** Measured: the port opens after 0.4 s; a database of months on a busy machine may take longer. */
const READY_TIMEOUT_MS = 30_000;
/** Measured: a server whose port is taken has ended 0.1 s after it was started. */
const SETTLED_MS = 150;
/** Temporal closes its database within a second; after this it is killed, which SQLite survives. */
const STOP_TIMEOUT_MS = 10_000;

/**
 * Starts Temporal's dev server on 127.0.0.1 in a process group of its own, so that Ctrl-C reaches the supervisor only
 * and the worker can finish before its server goes. Search attributes and the namespace are created when missing.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  await mkdir(path.dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a', 0o600);
  const child = spawn(options.program, startArguments(options), { stdio: ['ignore', log, log], detached: true, env: { ...process.env, ...options.env } });
  closeSync(log);
  const failure = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(new Error(`Temporal could not be started from ${options.program} (${error.message}).`)));
    child.once('exit', (code) => reject(new Error(`Temporal ended while starting (exit code ${code}): ${lastLine(options.logFile)} See ${options.logFile}.`)));
  });
  // Rejections after the start are the supervisor's business, which watches the process itself.
  failure.catch(() => undefined);
  const stop = () => stopProcess(child);
  try {
    await Promise.race([untilOpen(options.port), failure]);
    // A program that finds its port taken ends at once; then somebody else is listening there.
    await Promise.race([delay(SETTLED_MS), failure]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address: `127.0.0.1:${options.port}`, process: child, stop };
}

function startArguments(options: DevServerOptions): string[] {
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(options.port), '--namespace', options.namespace],
    ...['--log-level', 'error', '--log-format', 'json'],
    ...(options.databaseFile ? ['--db-filename', options.databaseFile] : []),
    ...(options.uiPort ? ['--ui-ip', '127.0.0.1', '--ui-port', String(options.uiPort)] : ['--headless']),
    ...Object.values(SEARCH_ATTRIBUTE).flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ...Object.entries(options.dynamicConfig ?? {}).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${JSON.stringify(value)}`]),
  ];
}

async function untilOpen(port: number): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await accepts(port))) {
    if (Date.now() > deadline) throw new Error(`Temporal did not open port ${port} within ${READY_TIMEOUT_MS / 1000} s.`);
    await delay(20);
  }
}

/** Asks a process to end, and kills it when it does not. */
export async function stopProcess(child: ChildProcess, timeoutMs = STOP_TIMEOUT_MS): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  await ended;
  clearTimeout(timer);
}

function lastLine(file: string): string {
  return readFileSync(file, 'utf8').trim().split('\n').at(-1)?.slice(0, 500) ?? '';
}
