/** The composition root: the only file that knows every system's implementation. */
import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createTemporalActivities } from '../activities/temporal/activities';
import { createTemporalGateway } from '../activities/temporal/client-gateway';
import type { NightshiftConfig } from './config';

export interface WorkerDependencies {
  connection: NativeConnection;
  log: Logger;
}

/** Every activity of this worker, with the clients that its configuration names. */
export function createWorkerActivities(config: NightshiftConfig, { connection }: WorkerDependencies): object {
  const client = new Client({ connection, namespace: config.temporal.namespace });
  return { ...createTemporalActivities(createTemporalGateway(client)) };
}
