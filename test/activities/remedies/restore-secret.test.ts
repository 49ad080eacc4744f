import type { KubernetesObject } from '../../../activities/kubernetes/gateway';
import { failure, type Plan, type PlannedStep } from '../../../workflows/contracts';
import { accessWith, claim, killSwitch, NAMESPACE, pod, receiverWithClaim, statefulSet, statsSummary, storageClass, storageMetrics, type TestAccess } from '../../support/pipeline-objects';
import { execute, forged, plan, planned } from './harness';

const RESTORE = 'kubernetes.restoreSecret';
const TARGETS = ['receiver', 'objectStore', 'agent'];
/** Values that may be nowhere but in the cluster and in the desired state. */
const PLANTED = { wrong: 'pl4nted-wr0ng-k3y', right: 'pl4nted-r1ght-k3y' };
const SECRET = { kind: 'Secret', namespace: NAMESPACE, name: 'thanos-objstore-secret' };
const COPY = { ...SECRET, name: 'thanos-objstore-secret-nightshift-copy' };

const configuration = (key: string) => `type: S3\nconfig:\n  bucket: thanos\n  endpoint: s3:8333\n  secret_key: ${key}\n`;
const encoded = (text: string) => Buffer.from(text).toString('base64');
const secret = (key: string, change: object = {}): KubernetesObject => ({
  apiVersion: 'v1', kind: 'Secret', metadata: { name: SECRET.name, namespace: NAMESPACE, uid: 'uid-secret', resourceVersion: '9' }, type: 'Opaque', data: { 'objstore.yml': encoded(configuration(key)) }, ...change,
});
const manifest = (file = configuration(PLANTED.right)): KubernetesObject => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: SECRET.name, namespace: NAMESPACE }, stringData: { 'objstore.yml': file } });

function cluster(live: KubernetesObject | undefined = secret(PLANTED.wrong), desired: KubernetesObject | undefined = manifest(), used = 0.5): TestAccess {
  const access = accessWith({}, desired ? { [`Secret ${SECRET.name}`]: desired } : {});
  access.kubernetes.put(killSwitch('true'), statefulSet(), storageClass(true), ...(live ? [live] : []));
  for (const ordinal of [0, 1, 2]) {
    access.kubernetes.put(receiverWithClaim({ ordinal }), claim({ ordinal }));
    access.kubernetes.pages[`node-${ordinal} /stats/summary`] = statsSummary({ [`data-thanos-receive-${ordinal}`]: used });
    access.kubernetes.pages[`thanos-receive-${ordinal} /metrics`] = storageMetrics();
  }
  return access;
}

const run = (access: TestAccess, of: Plan, step: string, direction: 'do' | 'undo' = 'do') => execute(access, of, { step, targets: TARGETS, direction });
const stored = (access: TestAccess, of: { kind: string; namespace: string; name: string } = SECRET) => Buffer.from(((access.kubernetes.find(of)?.['data'] ?? {}) as Record<string, string>)['objstore.yml'] ?? '', 'base64').toString();
/** Its controller has made the pod again. */
const again = (access: TestAccess, ordinal: number, life: 'ready' | 'starting' | 'crashing' = 'ready') => access.kubernetes.put(receiverWithClaim({ ordinal, life, uid: `uid-new-${ordinal}`, created: '2026-03-01T03:01:00Z' }));

