import { failure } from '../../../workflows/contracts';
import { accessWith, BAD, GOOD, killSwitch, NAMESPACE, pod, statefulSet, type PodLife, type TestAccess } from '../../support/pipeline-objects';
import { execute, executeAll, forged, plan, planned } from './harness';

interface ReceiversShape {
  revisions?: string[];
  update?: string;
  current?: string;
  config?: Parameters<typeof accessWith>[0];
}

function receivers(lives: PodLife[], { revisions = [], update = GOOD, current = update, config = {} }: ReceiversShape = {}): TestAccess {
  const access = accessWith(config);
  access.kubernetes.put(killSwitch('true'), statefulSet({ update, current }), ...lives.map((life, ordinal) => pod({ ordinal, life, ...(revisions[ordinal] && { revision: revisions[ordinal] }) })));
  return access;
}
const EVICT = 'kubernetes.evictPods';
const evict = (access: TestAccess) => plan(access, EVICT, { target: 'receiver', only: 'notReady' });
const stepsOf = (of: { steps: Array<{ action: string; object: { name: string } }> }) => of.steps.map(({ action, object }) => `${action} ${object.name}`);

describe('kubernetes.evictPods plans', () => {
  it('to evict each broken pod and no other', async () => {
    const access = receivers(['ready', 'crashing', 'crashing']);
    const made = await planned(access, EVICT, { target: 'receiver' });
    expect(stepsOf(made)).toEqual(['evict thanos-receive-1', 'evict thanos-receive-2']);
    expect(made).toMatchObject({ risk: 'disruptive', inverse: [], blastRadius: { pods: ['thanos-receive-1', 'thanos-receive-2'], quorum: { readyBefore: 1, readyDuring: 1, needed: 2, members: 3 } } });
    expect(made.gates.map(({ gate, passed }) => [gate, passed])).toEqual([['onlyBroken', true], ['templateRevision', true], ['quorum', true]]);
    expect(made.dryRun).toEqual([expect.stringContaining('would accept'), expect.stringContaining('would accept')]);
    expect(made.diff).toContain('evict Pod monitoring/thanos-receive-1');
    expect(access.kubernetes.writes).toEqual([]);
    expect(access.kubernetes.dryRuns.filter((call) => !call.startsWith('evict Pod'))).toEqual([]);
  });

  it('the same when asked again: the hash stands', async () => {
    const access = receivers(['ready', 'crashing', 'ready']);
    expect((await planned(access, EVICT, { target: 'receiver' })).hash).toBe((await planned(access, EVICT, { target: 'receiver' })).hash);
  });

  it.each<[string, PodLife[], string[]]>([
    ['one member down', ['ready', 'ready', 'crashing'], ['evict thanos-receive-2']],
    ['two down', ['crashing', 'ready', 'crashing'], ['evict thanos-receive-0', 'evict thanos-receive-2']],
    ['all down', ['crashing', 'crashing', 'crashing'], ['evict thanos-receive-0', 'evict thanos-receive-1', 'evict thanos-receive-2']],
  ])('with %s: acting on a member that is not ready is always considered', async (_name, lives, steps) => {
    expect(stepsOf(await planned(receivers(lives), EVICT, { target: 'receiver' }))).toEqual(steps);
  });

  it('says, when all are down, that nothing is left to compare with', async () => {
    const { gates } = await planned(receivers(['crashing', 'crashing', 'crashing']), EVICT, { target: 'receiver' });
    expect(gates.find(({ gate }) => gate === 'templateRevision')?.reason.en).toContain('No pod is ready');
  });

  it('nothing where nothing is broken, naming what is on its way', async () => {
    expect(await evict(receivers(['ready', 'ready', 'starting']))).toMatchObject({ kind: 'unneeded', reason: { en: expect.stringContaining('thanos-receive-2 (starting)') } });
    expect(await evict(receivers(['ready', 'ready', 'ready']))).toMatchObject({ kind: 'unneeded' });
  });

  it('nothing while the template itself is bad: eviction alone would bring back the same', async () => {
    const result = await evict(receivers(['ready', 'crashing', 'crashing'], { revisions: [GOOD, BAD, BAD], update: BAD, current: GOOD }));
    expect(result).toMatchObject({ kind: 'refused', gates: [{ gate: 'templateRevision', passed: false }], reason: { en: expect.stringContaining('Restore the template first') } });
    // Also for a pod that still is on the good one: it would come back on the bad one.
    expect(await evict(receivers(['ready', 'ready', 'crashing'], { revisions: [GOOD, GOOD, GOOD], update: BAD, current: GOOD }))).toMatchObject({ kind: 'refused' });
  });

  it('a deletion where a disruption budget protects even a broken pod', async () => {
    const access = receivers(['ready', 'crashing', 'ready']);
    access.kubernetes.before = (call) => {
      if (call.startsWith('evict')) throw failure('RateLimited', 'Cannot evict pod as it would violate the pod’s disruption budget.');
    };
    const made = await planned(access, EVICT, { target: 'receiver' });
    expect(stepsOf(made)).toEqual(['delete thanos-receive-1']);
    expect(made.steps[0]!.reason.en).toContain('disruption budget');
  });

  it('a refusal when the server would refuse, except where it is a proposal only', async () => {
    const refuse = (access: TestAccess) => {
      access.kubernetes.before = (_call, dryRun) => {
        if (dryRun) throw failure('NotAuthorized', 'no permission to evict');
      };
      return access;
    };
    expect(await evict(refuse(receivers(['ready', 'crashing', 'ready'])))).toMatchObject({ kind: 'refused', reason: { en: expect.stringContaining('no permission') } });
    expect(await evict(refuse(receivers(['ready', 'crashing', 'ready'], { config: { mode: 'observe' } })))).toMatchObject({ kind: 'planned', plan: { dryRun: [expect.stringContaining('no permission')] } });
  });

  it('never an agent that runs', async () => {
    const access = accessWith();
    access.kubernetes.put(killSwitch('true'), statefulSet({ workload: 'prometheus-agent', replicas: 1 }), pod({ workload: 'prometheus-agent', ordinal: 0, life: 'restarting' }));
    expect(await plan(access, EVICT, { target: 'agent' })).toMatchObject({ kind: 'refused', reason: { en: expect.stringContaining('an agent is not restarted') } });
    access.kubernetes.put(pod({ workload: 'prometheus-agent', ordinal: 0, life: 'crashing' }));
    expect(await plan(access, EVICT, { target: 'agent' })).toMatchObject({ kind: 'planned' });
  });

  it('for nobody whom the runbook does not name', async () => {
    await expect(plan(receivers(['ready']), EVICT, { target: 'receiver' }, ['agent'])).rejects.toThrow(/does not declare/);
  });
});

