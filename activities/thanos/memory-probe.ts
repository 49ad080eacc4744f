import { z } from 'zod';
import { targetOf } from '../cluster-access';
import type { Target } from '../clusters';
import type { Probe } from '../probe';
import type { Sample } from '../prometheus/gateway';
import { bytesOf, showBytes } from '../quantity';
import { readAnswering } from '../two-looks';
import { READS_WORKLOAD, readWorkload, type PodView } from '../workload';

const INPUT = z.strictObject({ target: z.string().default('receiver').describe('Role of the receivers.') });

/** Between the two looks, in milliseconds, times the time factor. */
const INTERVAL_MS = 6_000;
const SHORTEST_INTERVAL_MS = 2_000;
const WAITING_SHARE = 0.5;

interface Reading {
  pod: string;
  resident: number;
  limit: number | undefined;
  /** Series in the head by tenant. */
  head: Record<string, number>;
  created: number;
  compactionFailures: number;
  truncationFailures: number;
  exemplars: number;
  reads: number;
}

/** What fills the running receivers’ memory, by their own metrics (domain 4.4). Under `thanos_receive_head_series*` only limits are found. */
export const receiverMemoryProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'thanos.memory',
  title: 'What fills the running receivers’ memory: resident size against the limit, head series by tenant, churn, failed compactions, reads',
  input: INPUT,
  fields: {
    answering: { type: 'number', unit: 'count', text: 'running receivers that were read' },
    residentBytes: { type: 'number|null', text: 'largest resident memory, in bytes' },
    usedRatio: { type: 'number|null', unit: 'ratio', text: 'largest share of its limit that a receiver uses; null where there is no limit' },
    headSeries: { type: 'number', unit: 'count', text: 'series in the largest head' },
    topTenant: { type: 'text|null', text: 'tenant with most series' },
    topTenantShare: { type: 'number|null', unit: 'ratio', text: 'its share of them' },
    seriesCreatedPerSecond: { type: 'number|null', unit: 'per second', text: 'new series in all receivers' },
    compactionsFailing: { type: 'boolean', text: 'a compaction or truncation of a head has failed since they started: it then only grows' },
    exemplars: { type: 'number', unit: 'count', text: 'exemplars that are kept in memory' },
    readsPerSecond: { type: 'number|null', unit: 'per second', text: 'reads by Thanos Query' },
    windowSeconds: { type: 'number', unit: 'seconds', text: 'time between the two looks' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] }],
  async ask(access, { target: role }, { timeoutMs }) {
    const target = targetOf(access, role);
    const running = (await readWorkload(access, target)).pods.filter((pod) => pod.running && pod.state !== 'terminating');
    const look = () => readAnswering(access, target, running, (pod, samples) => toReading(pod, target, samples));
    const before = await look();
    const interval = before.length === 0 ? 0 : Math.min(Math.max(SHORTEST_INTERVAL_MS, INTERVAL_MS * access.config.timeFactor), timeoutMs * WAITING_SHARE);
    if (interval > 0) await access.clock.sleep(interval);
    return describe(before, interval > 0 ? await look() : before, interval / 1_000);
  },
};

function toReading(pod: PodView, target: Target, samples: readonly Sample[]): Reading {
  const named = (name: string) => samples.filter((sample) => sample.name === name);
  const sum = (name: string) => named(name).reduce((total, { value }) => total + value, 0);
  const containers = ((pod.object['spec'] ?? {}) as { containers?: Array<{ name?: string; resources?: { limits?: { memory?: string } } }> }).containers ?? [];
  const container = containers.find(({ name }) => name === (pod.container ?? target.name)) ?? containers[0];
  return {
    pod: pod.name,
    resident: sum('process_resident_memory_bytes'),
    limit: bytesOf(container?.resources?.limits?.memory),
    head: Object.fromEntries(named('prometheus_tsdb_head_series').map(({ labels, value }) => [labels['tenant'] ?? '', value])),
    created: sum('prometheus_tsdb_head_series_created_total'),
    compactionFailures: sum('prometheus_tsdb_compactions_failed_total'),
    truncationFailures: sum('prometheus_tsdb_head_truncations_failed_total'),
    exemplars: sum('prometheus_tsdb_exemplar_exemplars_in_storage'),
    reads: named('grpc_server_handled_total').filter(({ labels }) => labels['grpc_method'] === 'Series').reduce((total, { value }) => total + value, 0),
  };
}

function describe(before: readonly Reading[], after: readonly Reading[], windowSeconds: number) {
  const rate = (field: 'created' | 'reads') => (windowSeconds === 0 ? null : after.reduce((total, reading) => total + Math.max(0, reading[field] - (before.find(({ pod }) => pod === reading.pod)?.[field] ?? reading[field])), 0) / windowSeconds);
  const largest = [...after].sort((a, b) => seriesOf(b) - seriesOf(a))[0];
  const [tenant, series] = Object.entries(largest?.head ?? {}).sort(([, a], [, b]) => b - a)[0] ?? [];
  const total = largest ? seriesOf(largest) : 0;
  const ratios = after.flatMap(({ resident, limit }) => (limit ? [resident / limit] : []));
  const resident = after.length > 0 ? Math.max(...after.map((reading) => reading.resident)) : null;
  const usedRatio = ratios.length > 0 ? Math.max(...ratios) : null;
  return {
    fields: {
      answering: after.length,
      residentBytes: resident,
      usedRatio,
      headSeries: total,
      topTenant: tenant ?? null,
      topTenantShare: series !== undefined && total > 0 ? series / total : null,
      seriesCreatedPerSecond: rate('created'),
      compactionsFailing: after.some(({ compactionFailures, truncationFailures }) => compactionFailures + truncationFailures > 0),
      exemplars: Math.max(0, ...after.map(({ exemplars }) => exemplars)),
      readsPerSecond: rate('reads'),
      windowSeconds,
    },
    summary: resident === null
      ? 'No receiver runs, so none says what fills its memory.'
      : `The largest of ${after.length} receivers uses ${showBytes(resident)}${usedRatio === null ? '' : ` (at most ${(usedRatio * 100).toFixed(0)} % of a limit)`} and holds ${total} series${tenant ? `, most of them of tenant ${tenant}` : ''}.`,
    table: { columns: ['receiver', 'resident', 'series'], rows: after.map((reading) => [reading.pod, showBytes(reading.resident), String(seriesOf(reading))]) },
  };
}

function seriesOf({ head }: Reading): number {
  return Object.values(head).reduce((total, value) => total + value, 0);
}
