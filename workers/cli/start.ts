import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isFree, portTaken } from '../../infra/embedded/ports';
import { EMBEDDED, loadConfig, type ConfigOverrides, type NightshiftConfig } from '../config';
import { ensureDataDir, type DataDir } from '../data-dir';
import { SupervisedChild } from '../supervisor/child';
import { StartError, takeLock } from '../supervisor/lock';
import { superviseTemporal } from '../supervisor/temporal';
import { CommandError } from './exit';

interface Stoppable {
  stop(): Promise<void>;
}

const say = (message: string): void => console.log(message);

/** `nightshift start`: runs everything on this machine until it is asked to end, and ends it in order. */
export async function start(options: ConfigOverrides): Promise<void> {
  const config = loadConfig(options);
  const dir = ensureDataDir(config.dataDir);
  const stop = stopRequest();
  const running: Stoppable[] = [];
  let unlock: (() => void) | undefined;
  try {
    unlock = takeLock(dir.lockFile);
    const started = withPatience(bringUp(config, dir, options, running, stop.signal));
    const first = await Promise.race([started, stop.asked]);
    // Asked to end before all was up: what is still being started ends by the signal, and how is no longer of interest.
    if (typeof first === 'string') started.catch(() => undefined);
    else announce(config, first, dir);
    say(`${await stop.asked}: stopping.`);
  } catch (error) {
    throw error instanceof StartError ? new CommandError(error.message) : error;
  } finally {
    stop.abort();
    // The last that was started ends first: no new alerts, then running activities, then the server that keeps both.
    for (const part of running.reverse()) await part.stop();
    unlock?.();
  }
}

/** Whoever waits longer than this wants to know for what. */
const PATIENCE_MS = 2_000;

async function withPatience<Result>(work: Promise<Result>): Promise<Result> {
  const timer = setTimeout(() => say('Starting Temporal, the worker and the gateway …'), PATIENCE_MS);
  return work.finally(() => clearTimeout(timer));
}

interface Addresses {
  temporal: string;
}

/** Starts the parts in order; what runs is in `running`, or ends by the signal, so that nothing is left behind. */
async function bringUp(config: NightshiftConfig, dir: DataDir, options: ConfigOverrides, running: Stoppable[], signal: AbortSignal): Promise<Addresses> {
  const { host, port } = config.http;
  if (!(await isFree(port, host))) throw new StartError(portTaken(host, port));
  let { address } = config.temporal;
  if (!address) {
    const temporal = await superviseTemporal(config, dir, say, signal);
    running.push(temporal);
    address = temporal.address;
  }
  const env = childEnvironment(config, options, address);
  const child = (name: string) =>
    new SupervisedChild({ name, module: path.join(__dirname, 'main.js'), args: [name], env, logFile: path.join(dir.logsDir, `${name}.log`), say });
  const worker = child('worker');
  const gateway = child('gateway');
  running.push(worker, gateway);
  await Promise.all([worker.start(), gateway.start()]);
  return { temporal: address };
}

function childEnvironment(config: NightshiftConfig, options: ConfigOverrides, temporalAddress: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    NIGHTSHIFT_DATA_DIR: config.dataDir,
    NIGHTSHIFT_PORT: String(config.http.port),
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: config.temporal.namespace,
    ...(config.temporal.embedded && { [EMBEDDED]: '1' }),
    ...(config.file && { NIGHTSHIFT_CONFIG: config.file }),
    ...(options.kubeconfig && { NIGHTSHIFT_KUBECONFIG: path.resolve(options.kubeconfig) }),
    ...(options.context && { NIGHTSHIFT_CONTEXT: options.context }),
  };
}

function announce(config: NightshiftConfig, { temporal }: Addresses, dir: DataDir): void {
  const { host, port } = config.http;
  const clusters = config.clusters.map(({ cluster }) => `${cluster.name} (${cluster.practice ? 'practice' : cluster.mode})`).join(', ');
  say(`Temporal ${temporal} · webhook http://${host}:${port}/webhooks/alertmanager · token ${dir.tokenFile} · clusters ${clusters}`);
  if (config.pagers.length === 0) say('Nobody is paged: there is no notification receiver ("notify" in nightshift.yaml).');
  say(`Nightshift is ready: http://${host}:${port}`);
  for (const line of nextSteps(config)) say(line);
}

/** What a newcomer types next, in another terminal. */
function nextSteps({ clusters }: NightshiftConfig): string[] {
  if (clusters.some(({ cluster }) => cluster.practice)) {
    return [
      'In another terminal, break the practice cluster:  npx nightshift open --practice two-receivers-bad-file',
      'See what Nightshift makes of it, and approve:     npx nightshift show   ·   npx nightshift approve latest',
      'Follow it to its end, and read the postmortem:    npx nightshift watch  ·   npx nightshift postmortem',
    ];
  }
  return [
    'Point Alertmanager at the webhook above (bearer token: the file), or open an incident by hand:',
    '  npx nightshift open --alert RemoteWriteLagging --summary "what you see"',
    'See it:  npx nightshift list   ·   npx nightshift show',
  ];
}

interface StopRequest {
  /** Resolves with the name of the first signal that asks this process to end. */
  asked: Promise<string>;
  /** Aborted by that signal, or by `abort`. */
  signal: AbortSignal;
  abort(): void;
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const LOOK_FOR_PARENT_EVERY_MS = 500;

/** A signal to `npm start` ends npm, and never arrives here: that npm is not there any more is the signal. */
function whenOrphaned(act: () => void): void {
  const before = ancestors();
  const timer = setInterval(() => {
    if (ancestors() === before) return;
    clearInterval(timer);
    act();
  }, LOOK_FOR_PARENT_EVERY_MS);
  timer.unref();
}

/** Down to npm: the parent, or, where npm has put a shell between, the parent's parent, too. */
function ancestors(): string {
  const { name, parent } = statusOf(process.ppid);
  return SHELLS.has(name) ? `${process.ppid} ${parent}` : String(process.ppid);
}

const SHELLS = new Set(['sh', 'dash', 'bash', 'ash', 'busybox', 'ksh', 'zsh']);

/** Empty where there is no /proc: then only the parent itself is watched. */
function statusOf(pid: number): { name: string; parent: string } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '';
    return { name: field('Name'), parent: field('PPid') };
  } catch {
    return { name: '', parent: '' };
  }
}

/** The first signal ends everything in order; further ones are ignored meanwhile. */
function stopRequest(): StopRequest {
  const controller = new AbortController();
  const asked = new Promise<string>((resolve) => {
    for (const name of STOP_SIGNALS) process.on(name, () => resolve(name));
    if (process.env['npm_lifecycle_event']) whenOrphaned(() => resolve('npm has ended'));
  });
  void asked.then(() => controller.abort());
  return { asked, signal: controller.signal, abort: () => controller.abort() };
}
