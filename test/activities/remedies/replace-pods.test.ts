import { accessWith, killSwitch, pod, receiverWithClaim, statefulSet, type TestAccess } from '../../support/pipeline-objects';
import { execute, forged, plan, planned } from './harness';

const REPLACE = 'kubernetes.replacePods';
const INPUT = { target: 'receiver' };

function cluster(...lives: Array<'ready' | 'crashing' | 'starting'>): TestAccess {
  const access = accessWith();
  access.kubernetes.put(killSwitch('true'), statefulSet());
  (lives.length > 0 ? lives : (['ready', 'ready', 'ready'] as const)).forEach((life, ordinal) => access.kubernetes.put(receiverWithClaim({ ordinal, life })));
  return access;
}

const again = (access: TestAccess, ordinal: number, life: 'ready' | 'starting' = 'ready') => access.kubernetes.put(receiverWithClaim({ ordinal, life, uid: `uid-new-${ordinal}`, created: '2026-03-01T03:01:00Z' }));

describe('kubernetes.replacePods', () => {
  it('goes from the highest ordinal down, each when the one before is ready, the quorum held all the time', async () => {
    const access = cluster();
    const made = await planned(access, REPLACE, INPUT);
    expect(made.steps.map(({ id }) => id)).toEqual(['evict-thanos-receive-2', 'evict-thanos-receive-1', 'evict-thanos-receive-0']);
    expect(made).toMatchObject({ risk: 'disruptive', inverse: [], blastRadius: { quorum: { readyBefore: 3, readyDuring: 2, needed: 2, members: 3 } } });
    for (const ordinal of [2, 1, 0]) {
      expect((await execute(access, made, { step: `evict-thanos-receive-${ordinal}` })).result).toBe('evicted');
      if (ordinal > 0) await expect(execute(access, made, { step: `evict-thanos-receive-${ordinal - 1}` })).rejects.toMatchObject({ type: 'NotYetConverged' });
      again(access, ordinal, 'starting');
      if (ordinal > 0) await expect(execute(access, made, { step: `evict-thanos-receive-${ordinal - 1}` })).rejects.toMatchObject({ type: 'NotYetConverged' });
      again(access, ordinal);
    }
    expect(access.kubernetes.writes).toHaveLength(3);
  });

  it('takes the one that is not ready first: it has nothing to lose', async () => {
    expect((await planned(cluster('ready', 'crashing', 'ready'), REPLACE, INPUT)).steps.map(({ object }) => object.name)).toEqual(['thanos-receive-1', 'thanos-receive-2', 'thanos-receive-0']);
  });

  it('never restarts an agent, nor what is no StatefulSet', async () => {
    const access = cluster();
    access.kubernetes.put(statefulSet({ workload: 'prometheus-agent', replicas: 1 }), pod({ workload: 'prometheus-agent', ordinal: 0 }));
    expect(await plan(access, REPLACE, { target: 'agent' })).toMatchObject({ kind: 'refused', gates: [{ gate: 'kind' }] });
    expect(await plan(access, REPLACE, { target: 'receiverService' })).toMatchObject({ kind: 'refused' });
    const made = await planned(access, REPLACE, INPUT);
    const [step] = made.steps;
    const agent = { ...step!, object: { ...step!.object, name: 'prometheus-agent-0', uid: 'uid-prometheus-agent-0' } };
    await expect(execute(access, forged(made, { steps: [agent] }))).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('is refused with replication factor 1, where every receiver counts', async () => {
    const access = cluster();
    const alone: TestAccess = { ...access, config: { ...access.config, replicationFactor: 1 } };
    expect(await plan(alone, REPLACE, INPUT)).toMatchObject({ kind: 'refused', gates: expect.arrayContaining([expect.objectContaining({ gate: 'quorum', passed: false })]) });
  });
});
