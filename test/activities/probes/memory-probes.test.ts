import { accessWith, pod, statefulSet, type TestAccess } from '../../support/pipeline-objects';
import { limitedReceivers, type MemoryShape } from '../../support/memory-objects';
import { ask } from './ask';

function cluster(shape: MemoryShape = {}): TestAccess {
  const access = accessWith();
  access.kubernetes.put(...limitedReceivers(shape));
  return access;
}

describe('kubernetes.memory', () => {
  const memory = (access: TestAccess) => ask(access, 'kubernetes.memory', { target: 'receiver' });

  it('sees who was killed for want of memory, in a loop, against which limit', async () => {
    const { fields, summary, table } = await memory(cluster({ killed: [1] }));
    expect(fields).toMatchObject({ exists: true, oomKilled: true, oomKilledNames: ['thanos-receive-1'], oomLoop: true, secondsSinceOom: 60, limitBytes: 384 * 2 ** 20, requestBytes: 192 * 2 ** 20, limitsDiffer: false, killedOtherwise: false, evicted: false, restarts: 7 });
    expect(summary).toBe('1 of 3 pods of thanos-receive were killed for want of memory (thanos-receive-1), at a limit of 384 MiB.');
    expect(table?.rows).toHaveLength(3);
  });

  it('tells other kills apart: 137 without the reason, and a node that puts a pod out', async () => {
    const access = cluster();
    const change = (name: string, status: object) => {
      const found = access.kubernetes.find({ kind: 'Pod', namespace: 'monitoring', name })!;
      access.kubernetes.put({ ...found, status: { ...(found['status'] as object), ...status } });
    };
    change('thanos-receive-0', { containerStatuses: [{ name: 'thanos-receive', ready: true, restartCount: 1, lastState: { terminated: { exitCode: 137, reason: 'Error' } } }] });
    change('thanos-receive-2', { reason: 'Evicted', phase: 'Failed' });
    expect((await memory(access)).fields).toMatchObject({ oomKilled: false, oomLoop: false, killedOtherwise: true, evicted: true, secondsSinceOom: null });
  });

  it('sees pods without limits, different limits, and no workload', async () => {
    const bare = accessWith();
    bare.kubernetes.put(statefulSet(), pod({ ordinal: 0 }));
    expect((await memory(bare)).fields).toMatchObject({ limitBytes: null, requestBytes: null });
    expect((await memory(cluster({ killed: [0], limit: '768Mi' }))).fields).toMatchObject({ limitsDiffer: true, limitBytes: 384 * 2 ** 20 });
    expect((await memory(accessWith())).fields).toMatchObject({ exists: false, limitBytes: null });
  });
});

describe('thanos.memory', () => {
  const page = (resident: number, series: number, created = 0, more: string[] = []) => [
    `process_resident_memory_bytes ${resident}`, `prometheus_tsdb_head_series{tenant="default-tenant"} ${series}`, 'prometheus_tsdb_head_series{tenant="team-a"} 100',
    `prometheus_tsdb_head_series_created_total{tenant="default-tenant"} ${created}`, 'grpc_server_handled_total{grpc_method="Series",grpc_code="OK"} 12', ...more, '',
  ].join('\n');

  it('adds up, against the limits, over two looks', async () => {
    const access = cluster({ killed: [2] });
    const looks: Record<number, string[]> = { 0: [page(2 ** 28, 900), page(2 ** 28, 900, 600)], 1: [page(2 ** 27, 400)] };
    for (const [ordinal, pages] of Object.entries(looks)) {
      let look = 0;
      access.kubernetes.pages[`thanos-receive-${ordinal} /metrics`] = () => pages[Math.min(look++, pages.length - 1)]!;
    }
    const { fields, summary } = await ask(access, 'thanos.memory');
    expect(fields).toMatchObject({ answering: 2, residentBytes: 2 ** 28, headSeries: 1000, topTenant: 'default-tenant', topTenantShare: 0.9, seriesCreatedPerSecond: 120, compactionsFailing: false, exemplars: 0, readsPerSecond: 0 });
    expect(fields['usedRatio']).toBeCloseTo(2 / 3);
    expect(summary).toContain('67 % of a limit');
  });

  it('sees heads that are not cut, and exemplars; and says when nobody runs or answers', async () => {
    const access = cluster({ killed: [1, 2] });
    access.kubernetes.pages['thanos-receive-0 /metrics'] = page(1, 1, 0, ['prometheus_tsdb_compactions_failed_total{tenant="x"} 3', 'prometheus_tsdb_exemplar_exemplars_in_storage{tenant="x"} 50']);
    expect((await ask(access, 'thanos.memory')).fields).toMatchObject({ compactionsFailing: true, exemplars: 50 });
    expect((await ask(cluster({ killed: [0, 1, 2] }), 'thanos.memory')).fields).toMatchObject({ answering: 0, residentBytes: null, usedRatio: null });
    await expect(ask(cluster(), 'thanos.memory')).rejects.toThrow(/nothing answers/);
  });
});

describe('thanos.tsdbStatus', () => {
  const PAGE = 'thanos-receive-0 /api/v1/status/tsdb?all_tenants=true&limit=20';
  const tenant = (name: string, numSeries: number, metrics: Record<string, number>) => ({
    tenant: name, headStats: { numSeries, chunkCount: 1 }, seriesCountByMetricName: Object.entries(metrics).map(([metric, value]) => ({ name: metric, value })),
    labelValueCountByLabelName: [{ name: 'pod', value: 3 }, { name: 'request_id', value: 9000 }], memoryInBytesByLabelName: null, seriesCountByLabelValuePair: null,
  });

  it('names the metric that has exploded, over all tenants, and the label that made it', async () => {
    const access = cluster();
    access.kubernetes.pages[PAGE] = JSON.stringify({ status: 'success', data: [tenant('a', 10_000, { http_requests_total: 9_000, up: 7 }), tenant('b', 1_000, { up: 500, http_requests_total: 100 })] });
    expect((await ask(access, 'thanos.tsdbStatus')).fields).toEqual({ receiver: 'thanos-receive-0', tenants: 2, series: 11_000, topTenant: 'a', topMetric: 'http_requests_total', topMetricShare: 9_100 / 11_000, topLabel: 'request_id', topLabelValues: 9_000 });
  });

  it('takes an empty head, refuses what is none, and has nobody to ask when none is ready', async () => {
    const access = cluster();
    access.kubernetes.pages[PAGE] = JSON.stringify({ status: 'success', data: [] });
    expect((await ask(access, 'thanos.tsdbStatus')).fields).toMatchObject({ series: 0, topMetric: null, topMetricShare: null });
    for (const answer of ['<html>', '{"status":"success","data":{"headStats":{"numSeries":3}}}']) {
      access.kubernetes.pages[PAGE] = answer;
      await expect(ask(access, 'thanos.tsdbStatus')).rejects.toThrow(/not understood/);
    }
    expect((await ask(cluster({ killed: [0, 1, 2] }), 'thanos.tsdbStatus')).fields).toMatchObject({ receiver: null, series: null });
  });
});
