import { ringHash } from '../../../activities/kubernetes/remedies/replace-strays';
import { hashringConfigMap, receivers, ring, ringPage } from '../../support/hashring-objects';
import { accessWith, killSwitch, NOW, type TestAccess } from '../../support/pipeline-objects';
import { execute, forged, plan, planned } from './harness';

const REPLACE = 'kubernetes.replaceStrays';
const TARGETS = ['receiver', 'hashring'];
const address = (ordinal: number) => `thanos-receive-${ordinal}.thanos-receive.monitoring.svc.cluster.local:10901`;
const RING = ring([0, 1, 2].map(address));
const OLD = ring([0, 1].map(address));
const LONG_AGO = Date.parse(NOW) / 1_000 - 3_600;

interface Shape {
  file?: string;
  desired?: string;
  /** The file that each receiver goes by; `null`: it does not say. */
  runs?: Array<string | null>;
  changed?: number;
  lives?: Array<'ready' | 'crashing'>;
}

function cluster({ file = RING, desired = RING, runs = [RING, RING, OLD], changed = LONG_AGO, lives = ['ready', 'ready', 'ready'] }: Shape = {}): TestAccess {
  const access = accessWith({}, { 'ConfigMap thanos-receive-hashring': hashringConfigMap(desired) });
  access.kubernetes.put(killSwitch('true'), hashringConfigMap(file), ...receivers({ lives }));
  runs.forEach((by, ordinal) => {
    if (by !== null) access.kubernetes.pages[`thanos-receive-${ordinal} /metrics`] = ringPage({ hash: ringHash(by), changed });
  });
  return access;
}

const planOf = (access: TestAccess) => plan(access, REPLACE, {}, TARGETS);

it('names a file as Thanos does', () => {
  // Measured on 0.42.4: this is the file of a lab, and the hash that its receivers gave it.
  const endpoint = (ordinal: number) => `      { "address": "${address(ordinal)}" }`;
  const file = `[\n  {\n    "hashring": "default",\n    "algorithm": "ketama",\n    "endpoints": [\n${[0, 1, 2].map(endpoint).join(',\n')}\n    ]\n  }\n]\n`;
  expect(ringHash(file)).toBe(230_791_967_132_509);
  expect(ringHash('', 'md5')).toBe(Buffer.from('d41d8cd98f00', 'hex').readUIntLE(0, 6));
});

it('knows a file by either hash', async () => {
  const access = cluster({ runs: [RING, OLD, OLD] });
  access.kubernetes.pages['thanos-receive-1 /metrics'] = ringPage({ hash: ringHash(RING, 'md5'), changed: LONG_AGO });
  expect((await planned(access, REPLACE, {}, TARGETS)).steps.map(({ object }) => object.name)).toEqual(['thanos-receive-2']);
});

describe('kubernetes.replaceStrays', () => {
  it('replaces the one that goes by another ring, and no other', async () => {
    const access = cluster();
    const made = await planned(access, REPLACE, {}, TARGETS);
    expect(made.steps.map(({ action, object }) => `${action} ${object.name}`)).toEqual(['evict thanos-receive-2']);
    expect(made).toMatchObject({ risk: 'disruptive', inverse: [], blastRadius: { quorum: { readyBefore: 3, readyDuring: 2, needed: 2 } } });
    expect((await execute(access, made, { targets: TARGETS })).result).toBe('evicted');
    expect(access.kubernetes.writes).toHaveLength(1);
  });

  it('leaves alone whoever does not say by which ring it goes', async () => {
    expect(await planOf(cluster({ runs: [RING, RING, null] }))).toMatchObject({ kind: 'unneeded' });
  });

  it.each<[string, Shape, string, RegExp]>([
    ['the ConfigMap is not as desired', { file: OLD, runs: [RING, RING, OLD] }, 'hashring', /is not what manifests/],
    ['the ring does not pass the pre-flight', { file: OLD, desired: OLD, runs: [OLD, RING, RING] }, 'hashring', /Restore it first/],
    ['no receiver runs with it', { runs: [OLD, OLD, null] }, 'proven', /nothing shows that one would/],
    ['it was taken up a minute ago', { changed: Date.parse(NOW) / 1_000 - 60 }, 'settled', /by themselves within 360 s/],
    ['another member is away', { lives: ['crashing', 'ready', 'ready'], runs: [null, RING, OLD] }, 'quorum', /below their write quorum/],
  ])('is refused where %s', async (_name, shape, gate, reason) => {
    const refused = await planOf(cluster(shape));
    if (refused.kind !== 'refused') throw new Error(refused.kind);
    expect(refused.gates.filter(({ passed }) => !passed).map((item) => item.gate)).toContain(gate);
    expect(refused.gates.find((item) => item.gate === gate)?.reason.en).toMatch(reason);
  });

  it('does not evict one that has taken up the ring in the meantime, nor one that was put into the plan', async () => {
    const access = cluster();
    const made = await planned(access, REPLACE, {}, TARGETS);
    access.kubernetes.pages['thanos-receive-2 /metrics'] = ringPage({ hash: ringHash(RING), changed: LONG_AGO });
    await expect(execute(access, made, { targets: TARGETS })).rejects.toMatchObject({ type: 'GateRefused' });
    const [step] = made.steps;
    const healthy = { ...step!, id: 'evict-thanos-receive-0', object: { ...step!.object, name: 'thanos-receive-0', uid: 'uid-thanos-receive-0' } };
    const again = cluster();
    const wrong = forged(made, { steps: [healthy] });
    await expect(execute(again, wrong, { targets: TARGETS })).rejects.toMatchObject({ type: expect.stringMatching(/GateRefused|Conflict|NotAuthorized/) });
    expect([...access.kubernetes.writes, ...again.kubernetes.writes]).toEqual([]);
  });
});
