import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';

/** Loading the SDK takes two seconds, several times that on a machine that compiles. */
const READY_TIMEOUT_MS = 60_000;

/** Everything that this process started and that has not ended; nothing of it may outlive the benchmark. */
const running = new Set<ChildProcess>();
const folders = new Set<string>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function removeOnExit(folder: string): void {
  folders.add(folder);
}

export function track(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

export interface ChildSpec {
  /** Compiled module and its arguments. */
  module: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  logFile: string;
}

/** Starts a process and waits until it says that it takes work. @throws Error that quotes its last words */
export async function startChild({ module, args, env, logFile }: ChildSpec): Promise<ChildProcess> {
  const log = openSync(logFile, 'a', 0o600);
  const child = fork(module, args, { env: { ...ownEnvironment(), ...env }, stdio: ['ignore', log, log, 'ipc'] });
  closeSync(log);
  track(child);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${module} was not ready within ${READY_TIMEOUT_MS / 1000} s: ${lastWords(logFile)}`)), READY_TIMEOUT_MS);
    child.once('message', () => resolve());
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`${module} ended while starting (${signal ?? `exit code ${code}`}): ${lastWords(logFile)}`)));
    const settled = () => clearTimeout(timer);
    child.once('message', settled).once('exit', settled).once('error', settled);
  });
  return child;
}

/** This process's environment without what would lead a child to another Nightshift or another Temporal. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(NIGHTSHIFT|TEMPORAL)_(?!CACHE_DIR)/.test(name)));
}

function lastWords(file: string): string {
  return readFileSync(file, 'utf8').trim().split('\n').slice(-5).join('\n').slice(-2_000);
}
