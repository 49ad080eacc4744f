import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { NightshiftConfig } from '../config';
import { prepareNamespace } from './namespace';
import { prepareSchedules } from './schedules';
import { Watchdogs } from './watchdogs';

/**
 * Search attributes, dead-man's switches and schedules, as this configuration says; doing it again changes nothing. A
 * gateway does it at its start, `deploy serverless apply` for one that starts at every alert.
 */
export async function prepare(client: Client, config: NightshiftConfig, log: Logger): Promise<void> {
  await prepareNamespace(client, { ownServer: config.temporal.embedded });
  await new Watchdogs(client, config, log).reconcile();
  await prepareSchedules(client, config);
}
