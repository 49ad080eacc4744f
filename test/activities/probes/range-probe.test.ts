import { probes } from '../../../activities/registry';
import type { QueryGateway } from '../../../activities/prometheus/gateway';
import { accessWith, clusterConfig, statefulSet, type TestAccess } from '../../support/pipeline-objects';
import { ask } from './ask';

function answering(value: number | undefined, { warnings = [], timeFactor = 1 }: { warnings?: string[]; timeFactor?: number } = {}): { access: TestAccess; queries: string[] } {
  const queries: string[] = [];
  const prometheus: QueryGateway = {
    query: async (promql) => {
      queries.push(promql);
      return { samples: value === undefined ? [] : [{ name: '', labels: {}, value }], warnings };
    },
    queryRange: () => Promise.reject(new Error('nobody asks for a range')),
  };
  return { access: { ...accessWith({ timeFactor }), prometheus }, queries };
}

describe('prometheus.range', () => {
  it('asks over five minutes, for the series of this cluster with its label or without', async () => {
    const { access, queries } = answering(0.999);
    const { fields, summary } = await ask(access, 'prometheus.range', { line: 'delivered' });
    expect(fields).toEqual({ notApplicable: false, value: 0.999, missing: null, warnings: [] });
    expect(summary).toBe('0.999 is what is found for delivered over 300 s.');
    expect(queries[0]).toContain('prometheus_remote_storage_samples_retried_total{cluster=~"cluster-03|"}[300s]');
  });

  it('is shorter where the clocks run faster, never too short for a rate', async () => {
    const fast = answering(0, { timeFactor: 0.1 });
    await ask(fast.access, 'prometheus.range', { line: 'uploadFailures' });
    const faster = answering(0, { timeFactor: 0.001 });
    await ask(faster.access, 'prometheus.range', { line: 'uploadFailures' });
    expect([fast.queries[0], faster.queries[0]].map((query) => /\[(\d+s)\]/.exec(query!)![1])).toEqual(['30s', '15s']);
  });

  it('says of an empty result, and of one that is no number, that nothing answers', async () => {
    for (const nothing of [undefined, Number.NaN]) {
      const { fields, summary } = await ask(answering(nothing).access, 'prometheus.range', { line: 'lag' });
      expect(fields['value']).toBeNull();
      expect(summary).toContain('Nothing answers lag');
    }
  });

  it('counts receivers that should be there and are not', async () => {
    const { access } = answering(2, { warnings: ['a store did not answer'] });
    access.kubernetes.put(statefulSet());
    expect((await ask(access, 'prometheus.range', { line: 'receiversReady' })).fields).toEqual({ notApplicable: false, value: 2, missing: 1, warnings: ['a store did not answer'] });
  });

  it('asks for targets where the agent’s data arrives, and is not applicable where nobody can be asked', async () => {
    const { access, queries } = answering(1);
    const asked: string[] = [];
    const query: QueryGateway = { ...access.prometheus!, query: async (promql) => { asked.push(promql); return { samples: [], warnings: [] }; } };
    await ask({ ...access, query }, 'prometheus.range', { line: 'targetsUp' });
    expect([queries.length, asked.length]).toEqual([0, 1]);
    expect((await ask(accessWith(), 'prometheus.range', { line: 'lag' })).fields['notApplicable']).toBe(true);
  });

  it('a name is no regular expression', async () => {
    const { access, queries } = answering(1);
    const named = { ...access, config: clusterConfig({ name: 'a.b' }) };
    await probes['prometheus.range']!.ask(named, { line: 'lag' }, {} as never);
    expect(queries[0]).toContain('cluster=~"a\\\\.b|"');
  });

  it('asks nothing of a Compactor that this cluster does not run', async () => {
    const { access, queries } = answering(undefined);
    const target = { ...access.config.targets['receiver']!, name: 'thanos-compactor' };
    const withRole = { ...access, config: clusterConfig({ targets: { ...access.config.targets, compactor: target } }) };
    expect((await ask(withRole, 'prometheus.range', { line: 'compactorHalted' })).fields['notApplicable']).toBe(true);
    expect(queries).toEqual([]);
    access.kubernetes.put(statefulSet({ workload: 'thanos-compactor' }));
    expect((await ask(withRole, 'prometheus.range', { line: 'compactorHalted' })).fields).toMatchObject({ notApplicable: false, value: null });
  });
});
