import { hashringConfigMap, receivers, ring } from '../../support/hashring-objects';
import { accessWith, killSwitch, NAMESPACE, type PodLife, type TestAccess } from '../../support/pipeline-objects';
import { execute, executeAll, forged, plan, planned, type ExecuteOptions } from './harness';

const RESTORE = 'kubernetes.restoreHashring';
const TARGETS = ['hashring', 'receiver'];
const MEMBER = (ordinal: number, port = 10901) => `thanos-receive-${ordinal}.thanos-receive.monitoring.svc.cluster.local:${port}`;
const GOOD = ring([MEMBER(0), MEMBER(1), MEMBER(2)]);
const WRONG_PORT = ring([MEMBER(0), MEMBER(1), MEMBER(2, 19291)]);
const TRUNCATED = '[{"hashring":"default",';
const TOO_SMALL = ring([MEMBER(0), MEMBER(1)]);

interface Scene {
  file?: string;
  desired?: string;
  lives?: PodLife[];
  flags?: string[];
}

function cluster({ file = WRONG_PORT, desired = GOOD, lives = ['ready', 'ready', 'ready'], flags = [] }: Scene = {}): TestAccess {
  const access = accessWith({}, { 'ConfigMap thanos-receive-hashring': hashringConfigMap(desired) });
  access.kubernetes.put(killSwitch('true'), hashringConfigMap(file), ...receivers({ lives, flags }));
  return access;
}

const restore = (access: TestAccess) => planned(access, RESTORE, {}, TARGETS);
const run = (access: TestAccess, of: Parameters<typeof execute>[1], options: ExecuteOptions = {}) => execute(access, of, { targets: TARGETS, ...options });
const fileOf = (access: TestAccess) => (access.kubernetes.find({ kind: 'ConfigMap', namespace: NAMESPACE, name: 'thanos-receive-hashring' })!['data'] as Record<string, string>)['hashring.json'];