describe('kubernetes.restoreSecret', () => {
  it('plans a copy, the values of the desired state by digests, and one receiver after the other', async () => {
    const made = await planned(cluster(), RESTORE, {}, TARGETS);
    expect(made.steps.map(({ id }) => id)).toEqual(['keep-secret', 'fill-secret', 'evict-thanos-receive-2', 'evict-thanos-receive-1', 'evict-thanos-receive-0']);
    expect(made).toMatchObject({ risk: 'disruptive', desiredState: 'manifests directory (thanos-objstore-secret.yaml)', blastRadius: { quorum: { readyBefore: 3, readyDuring: 2, needed: 2, members: 3 } } });
    expect(made.steps[1]).toMatchObject({ from: 'desiredState', keys: [{ key: 'objstore.yml', old: expect.stringMatching(/^hmac-sha256:/), new: expect.stringMatching(/^hmac-sha256:/) }] });
    expect(made.inverse).toMatchObject([{ action: 'fillSecret', from: { copy: COPY.name } }]);
  });

  it('a receiver that cannot mount it uses the disruption budget up: the others wait for it, and the plan stands', async () => {
    const access = cluster();
    again(access, 2, 'starting');
    access.kubernetes.before = (call) => {
      if (call.startsWith('evict')) throw failure('RateLimited', 'Cannot evict pod as it would violate the pod’s disruption budget.');
    };
    const made = await planned(access, RESTORE, {}, TARGETS);
    expect(made.steps.map(({ id }) => id)).toEqual(['keep-secret', 'fill-secret', 'evict-thanos-receive-2', 'evict-thanos-receive-1', 'evict-thanos-receive-0']);
    expect(made.dryRun.at(-1)).toContain('waits until the steps before it have made some');
  });

  it('shows no value anywhere: not in plan, diff, dry run, results, refusals', async () => {
    const access = cluster();
    const said: unknown[] = [];
    const made = await planned(access, RESTORE, {}, TARGETS);
    said.push(made);
    for (const id of ['keep-secret', 'fill-secret', 'fill-secret', 'keep-secret']) said.push(await run(access, made, id));
    said.push(await run(access, made, 'undo-fill-secret', 'undo'));
    access.kubernetes.put(secret('somebody-elses-pl4nted'));
    said.push(await run(access, made, 'fill-secret').catch((error: Error) => [error.message, JSON.stringify(error)]));
    said.push(await plan(cluster(undefined, manifest('{ pl4nted: not closed')), RESTORE, {}, TARGETS));
    const text = JSON.stringify(said);
    for (const value of [PLANTED.wrong, PLANTED.right, 'pl4nted', encoded(configuration(PLANTED.wrong)), encoded(configuration(PLANTED.right))]) expect(text).not.toContain(value);
  });

  it('fills it once, keeps what it held, and puts that back', async () => {
    const access = cluster();
    const made = await planned(access, RESTORE, {}, TARGETS);
    expect((await run(access, made, 'keep-secret')).result).toBe('created');
    expect((await run(access, made, 'keep-secret')).result).toBe('unchanged');
    expect((await run(access, made, 'fill-secret')).result).toBe('patched');
    expect((await run(access, made, 'fill-secret')).result).toBe('unchanged');
    expect(stored(access)).toBe(configuration(PLANTED.right));
    expect(stored(access, COPY)).toBe(configuration(PLANTED.wrong));
    expect((await run(access, made, 'undo-fill-secret', 'undo')).result).toBe('patched');
    expect(stored(access)).toBe(configuration(PLANTED.wrong));
    expect(access.kubernetes.writes).toEqual(['create Secret monitoring/thanos-objstore-secret-nightshift-copy', 'patch Secret monitoring/thanos-objstore-secret', 'patch Secret monitoring/thanos-objstore-secret']);
  });

  it('overwrites the copy of an earlier plan, but no Secret that somebody else has called so', async () => {
    const access = cluster();
    access.kubernetes.put({ ...secret('old'), metadata: { name: COPY.name, namespace: NAMESPACE, uid: 'uid-copy', labels: { 'app.kubernetes.io/managed-by': 'nightshift' } } });
    const made = await planned(access, RESTORE, {}, TARGETS);
    expect((await run(access, made, 'keep-secret')).result).toBe('patched');
    expect(stored(access, COPY)).toBe(configuration(PLANTED.wrong));
    const foreign = cluster();
    foreign.kubernetes.put({ ...secret('theirs'), metadata: { name: COPY.name, namespace: NAMESPACE, uid: 'uid-theirs' } });
    await expect(plan(foreign, RESTORE, {}, TARGETS)).rejects.toMatchObject({ type: 'Conflict' });
  });

  it('makes a missing Secret, and removes it again only while it is Nightshift’s alone', async () => {
    const access = cluster(undefined);
    access.kubernetes.objects = access.kubernetes.objects.filter(({ kind }) => kind !== 'Secret');
    const made = await planned(access, RESTORE, {}, TARGETS);
    expect(made.steps[0]).toMatchObject({ id: 'fill-secret', action: 'fillSecret' });
    expect(await run(access, made, 'fill-secret')).toMatchObject({ result: 'created', uid: 'uid-thanos-objstore-secret-new' });
    expect(await run(access, made, 'fill-secret')).toMatchObject({ result: 'unchanged', uid: 'uid-thanos-objstore-secret-new' });
    expect(stored(access)).toBe(configuration(PLANTED.right));
    const mine = access.kubernetes.find(SECRET)!;
    access.kubernetes.put({ ...mine, metadata: { ...mine.metadata, managedFields: [{ manager: 'nightshift' }, { manager: 'kubectl' }] } });
    await expect(run(access, made, 'undo-fill-secret', 'undo')).rejects.toMatchObject({ type: 'GateRefused' });
    access.kubernetes.put(mine);
    expect((await run(access, made, 'undo-fill-secret', 'undo')).result).toBe('deleted');
  });

  it('replaces the next receiver only when the one before is ready again', async () => {
    const access = cluster();
    const made = await planned(access, RESTORE, {}, TARGETS);
    for (const id of ['keep-secret', 'fill-secret', 'evict-thanos-receive-2']) await run(access, made, id);
    await expect(run(access, made, 'evict-thanos-receive-1')).rejects.toMatchObject({ type: 'NotYetConverged', message: expect.stringContaining('thanos-receive-2') });
    again(access, 2, 'starting');
    await expect(run(access, made, 'evict-thanos-receive-1')).rejects.toMatchObject({ type: 'NotYetConverged' });
    again(access, 2);
    expect((await run(access, made, 'evict-thanos-receive-1')).result).toBe('evicted');
    // Asked again after a lost answer, it has gone: nothing happens twice.
    expect((await run(access, made, 'evict-thanos-receive-1')).result).toBe('unchanged');
    expect(made.steps.filter(({ action }) => action === 'evict').every(({ patienceMs = 0 }) => patienceMs >= 10 * 60_000)).toBe(true);
  });

  it('stops at the first receiver that does not come up, or that cannot upload with the restored values', async () => {
    for (const spoil of [
      (access: TestAccess) => again(access, 2, 'crashing'),
      (access: TestAccess) => {
        again(access, 2);
        access.kubernetes.pages['thanos-receive-2 /metrics'] = storageMetrics({ syncs: 0, failures: 2, operations: { exists: 2 } });
      },
    ]) {
      const access = cluster();
      const made = await planned(access, RESTORE, {}, TARGETS);
      for (const id of ['keep-secret', 'fill-secret', 'evict-thanos-receive-2']) await run(access, made, id);
      spoil(access);
      await expect(run(access, made, 'evict-thanos-receive-1')).rejects.toMatchObject({ type: 'GateRefused' });
      expect(access.kubernetes.writes.filter((write) => write.startsWith('evict'))).toEqual(['evict Pod monitoring/thanos-receive-2']);
    }
  });

  it('is refused where another member is down and the quorum would break', async () => {
    const access = cluster();
    const made = await planned(access, RESTORE, {}, TARGETS);
    for (const id of ['keep-secret', 'fill-secret']) await run(access, made, id);
    access.kubernetes.put(pod({ ordinal: 0, life: 'crashing' }));
    await expect(run(access, made, 'evict-thanos-receive-2')).rejects.toMatchObject({ type: 'GateRefused', message: expect.stringContaining('quorum') });
  });

  it('replaces only receivers that were started before when the Secret is right already', async () => {
    const managedFields = [{ manager: 'kubectl', operation: 'Update', time: '2026-02-15T00:00:00Z', fieldsV1: { 'f:data': {} } }];
    const live = secret(PLANTED.right);
    const access = cluster({ ...live, metadata: { ...live.metadata, managedFields } });
    again(access, 1);
    expect((await planned(access, RESTORE, {}, TARGETS)).steps.map(({ id }) => id)).toEqual(['evict-thanos-receive-2', 'evict-thanos-receive-0']);
    expect(await plan(cluster(secret(PLANTED.right)), RESTORE, {}, TARGETS)).toMatchObject({ kind: 'unneeded' });
  });

  it('makes room first where a receiver might not start', async () => {
    const access = cluster(undefined, undefined, 0.97);
    const made = await planned(access, RESTORE, {}, TARGETS);
    expect(made.steps.slice(0, 4).map(({ id }) => id)).toEqual(['grow-data-thanos-receive-0', 'grow-data-thanos-receive-1', 'grow-data-thanos-receive-2', 'keep-secret']);
    for (const { id } of made.steps.slice(0, 5)) await run(access, made, id);
    await expect(run(access, made, 'evict-thanos-receive-2')).rejects.toMatchObject({ type: 'NotYetConverged', message: expect.stringContaining('has not grown') });
    for (const ordinal of [0, 1, 2]) access.kubernetes.put(claim({ ordinal, size: '200Gi' }));
    expect((await run(access, made, 'evict-thanos-receive-2')).result).toBe('evicted');
    expect((await run(access, made, 'undo-fill-secret', 'undo')).result).toBe('patched');
  });

  it.each([
    ['nothing says how it should be', undefined, 'desiredState'],
    ['a placeholder', manifest('type: S3\nconfig: { secret_key: "${S3_KEY}" }'), 'content'],
    ['an encrypted value', manifest('type: ENC[AES256_GCM,data:x]\nconfig: {}'), 'content'],
    ['no configuration', manifest('hello'), 'content'],
  ] as const)('is refused for %s', async (_, desired, gate) => {
    const access = desired ? cluster(secret(PLANTED.wrong), desired) : accessWith();
    if (!desired) access.kubernetes.put(killSwitch('true'), statefulSet(), secret(PLANTED.wrong), pod({ ordinal: 0 }));
    expect(await plan(access, RESTORE, {}, TARGETS)).toMatchObject({ kind: 'refused', gates: [{ gate, passed: false }] });
  });

  it('does nothing else, whatever a plan says', async () => {
    const access = cluster();
    access.kubernetes.put({ ...secret('theirs'), metadata: { name: 'other', namespace: NAMESPACE, uid: 'uid-other' } });
    access.kubernetes.put(pod({ workload: 'prometheus-agent', ordinal: 0 }), statefulSet({ workload: 'prometheus-agent', replicas: 1 }));
    const made = await planned(access, RESTORE, {}, TARGETS);
    const [keep, fill, evict] = made.steps as [Extract<PlannedStep, { action: 'keepSecret' }>, Extract<PlannedStep, { action: 'fillSecret' }>, PlannedStep];
    const hostile: PlannedStep[][] = [
      // A stranger's Secret copied to where Nightshift may read, or overwritten.
      [{ ...keep, copyOf: { name: 'other', uid: 'uid-other' } }],
      [{ ...keep, object: { ...keep.object, name: 'elsewhere' } }],
      [{ ...fill, object: { ...fill.object, name: 'other', uid: 'uid-other' } }],
      [{ ...fill, from: { copy: 'other' } }],
      [{ ...fill, keys: [{ ...fill.keys[0]!, new: 'hmac-sha256:00' }] }],
      [fill, { ...fill, id: 'two' }],
      // Pods before the Secret is right, or of somebody else.
      [evict, keep, fill],
      [fill, { ...evict, object: { ...evict.object, name: 'prometheus-agent-0', uid: 'uid-prometheus-agent-0' } }],
      [{ id: 'x', action: 'create', object: fill.object, manifest: { kind: 'Secret' }, reason: fill.reason }],
    ];
    for (const steps of hostile) await expect(execute(access, forged(made, { steps }), { targets: TARGETS })).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect(access.kubernetes.writes).toEqual([]);
  });
});

