import { writeFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { PracticeCluster } from '../../activities/practice/cluster';
import { DirectoryRecordStore } from '../../activities/records/directory-store';
import { portTaken } from '../../infra/embedded/ports';
import type { NightshiftConfig } from '../config';
import { ensureDataDir, readSigningKey, type DataDir } from '../data-dir';
import { createLogger, onStop, reportReady, SUPERVISOR_GONE } from '../process';
import { endOrphanedTemporal } from '../supervisor/temporal';
import { DEFAULT_TEMPORAL_ADDRESS } from '../temporal-address';
import { createGateway, type GatewayDependencies } from './app';
import { IncidentDirectory } from './incidents';
import { Messenger } from './messages';
import { prepareNamespace } from './namespace';
import { PracticeStage } from './practice-stage';
import { Quarantine } from './quarantine';
import { Signer } from './signer';
import { UserDirectory } from './users';

/** Runs the gateway until this process is asked to end. @throws Error in a sentence when the port is taken. */
export async function runGateway(config: NightshiftConfig): Promise<void> {
  const log = createLogger('gateway');
  const dir = ensureDataDir(config.dataDir);
  const connection = Connection.lazy({ address: config.temporal.address ?? DEFAULT_TEMPORAL_ADDRESS });
  const client = new Client({ connection, namespace: config.temporal.namespace });
  const dependencies = gatewayDependencies(config, dir, client, log);
  const app = await createGateway(dependencies);
  await prepareWhenThere(client, config, log);
  const { host, port } = config.http;
  await app.listen({ host, port }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE' ? new Error(portTaken(host, port)) : error;
  });
  // The command line finds this gateway by the file, whatever port it was started with.
  writeFileSync(dir.urlFile, `http://${host}:${port}\n`);
  log.info({ host, port }, 'gateway takes alerts');
  dependencies.practice?.start();
  reportReady();
  onStop((why) => {
    log.info({ why }, 'gateway is ending');
    dependencies.practice?.stop();
    void app
      .close()
      // A supervisor that was killed could not end its Temporal.
      .then(() => (why === SUPERVISOR_GONE && config.temporal.embedded ? endOrphanedTemporal(dir) : undefined))
      // The connection is not closed first: calls that it is retrying at that moment would throw.
      .then(() => process.exit());
  });
}

/** The composition root of the gateway: every part with the clients and files that it needs. */
export function gatewayDependencies(config: NightshiftConfig, dir: DataDir, client: Client, log: Logger): GatewayDependencies {
  const records = new DirectoryRecordStore(config.recordsDir);
  const incidents = new IncidentDirectory(client, records);
  const practises = config.clusters.some(({ cluster }) => cluster.practice);
  return {
    config,
    client,
    log,
    records,
    incidents,
    users: new UserDirectory(dir, config.users),
    quarantine: new Quarantine(dir.quarantineDir),
    messenger: new Messenger(client, incidents, new Signer(readSigningKey(dir), config.temporal.namespace)),
    ...(practises && { practice: new PracticeStage(PracticeCluster.open(config.dataDir, config.runbooksDir), client, config, log) }),
  };
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
