import { Client, Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import type { NightshiftConfig } from '../config';
import { ensureDataDir } from '../data-dir';
import { createLogger, onStop, reportReady } from '../process';
import { DEFAULT_TEMPORAL_ADDRESS } from '../temporal-address';
import { createGateway } from './app';
import { prepareNamespace } from './namespace';
import { Quarantine } from './quarantine';
import { UserDirectory } from './users';

/** Runs the gateway until this process is asked to end. @throws Error in a sentence when the port is taken. */
export async function runGateway(config: NightshiftConfig): Promise<void> {
  const log = createLogger('gateway');
  const dir = ensureDataDir(config.dataDir);
  const connection = Connection.lazy({ address: config.temporal.address ?? DEFAULT_TEMPORAL_ADDRESS });
  const client = new Client({ connection, namespace: config.temporal.namespace });
  const app = await createGateway({ config, client, users: new UserDirectory(dir, config.users), quarantine: new Quarantine(dir.quarantineDir), log });
  await prepareWhenThere(client, config, log);
  const { host, port } = config.http;
  await app.listen({ host, port }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE' ? new Error(portTaken(host, port)) : error;
  });
  log.info({ host, port }, 'gateway takes alerts');
  reportReady();
  onStop((why) => {
    log.info({ why }, 'gateway is ending');
    void app.close().then(() => connection.close());
  });
}

export function portTaken(host: string, port: number): string {
  return `Port ${port} on ${host} is taken by another program: stop it, or choose another port with --port or NIGHTSHIFT_PORT.`;
}

/** How soon an absent Temporal is tried again. */
const PREPARE_EVERY_MS = 3_000;

/** A gateway starts without Temporal, so that it can answer 503 and Alertmanager keeps the alerts; it prepares when Temporal comes. */
async function prepareWhenThere(client: Client, config: NightshiftConfig, log: Logger): Promise<void> {
  try {
    await prepareNamespace(client, { ownServer: config.temporal.embedded });
  } catch (error) {
    log.warn({ err: error }, 'Temporal could not be prepared; alerts are refused with 503 until it answers');
    setTimeout(() => void prepareWhenThere(client, config, log), PREPARE_EVERY_MS).unref();
  }
}
