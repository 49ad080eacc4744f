import { limitedReceivers, type MemoryShape } from '../../support/memory-objects';
import { accessWith, killSwitch, type TestAccess } from '../../support/pipeline-objects';
import type { JsonObject } from '../../../workflows/contracts';
import { execute, executeAll, forged, plan, planned } from './harness';

const RESIZE = 'kubernetes.resizeMemory';
const PATH = '/spec/containers/0/resources';

function cluster(shape: MemoryShape = { killed: [1] }): TestAccess {
  const access = accessWith();
  access.kubernetes.put(killSwitch('true'), ...limitedReceivers(shape));
  return access;
}
const resize = (access: TestAccess) => planned(access, RESIZE, { target: 'receiver' });
const memoryOf = (access: TestAccess, name: string) => {
  const spec = access.kubernetes.find({ kind: 'Pod', namespace: 'monitoring', name })!['spec'] as { containers: Array<{ resources: JsonObject }> };
  return spec.containers[0]!.resources;
};

describe('kubernetes.resizeMemory', () => {
  it('doubles request and limit together, of the pods that were killed only', async () => {
    const made = await resize(cluster());
    expect(made).toMatchObject({ risk: 'disruptive', blastRadius: { pods: [] }, steps: [{ action: 'patch', object: { name: 'thanos-receive-1' }, changes: [{ path: `${PATH}/limits/memory`, old: '384Mi', new: '768Mi' }, { path: `${PATH}/requests/memory`, old: '192Mi', new: '768Mi' }] }] });
    expect(made.gates.map(({ gate, passed }) => [gate, passed])).toEqual([['onlyKilled', true], ['nodeRoom', true]]);
  });

  it('needs approval, happens once, and is not doubled by a second plan', async () => {
    const access = cluster();
    const made = await resize(access);
    await expect(execute(access, made, { decisions: [] })).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect(await executeAll(access, made)).toEqual(['patched']);
    expect(await executeAll(access, made)).toEqual(['unchanged']);
    expect(memoryOf(access, 'thanos-receive-1')).toEqual({ limits: { memory: '768Mi' }, requests: { memory: '768Mi' } });
    expect(await plan(access, RESIZE, { target: 'receiver' })).toMatchObject({ kind: 'refused', gates: [{ gate: 'onceOnly' }] });
    expect(access.kubernetes.writes).toHaveLength(1);
  });

  it('asks the node: too little room, or a node that says nothing, is a refusal', async () => {
    const full = cluster();
    full.kubernetes.put({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1', namespace: '' }, status: { allocatable: { memory: '1Gi' } } });
    expect(await plan(full, RESIZE, { target: 'receiver' })).toMatchObject({ kind: 'refused', reason: { en: expect.stringContaining('more than half') } });
    const silent = cluster();
    silent.kubernetes.objects = silent.kubernetes.objects.filter(({ kind }) => kind !== 'Node');
    expect(await plan(silent, RESIZE, { target: 'receiver' })).toMatchObject({ kind: 'refused', reason: { en: expect.stringContaining('does not say') } });
  });

  it('has nothing to do where nobody was killed', async () => {
    expect(await plan(cluster({}), RESIZE, { target: 'receiver' })).toMatchObject({ kind: 'unneeded' });
  });

  it('is not made to give another size, to another pod, or to change anything else', async () => {
    const access = cluster();
    const made = await resize(access);
    const [step] = made.steps as [Extract<(typeof made.steps)[number], { action: 'patch' }>];
    const hostile = [
      { ...step, changes: step.changes.map((change) => ({ ...change, new: '64Gi' })) },
      { ...step, changes: [step.changes[0]!] },
      { ...step, changes: [...step.changes, { path: '/spec/hostNetwork', new: true }] },
      { ...step, object: { ...step.object, name: 'prometheus-agent-0' } },
      { ...step, object: { ...step.object, kind: 'StatefulSet' } },
      { id: step.id, object: step.object, reason: step.reason, action: 'evict' as const },
    ];
    for (const change of hostile) await expect(execute(access, forged(made, { steps: [change] }), { targets: ['receiver'] })).rejects.toMatchObject({ type: 'NotAuthorized' });
    const healthy = { ...step, object: { ...step.object, name: 'thanos-receive-0', uid: 'uid-thanos-receive-0' } };
    await expect(execute(access, forged(made, { steps: [healthy] }))).rejects.toMatchObject({ type: 'GateRefused', message: expect.stringContaining('was not killed') });
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('yields where the pod was made anew, and takes nothing back from one that is ready', async () => {
    const access = cluster();
    const made = await resize(access);
    await execute(access, made);
    const found = access.kubernetes.find({ kind: 'Pod', namespace: 'monitoring', name: 'thanos-receive-1' })!;
    expect((await execute(access, made, { direction: 'undo' })).result).toBe('patched');
    access.kubernetes.put({ ...found, status: { ...(found['status'] as JsonObject), conditions: [{ type: 'Ready', status: 'True' }] } });
    await expect(execute(access, made, { direction: 'undo' })).rejects.toMatchObject({ type: 'GateRefused', message: expect.stringContaining('not taken back') });
    access.kubernetes.put({ ...found, metadata: { ...found.metadata, uid: 'another' } });
    await expect(execute(access, made)).rejects.toMatchObject({ type: 'Conflict' });
  });
});
