import { once } from 'node:events';
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
  const running: Stoppable[] = [];
  const asked = stopSignal();
  let unlock: (() => void) | undefined;
  try {
    unlock = takeLock(dir.lockFile);
    const started = bringUp(config, dir, options, running);
    await Promise.race([started, asked]);
    if (!asked.received) announce(config, await started, dir);
    const signal = await asked;
    say(`${signal}: stopping.`);
  } catch (error) {
    throw error instanceof StartError ? new CommandError(error.message) : error;
  } finally {
    // The last that was started ends first: no new alerts, then running activities, then the server that keeps both.
    for (const part of running.reverse()) await part.stop();
    unlock?.();
  }
}

interface Addresses {
  temporal: string;
}

/** Starts the parts in order; what runs is in `running` at every moment, so that a failure leaves nothing behind. */
async function bringUp(config: NightshiftConfig, dir: DataDir, options: ConfigOverrides, running: Stoppable[]): Promise<Addresses> {
  const { host, port } = config.http;
  if (!(await isFree(port, host))) throw new StartError(portTaken(host, port));
  let { address } = config.temporal;
  if (!address) {
    const temporal = await superviseTemporal(config, dir, say);
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
  say(`Nightshift is ready: http://${host}:${port}`);
}

interface StopRequest extends Promise<string> {
  received: boolean;
}

/** The first signal ends everything in order; a second one is not needed and is ignored. */
function stopSignal(): StopRequest {
  const request = Object.assign(Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map(async (signal) => (await once(process, signal), signal))), { received: false });
  void request.then(() => (request.received = true));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
  return request;
}
