import { setTimeout as delay } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { NightshiftConfig } from './config';
import { connectionOptions } from './temporal-connection';

/** Temporal answers within milliseconds of its port opening; an existing server that is away this long is an error to show. */
const CONNECT_TIMEOUT_MS = 15_000;

/** Connects, waiting for a server that is only just starting. @throws Error that names the address. */
export async function connectWorker(config: Pick<NightshiftConfig, 'temporal'>, log: Logger): Promise<NativeConnection> {
  const options = connectionOptions(config);
  const { address } = options;
  const deadline = Date.now() + CONNECT_TIMEOUT_MS;
  for (;;) {
    try {
      return await NativeConnection.connect(options);
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`Temporal at ${address} does not answer: start it, or correct TEMPORAL_ADDRESS.`, { cause: error });
      log.warn({ address }, 'Temporal does not answer yet');
      await delay(250);
    }
  }
}
