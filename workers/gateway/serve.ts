import { writeFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { PracticeCluster } from '../../activities/practice/cluster';
import { portTaken } from '../../infra/embedded/ports';
import type { NightshiftConfig } from '../config';
import { onDemand } from '../config/serverless-schema';
import { ensureDataDir, type DataDir } from '../data-dir';
import { dataConverterOf } from '../encryption';
import { signingIdentity } from '../keys';
import { announceBuild } from '../metrics';
import { createLogger, onStop, reportReady, SUPERVISOR_GONE } from '../process';
import { recordStoreOf } from '../records';
import { wakerOf } from '../serverless/waker';
import { buildId } from '../serverless/worker-version';
import { endOrphanedTemporal } from '../supervisor/temporal';
import { connectionOptions } from '../temporal-connection';
import { clientTracing } from '../traced-temporal';
import { tracingOf } from '../tracing';
import { Ledger } from '../audit/ledger';
import { createGateway, type GatewayDependencies } from './app';
import { IncidentDirectory } from './incidents';
import { Messenger } from './messages';
import { PracticeStage } from './practice-stage';
import { prepare } from './prepare';
import { Quarantine } from './quarantine';
import { Signer } from './signer';
import { TrailKeeper } from './trail-keeper';
import { UserDirectory } from './users';
import { Watchdogs } from './watchdogs';

/**
 * A gateway that does not listen yet, in a namespace that is prepared, or will be as soon as Temporal answers.
 * @param options.prepared somebody has prepared the namespace for this configuration
 */
export async function openGateway(config: NightshiftConfig, { prepared = false } = {}): Promise<{ app: FastifyInstance; dependencies: GatewayDependencies; dir: DataDir; log: Logger }> {
  const log = createLogger('gateway');
  const dir = ensureDataDir(config.dataDir);
  const connection = Connection.lazy(connectionOptions(config));
  const tracing = tracingOf('gateway');
  const client = new Client({ connection, namespace: config.temporal.namespace, ...dataConverterOf(config.temporal.encryption), ...clientTracing(tracing) });
  const dependencies = gatewayDependencies(config, dir, client, log);
  const app = await createGateway(dependencies, tracing);
  if (!prepared) await prepareWhenThere(client, config, log);
  return { app, dependencies, dir, log };
}

/** Runs the gateway until this process is asked to end. @throws Error in a sentence when the port is taken. */
export async function runGateway(config: NightshiftConfig): Promise<void> {
  const { app, dependencies, dir, log } = await openGateway(config);
  const { host, port } = config.http;
  await app.listen({ host, port }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE' ? new Error(portTaken(host, port)) : error;
  });
  // The command line finds this gateway by the file, whatever port it was started with.
  writeFileSync(dir.urlFile, `http://${host}:${port}\n`);
  announceBuild('gateway', buildId());
  log.info({ host, port }, 'gateway takes alerts');
  dependencies.practice?.start();
  dependencies.trailKeeper.start();
  const arming = dependencies.watchdogs.keepArmed();
  reportReady();
  onStop((why) => {
    log.info({ why }, 'gateway is ending');
    dependencies.practice?.stop();
    dependencies.trailKeeper.stop();
    clearInterval(arming);
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
  const records = recordStoreOf(config);
  const incidents = new IncidentDirectory(client, records, onDemand(config.compute) ? wakerOf(client) : undefined);
  const ledger = new Ledger(dir.ledgerFile, () => signingIdentity(dir));
  const practises = config.clusters.some(({ cluster }) => cluster.practice);
  return {
    config,
    client,
    log,
    records,
    incidents,
    users: new UserDirectory(dir, config.users),
    quarantine: new Quarantine(dir.quarantineDir),
    watchdogs: new Watchdogs(client, config, log),
    messenger: new Messenger(client, incidents, new Signer(() => signingIdentity(dir), config.temporal.namespace), ledger),
    trailKeeper: new TrailKeeper(client, ledger, log),
    ...(practises && { practice: new PracticeStage(PracticeCluster.open(config.dataDir, config.runbooksDir), client, config, log) }),
  };
}

/** How soon an absent Temporal is tried again. */
const PREPARE_EVERY_MS = 3_000;

/** A gateway starts without Temporal, so that it can answer 503 and Alertmanager keeps the alerts; it prepares when Temporal comes. */
async function prepareWhenThere(client: Client, config: NightshiftConfig, log: Logger): Promise<void> {
  try {
    await prepare(client, config, log);
  } catch (error) {
    log.warn({ err: error }, 'Temporal could not be prepared; alerts are refused with 503 until it answers');
    setTimeout(() => void prepareWhenThere(client, config, log), PREPARE_EVERY_MS).unref();
  }
}
