import { z } from 'zod';
import { targetOf } from '../cluster-access';
import { showBytes } from '../quantity';
import type { Probe, ProbeAnswer } from '../probe';
import { READS_WORKLOAD } from '../workload';
import { readStorage, TSDB_FAULTS, uploadsFail, type StorageReading, type TsdbFault } from './receiver-storage';

const INPUT = z.strictObject({ target: z.string().default('receiver').describe('Role of the receivers.') });

/** Between the two looks, in milliseconds, times the time factor. */
const INTERVAL_MS = 6_000;
const SHORTEST_INTERVAL_MS = 2_000;
const WAITING_SHARE = 0.6;
/** The part of the data that makes it the one to blame. */
const DOMINATES = 0.6;
/** So little data explains no full disk. In bytes. */
const LEAST_BYTES = 1024 ** 2;

const COUNTED = (text: string) => ({ type: 'number', unit: 'count', text: `${text}, since each receiver was started` }) as const;

/** What fills the receivers' disks, whether it gets to the object store, and what went wrong in their TSDBs. */
export const receiverStorageProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'thanos.receiverStorage',
  title: 'The receivers’ own metrics of their storage: what fills it, uploads to the object store, failures of their TSDBs',
  input: INPUT,
  fields: {
    running: { type: 'number', unit: 'count', text: 'receivers whose process runs' },
    answering: { type: 'number', unit: 'count', text: 'receivers that could be read' },
    uploadsFailing: { type: 'boolean|null', text: 'a receiver cannot get its blocks to the object store; null when nothing was tried lately' },
    failingReceivers: { type: 'list', text: 'receivers whose uploads fail' },
    storeFails: { type: 'boolean', text: 'operations on the object store itself fail; false with failing uploads means that a local block stops them' },
    failedOperations: { type: 'list', text: 'operations on the object store that failed: exists, upload, …' },
    dirSyncFailures: COUNTED('rounds of uploading that failed'),
    lastUploadAgeSeconds: { type: 'number|null', unit: 'seconds', text: 'since the last upload of the receiver for which that is longest; null when one of them has uploaded nothing since its start' },
    dominates: { type: 'text|null', text: 'what most of the data is: blocks, wal, headChunks; null when nothing stands out' },
    blockBytes: { type: 'number', unit: 'count', text: 'bytes of blocks, of the receiver with most' },
    walBytes: { type: 'number', unit: 'count', text: 'bytes of write-ahead log, of the receiver with most' },
    headChunkBytes: { type: 'number', unit: 'count', text: 'bytes of head chunks, of the receiver with most' },
    walWritesFailing: { type: 'boolean', text: 'writes to a write-ahead log fail between the two looks' },
    walWritesFailed: COUNTED('writes to the write-ahead log that failed'),
    walTruncationsFailed: COUNTED('truncations of the write-ahead log that failed'),
    headTruncationsFailed: COUNTED('truncations of the head that failed'),
    checkpointFailures: COUNTED('checkpoints that could not be made'),
    compactionFailures: COUNTED('compactions of the head or of blocks that failed'),
    reloadFailures: COUNTED('reloads of the blocks that failed'),
    walCorruptions: COUNTED('corruptions found in the write-ahead log'),
    mmapCorruptions: COUNTED('corruptions found in head chunks'),
    corruptedBlocks: COUNTED('blocks that the shipper calls corrupted'),
    troubledTenants: { type: 'list', text: 'tenants of which something failed' },
    troubledReceivers: { type: 'list', text: 'receivers of which a TSDB failed' },
    retentionSeconds: { type: 'number|null', unit: 'seconds', text: 'how long receivers keep blocks; null when not known' },
    windowSeconds: { type: 'number', unit: 'seconds', text: 'time between the two looks' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] }],
  async ask(access, { target: role }, { timeoutMs }) {
    const target = targetOf(access, role);
    const interval = Math.min(Math.max(SHORTEST_INTERVAL_MS, INTERVAL_MS * access.config.timeFactor), timeoutMs * WAITING_SHARE);
    const before = await readStorage(access, target);
    if (before.readings.length > 0) await access.clock.sleep(interval);
    const after = before.readings.length > 0 ? await readStorage(access, target) : before;
    return describe(before.readings, after, interval / 1000);
  },
};

