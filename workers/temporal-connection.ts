import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import type { NightshiftConfig } from './config';
import { DEFAULT_TEMPORAL_ADDRESS } from './temporal-address';

/** What both of the SDK's clients take. */
type ConnectionOptions = NonNullable<ClientConnectConfig['connectionOptions']>;

/**
 * How Temporal is reached: mTLS and API keys by Temporal's own variables (TEMPORAL_TLS_…, TEMPORAL_API_KEY) or its
 * configuration file, as every client of Temporal reads them; the address that `nightshift.yaml` or `nightshift start` says is
 * stronger. A Temporal of our own, on this machine, is reached without either.
 */
export function connectionOptions({ temporal: { address, embedded } }: Pick<NightshiftConfig, 'temporal'>): ConnectionOptions & { address: string } {
  const options: ConnectionOptions | undefined = embedded ? undefined : loadClientConnectConfig().connectionOptions;
  return { ...options, address: address ?? options?.address ?? DEFAULT_TEMPORAL_ADDRESS };
}
