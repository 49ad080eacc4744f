import type { KubernetesObject } from '../../../activities/kubernetes/gateway';
import type { JsonObject } from '../../../workflows/contracts';
import { accessWith, agentMetrics, killSwitch, pod, statefulSet, template, type TestAccess } from '../../support/pipeline-objects';
import { execute, forged, plan, planned } from './harness';

const USE = 'kubernetes.restoreTemplate';
const AGENT = 'prometheus-agent';
const input = { target: 'agent' };

function image(name: string): JsonObject {
  return { ...template('--x'), spec: { containers: [{ name: 'main', image: name }] } };
}

function revision(name: string, number: number, of: JsonObject): KubernetesObject {
  return { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: { name, namespace: 'monitoring', ownerReferences: [{ uid: `uid-${AGENT}` }] }, revision: number, data: { spec: { template: of } } };
}

/** The agent's only pod is stuck on an image that does not exist; no healthy pod shows what was right. */
function stuck(desired?: JsonObject, life: 'badImage' | 'ready' = 'badImage'): TestAccess {
  const set = (of: JsonObject) => statefulSet({ workload: AGENT, replicas: 1, update: 'r2', current: 'r1', change: { template: of } });
  const access = accessWith({}, desired ? { [`StatefulSet ${AGENT}`]: set(desired) } : {});
  access.kubernetes.put(killSwitch('true'), set(image('p:bad')), revision('r1', 1, image('p:good')), revision('r2', 2, image('p:bad')), pod({ ordinal: 0, workload: AGENT, life, revision: 'r2' }));
  return access;
}

describe('kubernetes.restoreTemplate', () => {
  it('goes back to the template before, then deletes the pod that is stuck', async () => {
    const made = await planned(stuck(), USE, input, ['agent']);
    expect(made).toMatchObject({ risk: 'disruptive', desiredState: 'ControllerRevision r1', steps: [{ action: 'patch', changes: [{ path: '/spec/template/spec/containers/0/image', old: 'p:bad', new: 'p:good' }] }, { action: 'delete', object: { name: 'prometheus-agent-0' } }] });
    expect(made.inverse).toMatchObject([{ action: 'patch', changes: [{ old: 'p:good', new: 'p:bad' }] }]);
  });

  it('goes by the desired state rather than by what was there before', async () => {
    expect((await planned(stuck(image('p:newest')), USE, input, ['agent'])).steps[0]).toMatchObject({ changes: [{ new: 'p:newest' }] });
  });

  it('has nothing to put back where the template is as desired, and then touches no pod that is on it', async () => {
    expect(await plan(stuck(image('p:bad')), USE, input, ['agent'])).toMatchObject({ kind: 'unneeded' });
  });

  it('does not delete before the controller has taken the template up', async () => {
    const access = stuck();
    const made = await planned(access, USE, input, ['agent']);
    const targets = { targets: ['agent'] };
    await execute(access, made, targets);
    await expect(execute(access, made, { ...targets, step: 'delete-prometheus-agent-0' })).rejects.toMatchObject({ type: 'NotYetConverged' });
    const set = structuredClone(access.kubernetes.objects.find(({ kind }) => kind === 'StatefulSet')!);
    access.kubernetes.put({ ...set, status: { ...(set['status'] as JsonObject), updateRevision: 'r1' } });
    expect((await execute(access, made, { ...targets, step: 'delete-prometheus-agent-0' })).result).toBe('deleted');
  });

  it('never restarts an agent that runs and is behind', async () => {
    const access = stuck(image('p:good'), 'ready');
    access.kubernetes.pages = { 'prometheus-agent-0 /metrics': () => agentMetrics(access.clock.now(), { lag: 600 }) };
    expect(await plan(access, USE, input, ['agent'])).toMatchObject({ kind: 'refused', gates: expect.arrayContaining([expect.objectContaining({ gate: 'unsentSamples', passed: false })]) });
  });

  it('is not for receivers, nor for what an operator owns', async () => {
    expect(await plan(stuck(), USE, { target: 'receiver' })).toMatchObject({ kind: 'refused', gates: [{ gate: 'kind' }] });
    const access = stuck();
    const set = access.kubernetes.objects.find(({ kind }) => kind === 'StatefulSet')!;
    set.metadata['ownerReferences'] = [{ kind: 'PrometheusAgent', name: 'agent', controller: true, uid: 'x' }];
    expect(await plan(access, USE, input, ['agent'])).toMatchObject({ kind: 'refused', gates: [{ gate: 'owner' }] });
  });

  it('refuses a plan that leads to another template', async () => {
    const access = stuck();
    const made = await planned(access, USE, input, ['agent']);
    const hostile = structuredClone(made.steps);
    if (hostile[0]?.action === 'patch') hostile[0].changes[0]!.new = 'evil:1';
    await expect(execute(access, forged(made, { steps: hostile }), { targets: ['agent'] })).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect(access.kubernetes.writes).toEqual([]);
  });
});
