/** A receiver's storage as its own /metrics tell it, by tenant; names as Thanos 0.42 exposes them (measured). */
import { failure } from '../../workflows/contracts';
import { portOf, type ClusterAccess } from '../cluster-access';
import type { Target } from '../clusters';
import type { Sample } from '../prometheus/gateway';
import { findWorkload, type PodView } from '../workload';

/** Counters that only grow when something is wrong with a TSDB. */
export const TSDB_FAULTS = {
  walWritesFailed: 'prometheus_tsdb_wal_writes_failed_total',
  walTruncationsFailed: 'prometheus_tsdb_wal_truncations_failed_total',
  headTruncationsFailed: 'prometheus_tsdb_head_truncations_failed_total',
  checkpointFailures: 'prometheus_tsdb_checkpoint_creations_failed_total',
  compactionFailures: 'prometheus_tsdb_compactions_failed_total',
  reloadFailures: 'prometheus_tsdb_reloads_failures_total',
  walCorruptions: 'prometheus_tsdb_wal_corruptions_total',
  mmapCorruptions: 'prometheus_tsdb_mmap_chunk_corruptions_total',
  corruptedBlocks: 'thanos_shipper_corrupted_blocks_total',
} as const;
export type TsdbFault = keyof typeof TSDB_FAULTS;

export interface StorageReading {
  pod: string;
  /** Seconds since the process was started; its counters count from there. */
  uptimeSeconds: number;
  blockBytes: number;
  walBytes: number;
  headChunkBytes: number;
  /** Syncs that got everything to the store, and those that did not. */
  dirSyncs: number;
  dirSyncFailures: number;
  /** Failed operations on the store, by operation. */
  operationFailures: Record<string, number>;
  /** Seconds since the last block was uploaded; undefined where this process has uploaded none. */
  lastUploadAgeSeconds: number | undefined;
  faults: Record<TsdbFault, number>;
  /** Tenants of which any of the above went wrong. */
  troubledTenants: string[];
  retentionSeconds: number | undefined;
}

/** Receivers that run, ready or not: one that hangs while it opens its storage may still answer. One that does not answer is left out. */
export async function readStorage(access: ClusterAccess, target: Target): Promise<{ running: number; readings: StorageReading[] }> {
  const pods = ((await findWorkload(access, target))?.pods ?? []).filter(({ running }) => running);
  const readings = await Promise.all(pods.map((pod) => readOne(access, target, pod)));
  return { running: pods.length, readings: readings.filter((reading) => reading !== undefined) };
}

async function readOne(access: ClusterAccess, target: Target, { name, ready }: PodView): Promise<StorageReading | undefined> {
  const port = portOf(target, 'metrics');
  try {
    return toReading(name, await access.metrics.scrape({ namespace: target.namespace, name, port }), access.clock.now().getTime() / 1000);
  } catch (error) {
    // A ready receiver that cannot be read leaves the picture open; one that is not ready has nothing to say yet.
    if (ready) throw error;
    return undefined;
  }
}

export function toReading(pod: string, samples: readonly Sample[], nowSeconds: number): StorageReading {
  if (!samples.some(({ name }) => name.startsWith('thanos_'))) {
    throw failure('UpstreamRejected', `The metrics of Pod ${pod} are not those of Thanos; check the receiver’s metrics port in the configuration`);
  }
  const of = (name: string) => samples.filter((sample) => sample.name === name);
  const sum = (name: string) => of(name).reduce((total, { value }) => total + value, 0);
  const started = of('process_start_time_seconds')[0]?.value ?? nowSeconds;
  const uploads = of('thanos_objstore_bucket_last_successful_upload_time').map(({ value }) => value).filter((value) => value > 0);
  const troubled = [...Object.values(TSDB_FAULTS), 'thanos_shipper_dir_sync_failures_total'].flatMap((name) => of(name).filter(({ value }) => value > 0).map(({ labels }) => labels['tenant']));
  const retention = of('prometheus_tsdb_retention_limit_seconds').map(({ value }) => value);
  return {
    pod,
    uptimeSeconds: Math.max(0, nowSeconds - started),
    blockBytes: sum('prometheus_tsdb_storage_blocks_bytes'),
    walBytes: sum('prometheus_tsdb_wal_storage_size_bytes'),
    headChunkBytes: sum('prometheus_tsdb_head_chunks_storage_size_bytes'),
    dirSyncs: sum('thanos_shipper_dir_syncs_total'),
    dirSyncFailures: sum('thanos_shipper_dir_sync_failures_total'),
    operationFailures: byOperation(of('thanos_objstore_bucket_operation_failures_total')),
    lastUploadAgeSeconds: uploads.length > 0 ? Math.max(0, nowSeconds - Math.max(...uploads)) : undefined,
    faults: Object.fromEntries(Object.entries(TSDB_FAULTS).map(([fault, name]) => [fault, sum(name)])) as Record<TsdbFault, number>,
    troubledTenants: [...new Set(troubled.filter((tenant) => tenant !== undefined))],
    retentionSeconds: retention.length > 0 ? Math.max(...retention) : undefined,
  };
}

function byOperation(samples: readonly Sample[]): Record<string, number> {
  const failed: Record<string, number> = {};
  for (const { labels, value } of samples) if (value > 0) failed[labels['operation'] ?? '?'] = (failed[labels['operation'] ?? '?'] ?? 0) + value;
  return failed;
}

/**
 * Do uploads fail now? Told by what moved between two looks; where nothing did, by what has happened since the process was
 * started, as long as that was one-sided. A sync is tried every 30 seconds, so a short window often sees none.
 */
export function uploadsFail(before: StorageReading, after: StorageReading): boolean | undefined {
  const restarted = after.uptimeSeconds < before.uptimeSeconds;
  const failed = restarted ? after.dirSyncFailures : after.dirSyncFailures - before.dirSyncFailures;
  const synced = restarted ? after.dirSyncs : after.dirSyncs - before.dirSyncs;
  if (failed > 0 || synced > 0) return failed > 0;
  if (after.dirSyncFailures > 0 && after.dirSyncs > 0) return undefined;
  if (after.dirSyncFailures > 0) return true;
  return after.dirSyncs > 0 ? false : undefined;
}
