import { accessWith, claim, killSwitch, pod, receiverWithClaim, statefulSet, storageMetrics, type PodLife, type TestAccess } from '../../support/pipeline-objects';
import { approval, execute, executeAll, forged, plan, planned } from './harness';

const REPLACE = 'kubernetes.replaceStorage';

function cluster(...lives: PodLife[]): TestAccess {
  const access = accessWith();
  access.kubernetes.put(killSwitch('true'), statefulSet());
  (lives.length > 0 ? lives : (['ready', 'crashing', 'ready'] as const)).forEach((life, ordinal) => {
    access.kubernetes.put(receiverWithClaim({ ordinal, life }), claim({ ordinal }));
    access.kubernetes.pages[`thanos-receive-${ordinal} /metrics`] = storageMetrics();
  });
  return access;
}

const refusedBy = (gate: string) => ({ kind: 'refused', gates: expect.arrayContaining([expect.objectContaining({ gate, passed: false })]) });

describe('kubernetes.replaceStorage', () => {
  it('takes the claim and the pod of the one that does not come up, names the loss, and takes two approvers', async () => {
    const access = cluster();
    const made = await planned(access, REPLACE, {});
    expect(made).toMatchObject({ risk: 'destructive', inverse: [], expectedLoss: { en: expect.stringContaining('not in the object store') }, steps: [{ id: 'delete-claim-data-thanos-receive-1' }, { id: 'delete-pod-thanos-receive-1' }] });
    await expect(execute(access, made, { decisions: [approval(made)] })).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect(await executeAll(access, made)).toEqual(['deleted', 'deleted']);
    expect(await executeAll(access, made)).toEqual(['unchanged', 'unchanged']);
    expect(access.kubernetes.writes).toEqual(['delete PersistentVolumeClaim monitoring/data-thanos-receive-1', 'delete Pod monitoring/thanos-receive-1']);
  });

  it('is refused where other copies may be missing', async () => {
    expect(await plan(cluster('crashing', 'crashing', 'ready'), REPLACE, {})).toMatchObject(refusedBy('othersReady'));
    expect(await plan(cluster('starting', 'crashing', 'ready'), REPLACE, {})).toMatchObject(refusedBy('othersReady'));
    const two = cluster();
    expect(await plan({ ...two, config: { ...two.config, replicationFactor: 2 } }, REPLACE, {})).toMatchObject(refusedBy('replication'));
    const failing = cluster();
    failing.kubernetes.pages['thanos-receive-0 /metrics'] = storageMetrics({ syncs: 1, failures: 40 });
    expect(await plan(failing, REPLACE, {})).toMatchObject(refusedBy('othersUpload'));
    const silent = cluster();
    delete silent.kubernetes.pages['thanos-receive-2 /metrics'];
    expect(await plan(silent, REPLACE, {})).toMatchObject(refusedBy('othersUpload'));
  });

  it('never takes the disk of one that is ready, or that starts and may be replaying its log', async () => {
    expect(await plan(cluster('ready', 'ready', 'ready'), REPLACE, {})).toMatchObject({ kind: 'unneeded' });
    expect(await plan(cluster('ready', 'replaying', 'ready'), REPLACE, {})).toMatchObject({ kind: 'unneeded' });
    const access = cluster();
    const made = await planned(access, REPLACE, {});
    access.kubernetes.put(receiverWithClaim({ ordinal: 1 }));
    await expect(execute(access, made)).rejects.toMatchObject({ type: 'GateRefused', message: expect.stringContaining('onlyBroken') });
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('takes no other claim, no other pod, and nothing of an agent, whatever a plan says', async () => {
    const access = cluster();
    access.kubernetes.put({ ...claim({ ordinal: 1 }), metadata: { name: 'data-postgres-0', namespace: 'monitoring', uid: 'uid-pg' } }, pod({ workload: 'prometheus-agent', ordinal: 0, life: 'crashing' }), statefulSet({ workload: 'prometheus-agent', replicas: 1 }));
    const made = await planned(access, REPLACE, {});
    const [disk, gone] = made.steps as [(typeof made.steps)[number], (typeof made.steps)[number]];
    const agent = { ...gone, object: { ...gone.object, name: 'prometheus-agent-0', uid: 'uid-prometheus-agent-0' } };
    const hostile = [
      [{ ...disk, object: { ...disk.object, name: 'data-postgres-0', uid: 'uid-pg' } }, gone],
      [{ ...disk, object: { ...disk.object, name: 'data-thanos-receive-0', uid: 'uid-claim-0' } }, gone],
      [disk, { ...disk, id: 'two', object: { ...disk.object, name: 'data-thanos-receive-2', uid: 'uid-claim-2' } }, gone],
      [gone], [disk], [gone, disk],
      [{ ...disk, object: { ...disk.object, name: 'data-prometheus-agent-0' } }, agent],
    ];
    for (const steps of hostile) await expect(execute(access, forged(made, { steps }))).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect(access.kubernetes.writes).toEqual([]);
  });
});
