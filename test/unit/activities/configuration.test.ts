import { createConfigurationActivities } from '../../../activities/configuration/activities';
import { durationsFor } from '../../../activities/configuration/durations';
import type { ClusterAccess } from '../../../activities/cluster-access';
import { accessWith, clusterConfig } from '../../support/pipeline-objects';

const MINUTE = 60_000;

describe('durations', () => {
  it('are what was promised in production', () => {
    expect(durationsFor(1)).toEqual({
      rootCauseTarget: 5 * MINUTE, recoveryTarget: 15 * MINUTE, probeTimeout: 10_000, workerBackWithin: 30_000, remindEvery: 5 * MINUTE, escalateEvery: 15 * MINUTE, approvalDeadline: 60 * MINUTE, verifyDeadline: 15 * MINUTE,
      verifyEvery: 5_000, stabilityWindow: 10 * MINUTE, resolutionDeadline: 30 * MINUTE, leaseWait: 30 * MINUTE,
    });
  });

  it('shrink with the factor, but not below what real programs need', () => {
    expect(durationsFor(0.1)).toMatchObject({ rootCauseTarget: 30_000, stabilityWindow: MINUTE, probeTimeout: 8_000, verifyEvery: 500, verifyDeadline: 90_000 });
    expect(durationsFor(0.001)).toMatchObject({ verifyDeadline: MINUTE, leaseWait: MINUTE });
  });

  it('are as the configuration says where it says', () => {
    expect(durationsFor(0.1, { approvalDeadline: 7 })).toMatchObject({ approvalDeadline: 7, remindEvery: 30_000 });
  });
});

describe('configurationSnapshot', () => {
  const snapshot = (mode: 'act' | 'observe', cluster = 'cluster-03', watched: Partial<ClusterAccess> = {}) => {
    const access = { ...accessWith({ mode }), ...watched };
    return createConfigurationActivities({
      clusters: new Map([['cluster-03', access]]), temporalNamespace: 'default', keys: () => [{ keyId: 'k', publicKey: 'p' }], locale: 'ko', publicUrl: 'http://127.0.0.1:8088',
      perCluster: () => ({ queues: { probe: 'p', mutate: 'm' }, durations: { leaseWait: 9 } }),
    }).configurationSnapshot({ cluster });
  };

  it('says what the worker’s configuration says', async () => {
    expect(await snapshot('act')).toMatchObject({ temporalNamespace: 'default', policy: clusterConfig().policy, acceptUnsigned: false, keys: [{ keyId: 'k' }], locale: 'ko', queues: { probe: 'p', mutate: 'm' }, practice: false, durations: { leaseWait: 9 } });
  });

  it('observes only, whatever the policy, where acting is off', async () => {
    expect((await snapshot('observe')).policy).toEqual({ safe: { kind: 'observe-only' }, disruptive: { kind: 'observe-only' }, destructive: { kind: 'observe-only' } });
  });

  it('says whether somebody has the pipeline’s own metrics', async () => {
    const gateway = { query: () => Promise.reject(new Error()), queryRange: () => Promise.reject(new Error()) };
    expect('metrics' in (await snapshot('act'))).toBe(false);
    expect((await snapshot('observe', 'cluster-03', { prometheus: gateway })).metrics).toBe(true);
    expect((await snapshot('act', 'cluster-03', { query: gateway })).metrics).toBe(true);
  });

  it('names the clusters that it knows', async () => {
    await expect(snapshot('act', 'cluster-99')).rejects.toMatchObject({ type: 'InvalidInput', message: expect.stringContaining('it knows cluster-03') });
  });
});
