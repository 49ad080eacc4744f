import type { KubernetesObject } from '../../../activities/kubernetes/gateway';
import { failure, failureTypeOf, type JsonObject } from '../../../workflows/contracts';
import { accessWith, BAD, controllerRevision, GOOD, killSwitch, pod, statefulSet, template, type PodLife, type TestAccess } from '../../support/pipeline-objects';
import { execute, executeAll, forged, plan, planned } from './harness';

const RESTORE = 'kubernetes.restoreRevision';
const restore = (access: TestAccess) => plan(access, RESTORE, { target: 'receiver' });

/** A bad flag was patched into the template; the rollout is stuck at its last two pods. */
function stuck(lives: PodLife[] = ['ready', 'crashing', 'crashing'], revisions = [GOOD, BAD, BAD]): TestAccess {
  const access = accessWith();
  access.kubernetes.put(
    killSwitch('true'), statefulSet({ update: BAD, current: GOOD, flag: '--bad' }), controllerRevision(GOOD, 1, '--good', null), controllerRevision(BAD, 2, '--bad'),
    ...lives.map((life, ordinal) => pod({ ordinal, life, revision: revisions[ordinal] ?? GOOD })),
  );
  return access;
}

/** What the StatefulSet controller does: takes up the template, and makes deleted pods anew. */
function controlled(access: TestAccess, seesTheTemplate = true): void {
  access.kubernetes.after = (call) => {
    if (call.startsWith('patch') && seesTheTemplate) access.kubernetes.put(observed(access, GOOD));
    const ordinal = /^delete Pod .*-(\d)$/.exec(call)?.[1];
    if (ordinal) access.kubernetes.put(pod({ ordinal: Number(ordinal), life: 'starting', uid: `uid-new-${ordinal}` }));
  };
}
function observed(access: TestAccess, update: string): KubernetesObject {
  const set = structuredClone(access.kubernetes.objects.find(({ kind }) => kind === 'StatefulSet')!);
  set['status'] = { ...(set['status'] as JsonObject), updateRevision: update, observedGeneration: set.metadata['generation'] ?? 0 };
  return set;
}