function describe(before: readonly StorageReading[], { running, readings }: { running: number; readings: StorageReading[] }, windowSeconds: number): ProbeAnswer {
  const pairs = readings.map((after) => ({ before: before.find(({ pod }) => pod === after.pod) ?? after, after }));
  const failing = pairs.map((pair) => ({ pod: pair.after.pod, fails: uploadsFail(pair.before, pair.after) }));
  const failingReceivers = failing.filter(({ fails }) => fails === true).map(({ pod }) => pod);
  const uploadsFailing = failingReceivers.length > 0 ? true : failing.length > 0 && failing.every(({ fails }) => fails === false) ? false : null;
  const most = (value: (reading: StorageReading) => number) => Math.max(0, ...readings.map(value));
  const total = (fault: TsdbFault) => readings.reduce((sum, reading) => sum + reading.faults[fault], 0);
  const ages = readings.map(({ lastUploadAgeSeconds }) => lastUploadAgeSeconds);
  const operations = [...new Set(readings.flatMap(({ operationFailures }) => Object.keys(operationFailures)))];
  const troubled = readings.filter(({ faults }) => Object.values(faults).some((count) => count > 0)).map(({ pod }) => pod);
  const dominates = dominating(readings);
  return {
    fields: {
      running,
      answering: readings.length,
      uploadsFailing,
      failingReceivers,
      storeFails: operations.length > 0,
      failedOperations: operations,
      dirSyncFailures: readings.reduce((sum, { dirSyncFailures }) => sum + dirSyncFailures, 0),
      lastUploadAgeSeconds: ages.length === 0 || ages.some((age) => age === undefined) ? null : Math.max(...(ages as number[])),
      dominates,
      blockBytes: most(({ blockBytes }) => blockBytes),
      walBytes: most(({ walBytes }) => walBytes),
      headChunkBytes: most(({ headChunkBytes }) => headChunkBytes),
      walWritesFailing: pairs.some((pair) => pair.after.faults.walWritesFailed > pair.before.faults.walWritesFailed),
      ...(Object.fromEntries((Object.keys(TSDB_FAULTS) as TsdbFault[]).map((fault) => [fault, total(fault)])) as Record<TsdbFault, number>),
      troubledTenants: [...new Set(readings.flatMap(({ troubledTenants }) => troubledTenants))],
      troubledReceivers: troubled,
      retentionSeconds: readings.find(({ retentionSeconds }) => retentionSeconds !== undefined)?.retentionSeconds ?? null,
      windowSeconds,
    },
    summary: sentence(running, readings, failingReceivers, uploadsFailing, operations, troubled),
    ...(readings.length > 0 && { table: { columns: ['receiver', 'blocks', 'WAL', 'head chunks', 'syncs ok/failed', 'last upload', 'TSDB failures'], rows: readings.map(row) } }),
  };
}

function dominating(readings: readonly StorageReading[]): string | null {
  const sizes = { blocks: 0, wal: 0, headChunks: 0 };
  for (const { blockBytes, walBytes, headChunkBytes } of readings) {
    sizes.blocks += blockBytes;
    sizes.wal += walBytes;
    sizes.headChunks += headChunkBytes;
  }
  const total = sizes.blocks + sizes.wal + sizes.headChunks;
  return total < LEAST_BYTES ? null : (Object.entries(sizes).find(([, bytes]) => bytes / total >= DOMINATES)?.[0] ?? null);
}

function sentence(running: number, readings: readonly StorageReading[], failing: readonly string[], uploadsFailing: boolean | null, operations: readonly string[], troubled: readonly string[]): string {
  if (readings.length === 0) return running === 0 ? 'No receiver runs, so none can be asked about its storage.' : `${running} receivers run, and none answers about its storage.`;
  const uploads = failing.length > 0
    ? `${failing.join(', ')} cannot upload to the object store${operations.length > 0 ? ` (failed: ${operations.join(', ')})` : ', although the store itself refuses nothing: a local block stops it'}`
    : uploadsFailing === false ? `all ${readings.length} receivers upload` : 'whether uploads work now cannot be told from so short a look';
  const faults = troubled.length > 0 ? `the TSDB of ${troubled.join(', ')} has failed at something` : 'no TSDB has failed at anything';
  return `${uploads[0]!.toUpperCase()}${uploads.slice(1)}; ${faults}.`;
}

function row(reading: StorageReading): string[] {
  const faults = Object.entries(reading.faults).filter(([, count]) => count > 0).map(([fault, count]) => `${fault} ${count}`);
  const { lastUploadAgeSeconds: age } = reading;
  return [
    reading.pod, showBytes(reading.blockBytes), showBytes(reading.walBytes), showBytes(reading.headChunkBytes), `${reading.dirSyncs}/${reading.dirSyncFailures}`,
    age === undefined ? 'none since start' : `${Math.round(age / 60)} min ago`, faults.join(', ') || 'none',
  ];
}
