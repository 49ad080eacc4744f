import { MockActivityEnvironment } from '@temporalio/testing';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { DefaultLogger } from '@temporalio/worker';
import { z } from 'zod';
import type { Probe, ProbeAnswer } from '../../activities/probe';
import { probes as registered } from '../../activities/registry';
import { createVerificationActivities } from '../../activities/verification/activities';
import { failure, type Condition, type ConditionStatus, type ProbeRequest, type VerifyRequest } from '../../workflows/contracts';
import { accessWith, agentMetrics, pod, statefulSet } from '../support/pipeline-objects';

// A check that has to look again fails by design; the worker’s warning would drown what matters.
const QUIET = new DefaultLogger('ERROR');
const text = (en: string) => ({ en, ko: en });
const asked: ProbeRequest[] = [];

function probe(use: string, answer: () => ProbeAnswer | Promise<ProbeAnswer>, windowed?: number): Probe {
  return {
    use, title: use, input: z.looseObject({}), fields: {}, rbac: [], ...(windowed !== undefined && { windowed: () => windowed }),
    ask: async (_access, _input, request) => {
      asked.push(request);
      return answer();
    },
  };
}
const says = (fields: ProbeAnswer['fields'], summary = 'it says so'): ProbeAnswer => ({ fields, summary });

function check(probes: Probe[], conditions: Array<[string, Condition]>, change: Partial<VerifyRequest> = {}): Promise<ConditionStatus[]> {
  const access = accessWith();
  const { verificationCheck } = createVerificationActivities({ clusters: new Map([['cluster-03', access]]), probes: Object.fromEntries(probes.map((item) => [item.use, item])) });
  return new MockActivityEnvironment({}, { logger: QUIET }).run(verificationCheck, {
    cluster: 'cluster-03', publicId: '20260301-00000000', probes: probes.map(({ use }) => ({ id: use, use, with: {} })),
    conditions: conditions.map(([id, condition]) => ({ id, title: text(id), condition })), since: '2026-03-01T02:00:00Z', mutatedAt: '2026-03-01T02:59:00Z', probeTimeoutMs: 5_000, everyMs: 1_234, ...change,
  });
}
async function statusesOf(outcome: Promise<ConditionStatus[]>): Promise<{ failure: ApplicationFailure; statuses: ConditionStatus[] }> {
  const error: unknown = await outcome.then(() => undefined, (reason: unknown) => reason);
  if (!(error instanceof ApplicationFailure)) throw new Error(`expected NotYetConverged, got ${String(error)}`);
  return { failure: error, statuses: (error.details?.[0] ?? []) as ConditionStatus[] };
}
const ready: Condition = { probe: 'pods', field: 'ready', atLeast: 3 };
const delivered: Condition = { probe: 'delivery', field: 'ratio', above: 0.99 };