describe('kubernetes.evictPods is executed', () => {
  /** What the StatefulSet controller does. */
  const reborn = (access: TestAccess, life: PodLife = 'starting') => {
    access.kubernetes.after = (call) => {
      const ordinal = Number(/thanos-receive-(\d)$/.exec(call)?.[1]);
      access.kubernetes.put(pod({ ordinal, life, uid: `uid-new-${ordinal}` }));
    };
  };

  it('pod by pod, touching nothing else', async () => {
    const access = receivers(['ready', 'crashing', 'crashing']);
    const made = await planned(access, EVICT, { target: 'receiver' });
    reborn(access);
    expect(await executeAll(access, made)).toEqual(['evicted', 'evicted']);
    expect(access.kubernetes.writes).toEqual(['evict Pod monitoring/thanos-receive-1', 'evict Pod monitoring/thanos-receive-2']);
  });

  it('once, however often it is asked', async () => {
    const access = receivers(['ready', 'crashing', 'crashing']);
    const made = await planned(access, EVICT, { target: 'receiver' });
    reborn(access, 'crashing');
    expect(await executeAll(access, made)).toEqual(['evicted', 'evicted']);
    expect(await executeAll(access, made)).toEqual(['unchanged', 'unchanged']);
    expect(access.kubernetes.writes).toHaveLength(2);
  });

  it('once, when the answer was lost', async () => {
    const access = receivers(['ready', 'crashing', 'ready']);
    const made = await planned(access, EVICT, { target: 'receiver' });
    access.kubernetes.after = () => {
      access.kubernetes.after = () => undefined;
      access.kubernetes.put(pod({ ordinal: 1, life: 'crashing', uid: 'uid-new' }));
      throw failure('UpstreamUnavailable', 'connection reset');
    };
    await expect(execute(access, made)).rejects.toThrow('connection reset');
    expect((await execute(access, made)).result).toBe('unchanged');
    expect(access.kubernetes.writes).toHaveLength(1);
  });

  it('not a second time while the pod is going', async () => {
    const access = receivers(['ready', 'crashing', 'ready']);
    const made = await planned(access, EVICT, { target: 'receiver' });
    access.kubernetes.put(pod({ ordinal: 1, life: 'terminating' }));
    expect((await execute(access, made)).result).toBe('unchanged');
  });

  it.each<[PodLife]>([['ready'], ['starting']])('not when the pod is %s by now', async (life) => {
    const access = receivers(['ready', 'crashing', 'ready']);
    const made = await planned(access, EVICT, { target: 'receiver' });
    access.kubernetes.put(pod({ ordinal: 1, life }));
    await expect(execute(access, made)).rejects.toThrow(/only broken pods are removed/);
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('not when the template has become bad since', async () => {
    const access = receivers(['ready', 'crashing', 'ready']);
    const made = await planned(access, EVICT, { target: 'receiver' });
    access.kubernetes.put(statefulSet({ update: BAD, current: GOOD }));
    await expect(execute(access, made)).rejects.toThrow(/templateRevision/);
  });

  it('not with steps of another kind or on other objects', async () => {
    const access = receivers(['ready', 'crashing', 'ready']);
    const made = await planned(access, EVICT, { target: 'receiver' });
    const [step] = made.steps;
    const object = { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, name: 'thanos-receive-0', uid: 'uid-thanos-receive-0' };
    access.kubernetes.put(pod({ workload: 'grafana', ordinal: 0, life: 'crashing' }));
    const hostile = [
      [{ ...step!, object }], // a ready pod
      [step!, { id: 'extra', action: 'evict' as const, object, reason: step!.reason }], // a ready pod as well
      [{ ...step!, object: { ...object, name: 'grafana-0', uid: 'uid-grafana-0' } }], // no target
      [{ ...step!, object: { ...step!.object, namespace: 'kube-system' } }], // another namespace
      [{ ...step!, object: { apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE, name: 'thanos-receive-1' } }], // no UID
      [{ id: step!.id, reason: step!.reason, object: { ...object, kind: 'Service', name: 'thanos-receive-lb' }, action: 'delete' as const }],
      [{ id: step!.id, reason: step!.reason, object: step!.object, action: 'patch' as const, changes: [{ path: '/spec/x', new: 1 }] }],
      [{ id: step!.id, reason: step!.reason, object: step!.object, action: 'create' as const, manifest: {} }],
    ];
    for (const steps of hostile) await expect(execute(access, forged(made, { steps }))).rejects.toMatchObject({ type: expect.stringMatching(/NotAuthorized|GateRefused/) });
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('leaves alone a pod that took the name', async () => {
    const access = receivers(['ready', 'crashing', 'ready']);
    const made = await planned(access, EVICT, { target: 'receiver' });
    const steps = made.steps.map((step) => ({ ...step, object: { ...step.object, uid: 'uid-of-yesterday' } }));
    expect((await execute(access, forged(made, { steps }))).result).toBe('unchanged');
    expect(access.kubernetes.writes).toEqual([]);
  });
});