describe('kubernetes.restoreRevision plans', () => {
  it('the template back, by its one changed argument, then the two pods on the bad revision', async () => {
    const access = stuck();
    const made = await planned(access, RESTORE, { target: 'receiver' });
    expect(made.steps).toMatchObject([
      { action: 'patch', object: { kind: 'StatefulSet', name: 'thanos-receive', uid: 'uid-thanos-receive' }, changes: [{ path: '/spec/template/spec/containers/0/args/1', old: '--bad', new: '--good' }] },
      { action: 'delete', object: { name: 'thanos-receive-1', uid: 'uid-thanos-receive-1' } },
      { action: 'delete', object: { name: 'thanos-receive-2', uid: 'uid-thanos-receive-2' } },
    ]);
    expect(made.inverse).toMatchObject([{ action: 'patch', changes: [{ old: '--good', new: '--bad' }] }]);
    expect(made).toMatchObject({ risk: 'disruptive', desiredState: `ControllerRevision ${GOOD}`, blastRadius: { pods: ['thanos-receive-1', 'thanos-receive-2'], quorum: { readyBefore: 1, readyDuring: 1 } } });
    expect(made.diff).toContain('---bad');
    expect(made.diff).toContain('+--good');
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('the deletions only, where the template is good again already', async () => {
    const access = stuck();
    access.kubernetes.put(statefulSet({ update: GOOD }));
    expect((await planned(access, RESTORE, { target: 'receiver' })).steps.map(({ action }) => action)).toEqual(['delete', 'delete']);
  });

  it('the same where Nightshift only observes and may not even try it, and not where it is to act', async () => {
    const access = stuck();
    access.kubernetes.before = (_call, dryRun) => {
      if (dryRun) throw failure('NotAuthorized', 'forbidden');
    };
    await expect(restore(access)).rejects.toMatchObject({ type: 'NotAuthorized' });
    const observing = await restore(Object.assign(access, { config: { ...access.config, mode: 'observe' as const } }));
    expect(observing).toMatchObject({ kind: 'planned', plan: { steps: [{ action: 'patch' }, { action: 'delete' }, { action: 'delete' }] } });
    expect(observing.kind === 'planned' && observing.plan.dryRun.join()).toMatch(/(forbidden.*){3}/);
  });

  it('nothing where all is one revision', async () => {
    const access = stuck(['ready', 'ready', 'crashing'], [GOOD, GOOD, GOOD]);
    access.kubernetes.put(statefulSet({ update: GOOD }));
    expect(await restore(access)).toMatchObject({ kind: 'unneeded' });
  });

  it('nothing where no healthy pod shows what works', async () => {
    expect(await restore(stuck(['crashing', 'crashing', 'crashing'], [BAD, BAD, BAD]))).toMatchObject({ kind: 'refused', gates: [{ gate: 'healthyRevision' }] });
  });

  it('nothing where the good ControllerRevision is gone', async () => {
    const access = stuck();
    access.kubernetes.objects = access.kubernetes.objects.filter(({ metadata }) => metadata.name !== GOOD);
    expect(await restore(access)).toMatchObject({ kind: 'refused', gates: [{ gate: 'healthyRevision' }] });
  });

  it('nothing against an operator, which would revert it', async () => {
    const access = stuck();
    access.kubernetes.put(statefulSet({ update: BAD, current: GOOD, flag: '--bad', metadata: { ownerReferences: [{ kind: 'ThanosReceive', name: 'main', uid: 'x', controller: true }] } }));
    expect(await restore(access)).toMatchObject({ kind: 'refused', gates: [{ gate: 'owner' }], reason: { en: expect.stringContaining('ThanosReceive main') } });
  });

  it('nothing where the server would make another template of it and restart ready pods', async () => {
    const access = stuck();
    const { patch } = access.kubernetes;
    access.kubernetes.patch = async (...input) => {
      const answer = await patch.call(access.kubernetes, ...input);
      (answer['spec'] as { template: { spec: JsonObject } }).template.spec['aNewDefault'] = true;
      return answer;
    };
    expect(await restore(access)).toMatchObject({ kind: 'refused', reason: { en: expect.stringContaining('they would be restarted') } });
  });
});

describe('kubernetes.restoreRevision is executed', () => {
  it('template first, then the pods, and no healthy pod', async () => {
    const access = stuck();
    const made = await planned(access, RESTORE, { target: 'receiver' });
    controlled(access);
    expect(await executeAll(access, made)).toEqual(['patched', 'deleted', 'deleted']);
    expect(access.kubernetes.writes).toEqual(['patch StatefulSet monitoring/thanos-receive', 'delete Pod monitoring/thanos-receive-1', 'delete Pod monitoring/thanos-receive-2']);
    expect(await executeAll(access, made)).toEqual(['unchanged', 'unchanged', 'unchanged']);
    expect(access.kubernetes.writes).toHaveLength(3);
  });

  it('waits until the controller has taken up the template before it deletes a pod', async () => {
    const access = stuck();
    const made = await planned(access, RESTORE, { target: 'receiver' });
    controlled(access, false);
    await execute(access, made);
    const error: unknown = await execute(access, made, { step: 'delete-thanos-receive-1' }).catch((reason: unknown) => reason);
    expect(failureTypeOf(error)).toBe('NotYetConverged');
    access.kubernetes.put(observed(access, GOOD));
    expect((await execute(access, made, { step: 'delete-thanos-receive-1' })).result).toBe('deleted');
  });

  it('deletes no pod while the template is bad', async () => {
    const access = stuck();
    const made = await planned(access, RESTORE, { target: 'receiver' });
    await expect(execute(access, made, { step: 'delete-thanos-receive-1' })).rejects.toMatchObject({ type: 'NotYetConverged' });
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('says that the template was changed meanwhile', async () => {
    const access = stuck();
    const made = await planned(access, RESTORE, { target: 'receiver' });
    access.kubernetes.put(statefulSet({ update: BAD, current: GOOD, flag: '--other' }));
    await expect(execute(access, made)).rejects.toMatchObject({ type: 'Conflict', message: expect.stringContaining('/spec/template/spec/containers/0/args/1') });
  });

  it('says that another object took the name', async () => {
    const access = stuck();
    const made = await planned(access, RESTORE, { target: 'receiver' });
    access.kubernetes.put(statefulSet({ update: BAD, current: GOOD, flag: '--bad', metadata: { uid: 'uid-another' } }));
    await expect(execute(access, made)).rejects.toMatchObject({ type: expect.stringMatching(/Conflict|GateRefused/) });
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('deletes no pod that is ready or on the good revision', async () => {
    const access = stuck();
    const made = await planned(access, RESTORE, { target: 'receiver' });
    const [patch, one] = made.steps;
    const spared = { ...one!, object: { ...one!.object, name: 'thanos-receive-0', uid: 'uid-thanos-receive-0' } };
    await expect(execute(access, forged(made, { steps: [patch!, spared] }))).rejects.toThrow(/onlyBadRevision/);
    access.kubernetes.put(pod({ ordinal: 1, life: 'ready', revision: BAD }));
    await expect(execute(access, made)).rejects.toMatchObject({ type: expect.stringMatching(/NotAuthorized|GateRefused/) });
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('not with a patch that leads elsewhere', async () => {
    const access = stuck();
    const made = await planned(access, RESTORE, { target: 'receiver' });
    const [patch] = made.steps as [Extract<(typeof made.steps)[number], { action: 'patch' }>];
    const hostile = [
      [{ path: '/spec/template/spec/containers/0/args/1', old: '--bad', new: '--evil' }],
      [...patch.changes, { path: '/spec/replicas', old: 3, new: 0 }],
      [...patch.changes, { path: '/spec/template/spec/hostNetwork', new: true }],
      [{ path: '/spec/template', old: template('--bad'), new: template('--good') }],
      [{ path: '/metadata/finalizers', new: [] }],
    ];
    for (const changes of hostile) await expect(execute(access, forged(made, { steps: [{ ...patch, changes }] }))).rejects.toMatchObject({ type: 'NotAuthorized' });
    const other = { ...patch, object: { ...patch.object, name: 'prometheus-agent' } };
    await expect(execute(access, forged(made, { steps: [other] }))).rejects.toMatchObject({ type: expect.stringMatching(/NotAuthorized|TargetNotFound/) });
    await expect(execute(access, forged(made, { steps: [patch, { ...patch, id: 'again' }] }))).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('is undone only where that takes no receiver below the quorum', async () => {
    const access = stuck(['ready', 'ready', 'ready'], [GOOD, GOOD, GOOD]);
    const broken = stuck();
    const made = await planned(broken, RESTORE, { target: 'receiver' });
    access.kubernetes.put(statefulSet({ update: GOOD }));
    expect((await execute(access, made, { direction: 'undo' })).result).toBe('patched');
    access.kubernetes.put(statefulSet({ update: GOOD }), pod({ ordinal: 2, life: 'crashing' }));
    await expect(execute(access, made, { direction: 'undo' })).rejects.toMatchObject({ type: 'GateRefused', message: expect.stringContaining('quorum') });
  });

  it('is not undone by anything but its inverse', async () => {
    const access = stuck(['ready', 'ready', 'ready'], [GOOD, GOOD, GOOD]);
    const made = await planned(stuck(), RESTORE, { target: 'receiver' });
    access.kubernetes.put(statefulSet({ update: GOOD }));
    const [undo] = made.inverse as [Extract<(typeof made.inverse)[number], { action: 'patch' }>];
    const inverse = [{ ...undo, changes: [{ path: '/spec/template/spec/containers/0/args/1', old: '--good', new: '--evil' }] }];
    await expect(execute(access, forged(made, { inverse }), { direction: 'undo' })).rejects.toMatchObject({ type: 'NotAuthorized' });
  });
});
