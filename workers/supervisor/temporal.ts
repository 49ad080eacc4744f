import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startDevServer, type DevServer } from '../../infra/embedded/dev-server';
import { freePort, isFree } from '../../infra/embedded/ports';
import { findTemporal } from '../../infra/embedded/programs';
import type { NightshiftConfig } from '../config';
import type { DataDir } from '../data-dir';
import { isAlive } from './lock';

/** How soon a Temporal that died is started again. */
const RESTART_AFTER_MS = 500;

interface Handle {
  port: number;
  pid?: number;
}

export interface SupervisedTemporal {
  address: string;
  stop(): Promise<void>;
}

/** Starts Temporal on this data directory's database and keeps it running on the same port. Ends by itself when aborted on the way. */
export async function superviseTemporal(config: NightshiftConfig, dir: DataDir, say: (message: string) => void, signal: AbortSignal): Promise<SupervisedTemporal> {
  const program = await findTemporal(say, signal);
  await endOrphanedTemporal(dir);
  const port = await choosePort(readHandle(dir)?.port);
  let stopping = false;
  let server: DevServer;

  const launch = async (): Promise<DevServer> => {
    const started = await startDevServer({
      program,
      port,
      namespace: config.temporal.namespace,
      databaseFile: dir.temporalDatabase,
      logFile: path.join(dir.logsDir, 'temporal.log'),
      ...(config.temporal.uiPort && { uiPort: config.temporal.uiPort }),
    });
    const { pid } = started.process;
    writeFileSync(dir.temporalHandle, JSON.stringify({ port, ...(pid && { pid }) } satisfies Handle));
    started.process.once('exit', (code, signal) => void (stopping || relaunch(signal ?? `exit code ${code}`)));
    return started;
  };
  const relaunch = async (how: string): Promise<void> => {
    say(`Temporal ended (${how}); it is started again on its database.`);
    await delay(RESTART_AFTER_MS);
    if (stopping) return;
    try {
      server = await launch();
      say('Temporal is back.');
    } catch (error) {
      await relaunch(error instanceof Error ? error.message : String(error));
    }
  };

  signal.throwIfAborted();
  server = await launch();
  if (signal.aborted) await server.stop();
  return {
    address: server.address,
    stop: async () => {
      stopping = true;
      await server.stop();
      writeFileSync(dir.temporalHandle, JSON.stringify({ port } satisfies Handle));
    },
  };
}

/** Where the Temporal of this data directory listens, or listened last. */
export function ownTemporalAddress(dir: DataDir): string | undefined {
  const handle = readHandle(dir);
  return handle && `127.0.0.1:${handle.port}`;
}

function readHandle(dir: DataDir): Handle | undefined {
  try {
    return JSON.parse(readFileSync(dir.temporalHandle, 'utf8')) as Handle;
  } catch {
    // Absent before the first start; a torn one says nothing that a free port cannot replace.
    rmSync(dir.temporalHandle, { force: true });
    return undefined;
  }
}

/**
 * The port of the last start, or one that the system gives. Never a well-known one: two copies that start at the same
 * moment would both find it free, and the second would take the first one's Temporal for its own.
 */
async function choosePort(remembered: number | undefined): Promise<number> {
  return remembered && (await isFree(remembered)) ? remembered : freePort();
}

/** Ends a Temporal that outlived a supervisor which was killed; only if the process really is ours. */
export async function endOrphanedTemporal(dir: DataDir): Promise<void> {
  const pid = readHandle(dir)?.pid;
  if (pid === undefined || !isAlive(pid) || !commandLineOf(pid).includes(dir.temporalDatabase)) return;
  process.kill(pid, 'SIGTERM');
  for (let waited = 0; isAlive(pid) && waited < 5000; waited += 50) await delay(50);
  if (isAlive(pid)) process.kill(pid, 'SIGKILL');
}

/** Empty where there is no `ps` or no such process: a process is then never taken for ours. */
function commandLineOf(pid: number): string {
  return spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout || '';
}