describe('kubernetes.restoreSecret for the store gateways', () => {
  const ROLES = ['store', 'receiver', 'objectStore', 'agent'];

  /** The first store has been running for longer, the second could not start. */
  function stores(): TestAccess {
    const access = cluster();
    access.config.targets['store'] = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: NAMESPACE, name: 'thanos-store', ports: { metrics: 10902 } };
    access.kubernetes.put(statefulSet({ workload: 'thanos-store', replicas: 2 }), pod({ ordinal: 0, workload: 'thanos-store' }), pod({ ordinal: 1, workload: 'thanos-store', life: 'crashing' }));
    return access;
  }

  it('replaces those that are not ready, and neither a ready one nor a receiver', async () => {
    const access = stores();
    const made = await planned(access, RESTORE, { readers: 'store' }, ROLES);
    expect(made.steps.map(({ id }) => id)).toEqual(['keep-secret', 'fill-secret', 'evict-thanos-store-1']);
    expect(made.blastRadius).toMatchObject({ pods: ['thanos-store-1'], text: { en: expect.not.stringContaining('503') } });
    expect(made.blastRadius).not.toHaveProperty('quorum');
    expect(made.ifNothingIsDone.en).toContain('thanos-store');
    for (const { id } of made.steps) await execute(access, made, { step: id, targets: ROLES });
    expect(stored(access)).toBe(configuration(PLANTED.right));
    expect(access.kubernetes.writes.at(-1)).toBe(`evict Pod ${NAMESPACE}/thanos-store-1`);
  });
});
