import { probes } from '../../../activities/registry';
import { manifestsDirectory } from '../../../activities/desired-state';
import { practiceManifests } from '../../../activities/practice/manifests';
import { practiceProbes } from '../../../activities/practice/recorded-answers';
import type { ClusterAccess } from '../../../activities/cluster-access';
import { askProbe } from '../../../activities/probe';
import { practiceCluster } from '../../../workers/config/clusters';
import { failureTypeOf } from '../../../workflows/contracts';
import { Practice, reference } from './practice-harness';

let practice: Practice;
beforeEach(() => (practice = new Practice()));
afterEach(() => practice.remove());

const withTarget: Record<string, string> = { receiverPods: 'receiver' };

function ask(id: string, use: string, { config = practiceCluster().cluster } = {}) {
  const { gateway: kubernetes, metrics } = practice.cluster;
  const access: ClusterAccess = { config, kubernetes, metrics, desiredState: manifestsDirectory(practiceManifests()), digest: () => 'digest', clock: { now: practice.now, sleep: async (ms) => practice.pass(ms) } };
  const target = withTarget[id];
  const probe = { id, use, with: target ? { target } : {} };
  return askProbe(practiceProbes(probes, practice.cluster)[use]!, new Map([[config.name, access]]), { cluster: config.name, publicId: '20261122-00000000', probe, since: practice.now().toISOString(), timeoutMs: 10_000 });
}

describe('probes of the practice cluster', () => {
  it('answer what the example recorded, in its words', async () => {
    practice.cluster.play('two-receivers-bad-file');
    expect(await ask('remoteWrite', 'prometheus.agentRemoteWrite')).toMatchObject({
      probe: 'remoteWrite', use: 'prometheus.agentRemoteWrite', status: 'answered', at: '2026-11-22T03:00:00.000Z',
      fields: { deliveredRatio: 0, lagSeconds: 312 },
      summary: 'The agent delivered 0.0 % over 6 s (rejected 0.0 %, retried 100.0 %); it is 312 s behind.',
    });
    expect((await ask('remoteWrite', 'prometheus.agentRemoteWrite')).fields).not.toHaveProperty('summary');
  });

  it('ask the in-memory objects where nothing is recorded', async () => {
    practice.cluster.play('two-receivers-bad-file');
    const evidence = await ask('receiverPods', 'kubernetes.pods');
    expect(evidence.fields).toMatchObject({ ready: 1, members: 3, broken: 2, quorumHolds: false, brokenShareRevisionWithHealthy: true });
  });

  it('answer as after the recovery once the scene is healed', async () => {
    practice.cluster.play('two-receivers-bad-file');
    for (const name of ['thanos-receive-1', 'thanos-receive-2']) await practice.cluster.gateway.evict(reference(await practice.pod(name)), { dryRun: false });
    practice.pass(3_000);
    expect((await ask('delivery', 'prometheus.agentDelivery')).fields).toMatchObject({ deliveredRatio: 1, complete: true });
    expect((await ask('receiverPods', 'kubernetes.pods')).fields).toMatchObject({ ready: 3, rolloutComplete: true });
  });

  it('measure what is not recorded from metrics that fit the recording', async () => {
    practice.cluster.play('agent-path-wrong');
    expect((await ask('delivery', 'prometheus.agentDelivery')).fields).toMatchObject({ deliveredRatio: 0, failedRatio: 1 });
  });

  it('do not answer where the example says so', async () => {
    const scene = { id: 'remote-write-failure', probes: [{ id: 'query', use: 'thanos.query', with: {} }] } as const;
    practice.cluster.stage({ ...scene, probes: [...scene.probes] }, { id: 'x', title: { en: '', ko: '' }, practice: false, alert: {}, objects: [], logs: [], evidence: { query: null }, after: {}, expect: { cause: 'unknown', remedies: [] } });
    expect(await ask('query', 'thanos.query').then(() => 'answered', failureTypeOf)).toBe('UpstreamUnavailable');
  });

  it('answer as after a recovery while nothing is played', async () => {
    expect((await ask('query', 'thanos.query')).fields).toMatchObject({ notApplicable: false, ageSeconds: 3 });
    expect((await ask('receiverPods', 'kubernetes.pods')).fields).toMatchObject({ ready: 3 });
  });

  it('leave other clusters alone', async () => {
    practice.cluster.play('two-receivers-bad-file');
    const config = { ...practiceCluster().cluster, name: 'real', practice: false };
    expect((await ask('query', 'thanos.query', { config })).summary).toBe('No Thanos Query is configured for this cluster.');
  });
});
