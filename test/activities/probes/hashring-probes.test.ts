import type { KubernetesObject } from '../../../activities/kubernetes/gateway';
import type { JsonObject } from '../../../workflows/contracts';
import { accessWith, pod, statefulSet, type TestAccess } from '../../support/pipeline-objects';
import { hashringConfigMap, receivers, ring, ringPage } from '../../support/hashring-objects';
import { ask } from './ask';

const judged = async (access: TestAccess) => (await ask(access, 'kubernetes.hashringConfig')).fields;
const MEMBER = (ordinal: number, port = 10901) => `thanos-receive-${ordinal}.thanos-receive.monitoring.svc.cluster.local:${port}`;
const GOOD = ring([MEMBER(0), MEMBER(1), MEMBER(2)]);

function cluster(file: string | undefined, desired: string | undefined = GOOD, objects: KubernetesObject[] = []): TestAccess {
  const access = accessWith({}, desired === undefined ? {} : { 'ConfigMap thanos-receive-hashring': hashringConfigMap(desired) });
  access.kubernetes.put(...receivers(), ...(file === undefined ? [] : [hashringConfigMap(file)]), ...objects);
  return access;
}

describe('kubernetes.hashringConfig', () => {
  it('says of a good ring that it is one', async () => {
    const { fields, summary } = await ask(cluster(GOOD), 'kubernetes.hashringConfig');
    expect(fields).toEqual({
      exists: true, parses: true, valid: true, faults: [], endpoints: 3, replicas: 3, replicationFactor: 3, enoughEndpoints: true, addressesGood: true, absentMembers: [], membersOutside: [],
      algorithm: 'ketama', algorithmsDiffer: false, reloadFlushes: true, anyTenant: true, reach: 'live', desiredKnown: true, desiredValid: true, matchesDesired: true,
    });
    expect(summary).toBe('The hashring in ConfigMap monitoring/thanos-receive-hashring is one that receivers take; it is as manifests directory (thanos-receive-hashring.yaml) says.');
  });

  it.each<[string, string, JsonObject]>([
    ['a truncated file', '[{"hashring":"default",', { parses: false, valid: false, faults: ['notJson'], enoughEndpoints: null }],
    ['no list', '{"endpoints":[]}', { parses: false, faults: ['notJson'] }],
    ['an empty list', '[]', { parses: false, faults: ['empty'] }],
    ['an empty file', '', { parses: false, faults: ['notJson'] }],
    ['fewer endpoints than the replication factor', ring([MEMBER(0), MEMBER(1)]), { parses: true, valid: false, enoughEndpoints: false, faults: ['tooFew'], endpoints: 2, membersOutside: ['thanos-receive-2'], matchesDesired: false }],
    ['the write port', ring([MEMBER(0), MEMBER(1), MEMBER(2, 19291)]), { valid: false, addressesGood: false, faults: ['notGrpcPort'] }],
    ['a URL', ring([MEMBER(0), MEMBER(1), 'http://thanos-receive-2.thanos-receive:19291']), { addressesGood: false, faults: ['notHostPort'] }],
    ['an endpoint twice', ring([MEMBER(0), MEMBER(1), MEMBER(1)]), { addressesGood: false, enoughEndpoints: false, faults: ['duplicate', 'tooFew'] }],
    ['a pod that is misspelt', ring([MEMBER(0), MEMBER(1), MEMBER(2).replace('receive-2', 'recieve-2')]), { addressesGood: false, faults: ['unresolved'] }],
    ['a Service that does not exist', ring([MEMBER(0), MEMBER(1), MEMBER(2).replace('.thanos-receive.', '.thanos-ring.')]), { addressesGood: false, faults: ['unresolved'] }],
    ['a member beyond the replicas', ring([MEMBER(0), MEMBER(1), MEMBER(2), MEMBER(3)]), { valid: true, absentMembers: [MEMBER(3)], matchesDesired: false }],
    ['an algorithm that nobody knows', ring([MEMBER(0), MEMBER(1), MEMBER(2)], { algorithm: 'ketamma' }), { valid: false, faults: ['unknownAlgorithm'] }],
    ['named tenants only', ring([MEMBER(0), MEMBER(1), MEMBER(2)], { tenants: ['other'] }), { valid: true, anyTenant: false }],
    ['other white space only', JSON.stringify(JSON.parse(GOOD)), { matchesDesired: true }],
  ])('sees %s', async (_, file, expected) => {
    expect(await judged(cluster(file))).toMatchObject(expected);
  });

  it('counts plain texts for endpoints, addresses of pods, and the flag where the file says no algorithm', async () => {
    const access = cluster('[{"endpoints":["10.244.0.10:10901","10.244.0.11:10901","10.244.0.12:10901"]}]');
    expect(await judged(access)).toMatchObject({ valid: true, algorithm: 'hashmod' });
    access.kubernetes.put(...receivers({ flags: ['--receive.hashrings-algorithm=ketama'] }));
    expect(await judged(access)).toMatchObject({ algorithm: 'ketama', reloadFlushes: false });
  });

  it('sees receivers that were started with different algorithms, and the strictest factor', async () => {
    const access = cluster(GOOD);
    access.kubernetes.put(receivers({ flags: ['--receive.hashrings-algorithm=ketama'] })[1]!);
    expect(await judged(access)).toMatchObject({ algorithmsDiffer: true, reloadFlushes: true });
    access.kubernetes.put(receivers({ factor: 4 })[2]!);
    expect(await judged(access)).toMatchObject({ faults: ['tooFew'] });
  });

  it('knows how a change gets into a receiver', async () => {
    for (const reach of ['live', 'restart', 'never', 'unknown'] as const) {
      const access = cluster(GOOD);
      access.kubernetes.put(receivers({ reach })[0]!);
      expect(await judged(access)).toMatchObject({ reach });
    }
  });

  it('says that the file is gone, and what it does not know', async () => {
    const { fields, summary } = await ask(cluster(undefined), 'kubernetes.hashringConfig');
    expect(fields).toMatchObject({ exists: false, parses: null, valid: null, matchesDesired: false, desiredValid: true });
    expect(summary).toContain('any that restarts cannot start');
    const unknown = cluster(GOOD, undefined);
    unknown.desiredState.find = () => Promise.resolve(undefined);
    expect(await judged(unknown)).toMatchObject({ desiredKnown: false, matchesDesired: null, desiredValid: null });
  });
});