describe('kubernetes.restoreHashring', () => {
  it('is safe where every receiver was started with ketama: nothing flushes', async () => {
    const made = await restore(cluster({ flags: ['--receive.hashrings-algorithm=ketama'] }));
    expect(made).toMatchObject({ risk: 'safe', desiredState: 'manifests directory (thanos-receive-hashring.yaml)', blastRadius: { pods: [], quorum: { readyBefore: 3, readyDuring: 3, needed: 2 } }, steps: [{ action: 'patch', changes: [{ path: '/data/hashring.json', old: WRONG_PORT, new: GOOD }] }], inverse: [{ action: 'patch' }] });
    expect(made.gates.map(({ gate, passed }) => [gate, passed])).toEqual([['owner', true], ['hashring', true]]);
  });

  it('is disruptive otherwise, whatever the file says: all flush at once', async () => {
    const made = await restore(cluster());
    expect(made).toMatchObject({ risk: 'disruptive', blastRadius: { quorum: { readyDuring: 0 }, text: { en: expect.stringContaining('flush their heads') } } });
    await expect(run(cluster(), made, { decisions: [] })).rejects.toMatchObject({ type: 'NotAuthorized' });
  });

  it('is safe where no receiver ever took up the wrong file', async () => {
    expect(await restore(cluster({ file: TRUNCATED }))).toMatchObject({ risk: 'safe', blastRadius: { quorum: { readyDuring: 3 } } });
  });

  it('restores the file, then evicts those that broke on it; once', async () => {
    const access = cluster({ file: TOO_SMALL, lives: ['crashing', 'crashing', 'crashing'] });
    const made = await restore(access);
    expect(made.steps.map(({ action, object }) => `${action} ${object.name}`)).toEqual(['patch thanos-receive-hashring', 'evict thanos-receive-0', 'evict thanos-receive-1', 'evict thanos-receive-2']);
    expect(made.risk).toBe('disruptive');
    for (const { id } of made.steps) await run(access, made, { step: id });
    expect(fileOf(access)).toBe(GOOD);
    const again = [];
    for (const { id } of made.steps) again.push((await run(access, made, { step: id })).result);
    expect(again).toEqual(['unchanged', 'unchanged', 'unchanged', 'unchanged']);
    expect(access.kubernetes.writes).toHaveLength(4);
  });

  it.each<[string, Scene, string]>([
    ['of a ring that is too small itself', { desired: TOO_SMALL }, 'fewer than the replication factor'],
    ['of a ring that is no JSON itself', { desired: TRUNCATED }, 'is no JSON'],
    ['of a ring whose members are not there', { lives: ['ready', 'ready'] }, 'do not exist yet'],
    ['of a ring at the write port', { file: GOOD, desired: WRONG_PORT }, "another port than gRPC's"],
  ])('refuses the pre-flight %s', async (_, scene, why) => {
    const result = await plan(cluster(scene), RESTORE, {}, TARGETS);
    expect(result).toMatchObject({ kind: 'refused', gates: [{ gate: 'hashring', passed: false }], reason: { en: expect.stringContaining(why) } });
  });

  it('judges the ring again before it writes', async () => {
    const access = cluster();
    const made = await restore(access);
    access.kubernetes.put(...receivers({ lives: ['ready', 'ready', 'ready'], factor: 4 }));
    await expect(run(access, made)).rejects.toMatchObject({ type: 'GateRefused', message: expect.stringContaining('hashring') });
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('has nothing to do, or nothing to go by', async () => {
    expect(await plan(cluster({ file: GOOD }), RESTORE, {}, TARGETS)).toMatchObject({ kind: 'unneeded' });
    const gone = cluster();
    gone.kubernetes.objects = gone.kubernetes.objects.filter(({ metadata }) => metadata.name !== 'thanos-receive-hashring');
    expect(await plan(gone, RESTORE, {}, TARGETS)).toMatchObject({ kind: 'refused', gates: [{ gate: 'exists' }] });
    const unknown = cluster();
    unknown.desiredState.find = () => Promise.resolve(undefined);
    expect(await plan(unknown, RESTORE, {}, TARGETS)).toMatchObject({ kind: 'refused', gates: [{ gate: 'desiredState' }] });
  });

  it('is not made to write something else, elsewhere, or to evict what is well', async () => {
    const access = cluster({ file: TOO_SMALL, lives: ['crashing', 'ready', 'ready'] });
    const made = await restore(access);
    const [patch, evict] = made.steps as [Extract<(typeof made.steps)[number], { action: 'patch' }>, (typeof made.steps)[number]];
    const change = patch.changes[0]!;
    const hostile = [
      [{ ...patch, changes: [{ ...change, new: ring([MEMBER(0), MEMBER(1), '203.0.113.9:10901']) }] }],
      [{ ...patch, changes: [{ ...change, path: '/data/other.json' }] }],
      [{ ...patch, changes: [change, { path: '/data/x', new: 'y' }] }],
      [{ ...patch, object: { ...patch.object, name: 'nightshift-automation' } }],
      [{ ...patch, object: { ...patch.object, namespace: 'kube-system' } }],
      [{ ...patch, object: { ...patch.object, kind: 'Secret' } }],
      [evict],
      [patch, { ...evict, object: { ...evict.object, name: 'prometheus-agent-0' } }],
    ];
    for (const steps of hostile) await expect(run(access, forged(made, { steps }))).rejects.toMatchObject({ type: 'NotAuthorized' });
    const healthy = { ...evict, object: { ...evict.object, name: 'thanos-receive-1', uid: 'uid-thanos-receive-1' } };
    await expect(run(access, forged(made, { steps: [patch, healthy] }))).rejects.toMatchObject({ type: 'GateRefused', message: expect.stringContaining('only broken pods') });
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('is undone only towards a ring that receivers start with', async () => {
    const access = cluster({ file: ring([MEMBER(2), MEMBER(1), MEMBER(0)]) });
    const made = await restore(access);
    await run(access, made);
    expect((await run(access, made, { direction: 'undo' })).result).toBe('patched');
    const bad = cluster({ file: TOO_SMALL });
    const other = await restore(bad);
    await run(bad, other);
    await expect(run(bad, other, { direction: 'undo' })).rejects.toMatchObject({ type: 'GateRefused', message: expect.stringContaining('fewer than the replication factor') });
    expect(fileOf(bad)).toBe(GOOD);
  });
});

describe('kubernetes.restoreReplicas', () => {
  const SCALE = 'kubernetes.restoreReplicas';
  const scaled = (now: number, wanted: number | null = 3): TestAccess => {
    const desired = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'thanos-receive', namespace: NAMESPACE }, spec: { ...(wanted !== null && { replicas: wanted }) } };
    const access = accessWith({}, { 'StatefulSet thanos-receive': desired });
    access.kubernetes.put(killSwitch('true'), ...receivers({ lives: Array.from({ length: now }, () => 'ready' as const) }));
    return access;
  };
  const back = (access: TestAccess) => planned(access, SCALE, { target: 'receiver' }, ['receiver']);

  it('brings members back, once, with approval', async () => {
    const access = scaled(2);
    const made = await back(access);
    expect(made).toMatchObject({ risk: 'disruptive', blastRadius: { pods: [] }, steps: [{ action: 'patch', changes: [{ path: '/spec/replicas', old: 2, new: 3 }] }] });
    await expect(execute(access, made, { targets: ['receiver'], decisions: [] })).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect(await executeAll(access, made)).toEqual(['patched']);
    expect(await executeAll(access, made)).toEqual(['unchanged']);
  });

  it('never takes one away, and needs to know how many there should be', async () => {
    expect(await plan(scaled(3), SCALE, { target: 'receiver' })).toMatchObject({ kind: 'unneeded' });
    expect(await plan(scaled(5), SCALE, { target: 'receiver' })).toMatchObject({ kind: 'refused', gates: [{ gate: 'onlyUpward' }] });
    expect(await plan(scaled(2, null), SCALE, { target: 'receiver' })).toMatchObject({ kind: 'refused', gates: [{ gate: 'desiredState' }] });
    const access = scaled(2);
    const made = await back(access);
    const [step] = made.steps as [Extract<(typeof made.steps)[number], { action: 'patch' }>];
    for (const changes of [[{ path: '/spec/replicas', old: 2, new: 0 }], [{ path: '/spec/replicas', old: 2, new: 9 }], [...step.changes, { path: '/spec/paused', new: true }]]) {
      await expect(execute(access, forged(made, { steps: [{ ...step, changes }] }), { targets: ['receiver'] })).rejects.toMatchObject({ type: 'NotAuthorized' });
    }
    await expect(execute(access, forged(made, { steps: [{ ...step, object: { ...step.object, name: 'prometheus-agent' } }] }), { targets: ['receiver'] })).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('is not undone where that would break the quorum', async () => {
    const access = scaled(1);
    const made = await back(access);
    await execute(access, made);
    access.kubernetes.put(...receivers({ lives: ['ready', 'ready', 'ready'] }).filter(({ kind }) => kind === 'Pod'));
    await expect(execute(access, made, { direction: 'undo' })).rejects.toMatchObject({ type: 'GateRefused', message: expect.stringContaining('quorum') });
  });
});
