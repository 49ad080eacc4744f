import { isGrpcServiceError, type Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { setTimeout as delay } from 'node:timers/promises';
import { SEARCH_ATTRIBUTE } from '../../workflows/contracts';

/** Closed incidents stay in lists this long; the embedded server's own default is one day. Records outlive both. */
const RETENTION_DAYS = 30;
const DEADLINE_MS = 15_000;
/** gRPC's code for what is there already. */
const ALREADY_EXISTS = 6;

/** What `nightshift setup` found or made, in words for people. */
export type Setup = Array<{ what: string; state: 'made' | 'there' }>;

/** Prepares a Temporal that is somebody else's: namespace and search attributes. Doing it again changes nothing. */
export async function setUpNamespace(client: Client, retentionDays: number): Promise<Setup> {
  const { namespace } = client.options;
  const retention = { seconds: (retentionDays * 24 * 3600) as never };
  const made = await client.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: retention }).then(
    () => true,
    (error: unknown) => {
      if (!isGrpcServiceError(error) || Number(error.code) !== ALREADY_EXISTS) throw error;
      return false;
    },
  );
  if (made) await untilNamespaceIsKnown(client);
  const before = await client.connection.operatorService.listSearchAttributes({ namespace });
  await prepareNamespace(client, { ownServer: false });
  return [
    { what: `namespace ${namespace}`, state: made ? 'made' : 'there' },
    ...Object.values(SEARCH_ATTRIBUTE).map((name) => ({ what: `search attribute ${name}`, state: name in (before.customAttributes ?? {}) ? ('there' as const) : ('made' as const) })),
  ];
}

/** A new namespace is known everywhere in a cluster after its caches have been read again. */
async function untilNamespaceIsKnown(client: Client): Promise<void> {
  for (let look = 0; ; look += 1) {
    try {
      await client.connection.operatorService.listSearchAttributes({ namespace: client.options.namespace });
      return;
    } catch (error) {
      if (look >= 60) throw error;
      await delay(500);
    }
  }
}

/**
 * Creates the search attributes that incident lists are made of, where they are missing.
 * @param options.ownServer the embedded server, whose retention is ours to set
 */
export async function prepareNamespace(client: Client, options: { ownServer: boolean }): Promise<void> {
  const { namespace } = client.options;
  const service = client.connection;
  await client.withDeadline(Date.now() + DEADLINE_MS, async () => {
    const { customAttributes } = await service.operatorService.listSearchAttributes({ namespace });
    const missing = Object.values(SEARCH_ATTRIBUTE).filter((name) => !(name in (customAttributes ?? {})));
    if (missing.length > 0) await addSearchAttributes(client, missing);
    if (options.ownServer) await setRetention(client);
  });
}

async function addSearchAttributes(client: Client, names: string[]): Promise<void> {
  const keyword = temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
  try {
    await client.connection.operatorService.addSearchAttributes({ namespace: client.options.namespace, searchAttributes: Object.fromEntries(names.map((name) => [name, keyword])) });
  } catch (error) {
    // Another gateway was faster.
    if (!isGrpcServiceError(error) || Number(error.code) !== ALREADY_EXISTS) throw error;
  }
}

async function setRetention(client: Client): Promise<void> {
  const { namespace } = client.options;
  const { config } = await client.workflowService.describeNamespace({ namespace });
  const wanted = RETENTION_DAYS * 24 * 3600;
  if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) >= wanted) return;
  await client.workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl: { seconds: wanted as never } } });
}
