import { accessWith, claim, killSwitch, receiverWithClaim, statefulSet, statsSummary, storageClass, type ClaimShape, type TestAccess } from '../../support/pipeline-objects';
import { execute, executeAll, forged, plan, planned } from './harness';

const GROW = 'kubernetes.growVolumes';
const INPUT = { target: 'receiver' };

interface World {
  used?: [number, number, number];
  claims?: Partial<ClaimShape>;
  expandable?: boolean;
}

function cluster({ used = [0.98, 0.97, 0.5], claims = {}, expandable = true }: World = {}): TestAccess {
  const access = accessWith();
  access.kubernetes.put(killSwitch('true'), statefulSet(), storageClass(expandable));
  for (const ordinal of [0, 1, 2]) {
    access.kubernetes.put(receiverWithClaim({ ordinal }), claim({ ordinal, ...claims }));
    access.kubernetes.pages[`node-${ordinal} /stats/summary`] = statsSummary({ [`data-thanos-receive-${ordinal}`]: used[ordinal]! });
  }
  return access;
}

describe('kubernetes.growVolumes', () => {
  it('doubles the filled volumes only, and says that it cannot be undone', async () => {
    const made = await planned(cluster(), GROW, INPUT);
    expect(made).toMatchObject({
      risk: 'disruptive', inverse: [], blastRadius: { pods: [], text: { en: expect.stringContaining('Cannot be undone') } },
      steps: [
        { action: 'patch', object: { kind: 'PersistentVolumeClaim', name: 'data-thanos-receive-0', uid: 'uid-claim-0' }, changes: [{ path: '/spec/resources/requests/storage', old: '100Gi', new: '200Gi' }] },
        { object: { name: 'data-thanos-receive-1' } },
      ],
    });
    expect(made.steps).toHaveLength(2);
  });

  it('needs an approval, grows each once, and plans nothing while they grow', async () => {
    const access = cluster();
    const made = await planned(access, GROW, INPUT);
    await expect(execute(access, made, { decisions: [] })).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect(await executeAll(access, made)).toEqual(['patched', 'patched']);
    expect(await executeAll(access, made)).toEqual(['unchanged', 'unchanged']);
    expect(access.kubernetes.writes).toEqual(['patch PersistentVolumeClaim monitoring/data-thanos-receive-0', 'patch PersistentVolumeClaim monitoring/data-thanos-receive-1']);
    // The driver has not grown them yet: status.capacity is what it was.
    expect(await plan(access, GROW, INPUT)).toMatchObject({ kind: 'unneeded', reason: { en: expect.stringContaining('grows already') } });
  });

  it('is refused where the storage class does not let claims grow, or cannot be seen', async () => {
    expect(await plan(cluster({ expandable: false }), GROW, INPUT)).toMatchObject({ kind: 'refused', reason: { en: expect.stringContaining('allowVolumeExpansion') } });
    expect(await plan(cluster({ claims: { storageClass: 'other' } }), GROW, INPUT)).toMatchObject({ kind: 'refused' });
  });

  it('is refused beyond the limit, for a claim without a volume, and where nobody says how full they are', async () => {
    expect(await plan(cluster(), GROW, { ...INPUT, most: '150Gi' })).toMatchObject({ kind: 'refused', gates: expect.arrayContaining([expect.objectContaining({ gate: 'limit', passed: false })]) });
    const loose = cluster();
    loose.kubernetes.put({ ...claim({ ordinal: 0 }), status: { phase: 'Pending' } });
    expect(await plan(loose, GROW, INPUT)).toMatchObject({ kind: 'refused', gates: expect.arrayContaining([expect.objectContaining({ gate: 'bound', passed: false })]) });
    const blind = cluster();
    blind.kubernetes.pages = {};
    expect(await plan(blind, GROW, INPUT)).toMatchObject({ kind: 'refused', gates: [{ gate: 'useKnown' }] });
  });

  it('has nothing to do where there is room', async () => {
    expect(await plan(cluster({ used: [0.5, 0.6, 0.7] }), GROW, INPUT)).toMatchObject({ kind: 'unneeded' });
  });

  it('yields to whoever has changed the claim meanwhile', async () => {
    const access = cluster();
    const made = await planned(access, GROW, INPUT);
    access.kubernetes.put(claim({ ordinal: 0, size: '120Gi' }));
    await expect(execute(access, made)).rejects.toMatchObject({ type: 'Conflict' });
    access.kubernetes.put(claim({ ordinal: 0, uid: 'another' }));
    await expect(execute(access, made)).rejects.toMatchObject({ type: 'Conflict' });
  });

  it('makes no volume smaller, none boundless, and touches no other claim and no other field', async () => {
    const access = cluster();
    access.kubernetes.put({ ...claim({ ordinal: 0 }), metadata: { name: 'data-postgres-0', namespace: 'monitoring', uid: 'uid-pg' } });
    const made = await planned(access, GROW, INPUT);
    const [step] = made.steps as [Extract<(typeof made.steps)[number], { action: 'patch' }>];
    const change = step.changes[0]!;
    const hostile = [
      { ...step, changes: [{ ...change, new: '50Gi' }] },
      { ...step, changes: [{ ...change, new: '900Gi' }] },
      { ...step, changes: [{ path: '/spec/volumeName', old: 'a', new: 'b' }] },
      { ...step, changes: [change, { path: '/metadata/finalizers', old: ['x'] }] },
      { ...step, object: { ...step.object, name: 'data-postgres-0', uid: 'uid-pg' } },
      { ...step, object: { ...step.object, namespace: 'kube-system' } },
      { id: step.id, object: step.object, reason: step.reason, action: 'delete' as const },
    ];
    for (const attack of hostile) await expect(execute(access, forged(made, { steps: [attack] }))).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect(access.kubernetes.writes).toEqual([]);
  });
});