describe('thanos.hashring', () => {
  const asked = (looks: Array<Array<string | undefined>>, lives: Array<'ready' | 'crashing' | 'starting'> = ['ready', 'ready', 'ready']) => {
    const access = accessWith();
    access.kubernetes.put(statefulSet(), ...lives.map((life, ordinal) => pod({ ordinal, life })));
    looks.forEach((pages, ordinal) => {
      let look = 0;
      if (pages[0] !== undefined) access.kubernetes.pages[`thanos-receive-${ordinal} /metrics`] = () => pages[Math.min(look++, pages.length - 1)]!;
    });
    return ask(access, 'thanos.hashring');
  };

  it('sees one ring', async () => {
    const { fields, summary, table } = await asked([[ringPage()], [ringPage()], [ringPage()]]);
    expect(fields).toMatchObject({ answering: 3, silent: [], oneHashring: true, nodes: 3, mostNodes: 3, fileErrors: 0, fileErrorsRising: false, replicationFactor: 3, oneReplicationFactor: true, tenantRings: 0, changeSpreadSeconds: 0, windowSeconds: 5 });
    expect(summary).toBe('3 receivers go by one ring of 3 members.');
    expect(table?.rows).toHaveLength(3);
  });

  it('sees different rings, files that cannot be used, different factors', async () => {
    const { fields, summary } = await asked([[ringPage({ hash: 1, nodes: 3 })], [ringPage({ hash: 2, nodes: 4, changed: 1_772_333_000 })], [ringPage({ hash: 1, errors: 2, factor: 2 }), ringPage({ hash: 1, errors: 3, factor: 2 })]]);
    expect(fields).toMatchObject({ oneHashring: false, nodes: 3, mostNodes: 4, fileErrors: 3, fileErrorsRising: true, oneReplicationFactor: false, replicationFactor: 3 });
    expect(summary).toBe('3 receivers go by different rings of 3 to 4 members; their file could not be used 3 times.');
  });

  it('asks receivers that run and are not ready, and goes on without one that does not answer', async () => {
    expect((await asked([[ringPage()], [ringPage({ tenants: 2 })], [undefined]], ['ready', 'starting', 'ready'])).fields).toMatchObject({ answering: 2, silent: ['thanos-receive-2'], tenantRings: 1 });
    await expect(asked([[undefined]], ['ready'])).rejects.toThrow(/nothing answers/);
    expect((await asked([], ['crashing'])).fields).toMatchObject({ answering: 0, oneHashring: null, nodes: null });
  });
});

