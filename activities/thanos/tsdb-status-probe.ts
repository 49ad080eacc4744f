import { z } from 'zod';
import { failure } from '../../workflows/contracts';
import { portOf, targetOf, type ClusterAccess } from '../cluster-access';
import type { Target } from '../clusters';
import type { Probe } from '../probe';
import { plainLine } from '../redact';
import { READS_WORKLOAD, readWorkload } from '../workload';

const INPUT = z.strictObject({
  target: z.string().default('receiver').describe('Role of the receivers.'),
  limit: z.number().int().min(1).max(100).default(20).describe('How many names of each kind are asked for.'),
});

const COUNTED = z.array(z.looseObject({ name: z.string(), value: z.number() })).nullish();
/** `data` is a list of tenants, not Prometheus' single object (Thanos 0.42.4). */
const ANSWER = z.looseObject({
  data: z.array(z.looseObject({
    tenant: z.string().default(''),
    headStats: z.looseObject({ numSeries: z.number() }).nullish(),
    seriesCountByMetricName: COUNTED,
    labelValueCountByLabelName: COUNTED,
  })),
});

type Tenant = z.infer<typeof ANSWER>['data'][number];

/** What the series of a receiver's head are, by metric and label: which one exploded (domain 4.4). Served at the write port. */
export const tsdbStatusProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'thanos.tsdbStatus',
  title: 'Cardinality of a receiver’s head: series by metric and tenant, values by label',
  input: INPUT,
  fields: {
    receiver: { type: 'text|null', text: 'who was asked; null when none is ready' },
    tenants: { type: 'number', unit: 'count', text: 'tenants it has' },
    series: { type: 'number|null', unit: 'count', text: 'series in its heads' },
    topTenant: { type: 'text|null', text: 'tenant with most series' },
    topMetric: { type: 'text|null', text: 'metric with most series' },
    topMetricShare: { type: 'number|null', unit: 'ratio', text: 'its share of all series' },
    topLabel: { type: 'text|null', text: 'label with most values' },
    topLabelValues: { type: 'number|null', unit: 'count', text: 'how many values it has' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] }],
  async ask(access, { target: role, limit }) {
    const target = targetOf(access, role);
    const ready = (await readWorkload(access, target)).pods.find((pod) => pod.ready);
    if (!ready) return { fields: { receiver: null, tenants: 0, series: null, topTenant: null, topMetric: null, topMetricShare: null, topLabel: null, topLabelValues: null }, summary: 'No receiver is ready, so none can be asked what its series are.' };
    return describe(ready.name, await statusOf(access, target, ready.name, limit));
  },
};

async function statusOf(access: ClusterAccess, target: Target, name: string, limit: number): Promise<Tenant[]> {
  const text = await access.kubernetes.proxyGet({ namespace: target.namespace, resource: 'pods', name, port: portOf(target, 'write'), path: `/api/v1/status/tsdb?all_tenants=true&limit=${limit}` });
  try {
    return ANSWER.parse(JSON.parse(text)).data;
  } catch (error) {
    throw failure('UpstreamRejected', `What Pod ${name} answers to /api/v1/status/tsdb is not understood; is the configured write port really a receiver’s?`, { cause: error });
  }
}

function describe(receiver: string, tenants: readonly Tenant[]) {
  const size = ({ headStats }: Tenant) => headStats?.numSeries ?? 0;
  const series = tenants.reduce((total, tenant) => total + size(tenant), 0);
  const topTenant = [...tenants].sort((a, b) => size(b) - size(a))[0];
  const metrics = added(tenants.flatMap(({ seriesCountByMetricName }) => seriesCountByMetricName ?? []));
  const labels = (topTenant?.labelValueCountByLabelName ?? []).toSorted((a, b) => b.value - a.value);
  const [metric] = metrics;
  const share = metric && series > 0 ? metric.value / series : null;
  const name = metric && plainLine(metric.name, 120);
  return {
    fields: {
      receiver, tenants: tenants.length, series,
      topTenant: topTenant?.tenant ?? null,
      topMetric: name ?? null,
      topMetricShare: share,
      topLabel: labels[0] ? plainLine(labels[0].name, 120) : null,
      topLabelValues: labels[0]?.value ?? null,
    },
    summary: `${receiver} holds ${series} series of ${tenants.length} tenants${name && share !== null ? `; ${(share * 100).toFixed(0)} % are ${name}` : ''}.`,
    table: { columns: ['metric', 'series'], rows: metrics.slice(0, 10).map(({ name: label, value }) => [plainLine(label, 100), String(value)]) },
  };
}

function added(counts: ReadonlyArray<{ name: string; value: number }>): Array<{ name: string; value: number }> {
  const totals = new Map<string, number>();
  for (const { name, value } of counts) totals.set(name, (totals.get(name) ?? 0) + value);
  return [...totals].map(([name, value]) => ({ name, value })).sort((a, b) => b.value - a.value);
}