describe('verificationCheck', () => {
  beforeEach(() => {
    asked.length = 0;
  });

  it('answers what was seen when everything holds', async () => {
    const statuses = await check([probe('pods', () => says({ ready: 3 }))], [['ready', ready]]);
    expect(statuses).toEqual([{ id: 'ready', title: text('ready'), holds: true, seen: 'pods.ready is 3' }]);
  });

  it('says what does not hold, and when to look again', async () => {
    const { failure: error, statuses } = await statusesOf(check([probe('pods', () => says({ ready: 2 }))], [['ready', ready], ['other', { not: ready }]]));
    expect(error).toMatchObject({ type: 'NotYetConverged', nonRetryable: false, nextRetryDelay: 1_234, message: 'Not recovered yet: ready (pods.ready is 2)' });
    expect(statuses.map(({ holds }) => holds)).toEqual([false, true]);
  });

  it('takes a probe that does not answer, and a field that is not known, for not held', async () => {
    const silent = probe('pods', () => Promise.reject(failure('UpstreamUnavailable', 'nobody there')));
    expect((await statusesOf(check([silent], [['ready', ready]]))).statuses[0]).toMatchObject({ holds: false, seen: expect.stringContaining('nobody there') });
    for (const fields of [{}, { ready: null }, { ready: 'three' }]) {
      expect((await statusesOf(check([probe('pods', () => says(fields as ProbeAnswer['fields']))], [['ready', ready], ['not', { not: ready }]]))).statuses.map(({ holds }) => holds)).toEqual([false, false]);
    }
  });

  it('asks each probe once, and the slow ones only when the quick ones hold', async () => {
    const slow = probe('delivery', () => says({ ratio: 1 }), 60_000);
    const { statuses } = await statusesOf(check([probe('pods', () => says({ ready: 2 })), slow], [['delivered', delivered], ['ready', ready], ['again', ready]]));
    expect(asked.map(({ probe: { use } }) => use)).toEqual(['pods']);
    expect(statuses.map(({ id, holds, seen }) => [id, holds, seen])).toEqual([['delivered', false, 'looked at once everything else holds'], ['ready', false, 'pods.ready is 2'], ['again', false, 'pods.ready is 2']]);
    asked.length = 0;
    expect((await check([probe('pods', () => says({ ready: 3 })), slow], [['delivered', delivered], ['ready', ready]])).map(({ id }) => id)).toEqual(['delivered', 'ready']);
    expect(asked.map(({ probe: { use }, timeoutMs, mutatedAt }) => [use, timeoutMs, mutatedAt])).toEqual([['pods', 5_000, '2026-03-01T02:59:00Z'], ['delivery', 83_000, '2026-03-01T02:59:00Z']]);
  });

  it('passes over what is not applicable, and says so; but not over everything', async () => {
    const absent = probe('query', () => says({ notApplicable: true, ratio: null }, 'No Thanos Query is configured.'));
    const query: Condition = { probe: 'query', field: 'ratio', above: 0.95 };
    const statuses = await check([probe('pods', () => says({ ready: 3 })), absent], [['ready', ready], ['query', query]]);
    expect(statuses[1]).toEqual({ id: 'query', title: text('query'), holds: true, notApplicable: true, seen: 'not applicable: No Thanos Query is configured.' });
    expect((await statusesOf(check([absent], [['query', query]]))).failure.message).toContain('none of the conditions can be looked at');
    expect((await statusesOf(check([], []))).failure.message).toContain('none of the conditions');
  });

  it('does not hide what is no answer: wrong input, a bug', async () => {
    await expect(check([probe('pods', () => Promise.reject(new TypeError('bug')))], [['ready', ready]])).rejects.toThrow('bug');
    await expect(check([probe('pods', () => Promise.reject(failure('InvalidInput', 'wrong role')))], [['ready', ready]])).rejects.toMatchObject({ type: 'InvalidInput' });
    await expect(check([], [['ready', ready]])).rejects.toMatchObject({ type: 'InvalidInput', message: expect.stringContaining('the probe pods') });
    await expect(check([], [['ready', ready]], { probes: [{ id: 'pods', use: 'no.such', with: {} }] })).rejects.toMatchObject({ type: 'InvalidInput', message: expect.stringContaining('No probe no.such') });
  });

  it('heartbeats while it looks, and ends when it is cancelled', async () => {
    const environment = new MockActivityEnvironment({}, { logger: QUIET });
    const beats: unknown[] = [];
    environment.on('heartbeat', (details: unknown) => {
      beats.push(details);
      environment.cancel();
    });
    const { verificationCheck } = createVerificationActivities({ clusters: new Map([['cluster-03', accessWith()]]), probes: { never: probe('never', () => new Promise<ProbeAnswer>(() => undefined)) } });
    const request: VerifyRequest = { cluster: 'cluster-03', publicId: 'x', probes: [{ id: 'never', use: 'never', with: {} }], conditions: [{ id: 'c', title: text('c'), condition: { probe: 'never', field: 'x', is: 1 } }], since: '', probeTimeoutMs: 20_000, everyMs: 1 };
    await expect(environment.run(verificationCheck, request)).rejects.toBeInstanceOf(CancelledFailure);
    expect(beats.length).toBeGreaterThan(0);
  });

  it('verifies delivery with the real probe, over its whole window', async () => {
    const access = accessWith({ timeFactor: 0.1 });
    access.kubernetes.put(statefulSet({ workload: 'prometheus-agent', replicas: 1 }), pod({ workload: 'prometheus-agent', ordinal: 0 }));
    let looks = 0;
    access.kubernetes.pages['prometheus-agent-0 /metrics'] = () => agentMetrics(access.clock.now(), { attempted: 1000 + 500 * looks++ });
    const { verificationCheck } = createVerificationActivities({ clusters: new Map([['cluster-03', access]]), probes: registered });
    const statuses = await verificationCheck({
      cluster: 'cluster-03', publicId: 'x', probes: [{ id: 'delivery', use: 'prometheus.agentDelivery', with: {} }], since: '', probeTimeoutMs: 5_000, everyMs: 1,
      conditions: [{ id: 'd', title: text('d'), condition: { all: [{ probe: 'delivery', field: 'deliveredRatio', above: 0.99 }, { probe: 'delivery', field: 'complete', is: true }] } }],
    });
    expect(statuses[0]).toMatchObject({ holds: true });
    expect(access.clock.slept).toEqual([6_000]);
  });

  it('asks once what two conditions ask alike, and leaves out what this cluster does not have', async () => {
    asked.length = 0;
    const access = accessWith();
    const counting = probe('test.count', () => says({ value: 1 }));
    const { verificationCheck } = createVerificationActivities({ clusters: new Map([['cluster-03', access]]), probes: { 'test.count': counting } });
    const line = (id: string, asks: string) => ({ id, title: text(id), common: true as const, condition: { probe: asks, field: 'value', is: 1 } });
    const statuses: ConditionStatus[] = await new MockActivityEnvironment({}, { logger: QUIET }).run(verificationCheck, {
      cluster: 'cluster-03', publicId: 'x', since: '2026-03-01T02:00:00Z', probeTimeoutMs: 5_000, everyMs: 10,
      probes: [{ id: 'own', use: 'test.count', with: {} }, { id: 'common', use: 'test.count', with: {} }, { id: 'compactor', use: 'test.count', with: {}, role: 'compactor' }],
      conditions: [{ id: 'own', title: text('own'), condition: { probe: 'own', field: 'value', is: 1 } }, line('common', 'common'), line('halted', 'compactor')],
    });
    expect(asked).toHaveLength(1);
    expect(statuses.map(({ id, holds, common, notApplicable }) => [id, holds, common ?? false, notApplicable ?? false])).toEqual([['own', true, false, false], ['common', true, true, false], ['halted', true, true, true]]);
    expect(statuses[2]!.seen).toBe('not applicable: The role compactor is not configured for this cluster.');
  });

  it('an empty result of a line is a failure', async () => {
    const { statuses } = await statusesOf(check([probe('range', () => says({ notApplicable: false, value: null }, 'Nothing answers delivered over 300 s.'))], [['delivered-5m', { probe: 'range', field: 'value', above: 0.99 }]], { once: true }));
    expect(statuses[0]).toMatchObject({ holds: false, seen: 'range.value is not known, which cannot be compared' });
  });
});
