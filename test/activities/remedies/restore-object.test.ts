import { failure } from '../../../workflows/contracts';
import { accessWith, killSwitch, NAMESPACE, receiverService, type TestAccess } from '../../support/pipeline-objects';
import { execute, executeAll, forged, plan, planned } from './harness';

const RESTORE = 'kubernetes.restoreObject';
const DESIRED = { 'Service thanos-receive-lb': receiverService() };
const SERVICE = { kind: 'Service', namespace: NAMESPACE, name: 'thanos-receive-lb' };

function cluster(live?: ReturnType<typeof receiverService>, desired: typeof DESIRED | object = DESIRED): TestAccess {
  const access = accessWith({}, desired);
  access.kubernetes.put(killSwitch('true'));
  if (live) access.kubernetes.put({ ...live, metadata: { ...live.metadata, uid: 'uid-service', resourceVersion: '5' } });
  return access;
}

describe('kubernetes.restoreObject', () => {
  it('plans to make a missing Service again, safely: nothing is restarted', async () => {
    const access = cluster();
    const made = await planned(access, RESTORE, { target: 'receiverService' });
    expect(made).toMatchObject({ risk: 'safe', desiredState: 'manifests directory (thanos-receive-lb.yaml)', blastRadius: { pods: [] }, steps: [{ action: 'create', manifest: receiverService() }], inverse: [{ action: 'delete', object: { name: 'thanos-receive-lb' } }] });
    expect(made.diff).toContain('+kind: Service');
    expect(access.kubernetes.dryRuns).toEqual(['create Service monitoring/thanos-receive-lb']);
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('makes it, by itself and once', async () => {
    const access = cluster();
    const made = await planned(access, RESTORE, { target: 'receiverService' });
    expect((await execute(access, made, { decisions: [] })).result).toBe('created');
    expect(await executeAll(access, made)).toEqual(['unchanged']);
    expect(access.kubernetes.writes).toEqual(['create Service monitoring/thanos-receive-lb']);
  });

  it('makes it once, when the answer was lost', async () => {
    const access = cluster();
    const made = await planned(access, RESTORE, { target: 'receiverService' });
    access.kubernetes.after = () => {
      access.kubernetes.after = () => undefined;
      throw failure('UpstreamUnavailable', 'lost');
    };
    await expect(execute(access, made)).rejects.toThrow('lost');
    expect((await execute(access, made)).result).toBe('unchanged');
    expect(access.kubernetes.writes).toHaveLength(1);
  });

  it('yields to whoever made it differently meanwhile', async () => {
    const access = cluster();
    const made = await planned(access, RESTORE, { target: 'receiverService' });
    access.kubernetes.put(receiverService({ selector: { app: 'canary' } }));
    await expect(execute(access, made)).rejects.toMatchObject({ type: 'Conflict' });
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('corrects one that differs, which needs approval', async () => {
    const access = cluster(receiverService({ selector: { app: 'thanos-recieve' }, clusterIP: '10.96.0.9' }));
    const made = await planned(access, RESTORE, { target: 'receiverService' });
    expect(made).toMatchObject({ risk: 'disruptive', steps: [{ action: 'patch', changes: [{ path: '/spec/selector/app', old: 'thanos-recieve', new: 'thanos-receive' }] }] });
    await expect(execute(access, made, { decisions: [] })).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect(await executeAll(access, made)).toEqual(['patched']);
    expect(await executeAll(access, made)).toEqual(['unchanged']);
  });

  it('has nothing to do, or nothing to go by', async () => {
    expect(await plan(cluster(receiverService({ clusterIP: '10.96.0.9' })), RESTORE, { target: 'receiverService' })).toMatchObject({ kind: 'unneeded' });
    expect(await plan(cluster(undefined, {}), RESTORE, { target: 'receiverService' })).toMatchObject({ kind: 'refused', gates: [{ gate: 'desiredState' }], reason: { en: expect.stringContaining('desiredState.directory') } });
    expect(await plan(cluster(), RESTORE, { target: 'receiver' })).toMatchObject({ kind: 'refused', gates: [{ gate: 'kind' }] });
    expect(await plan(cluster(), RESTORE, { target: 'agentConfig' })).toMatchObject({ kind: 'refused' });
  });

  describe('of several objects', () => {
    const monitor = (name: string, labels: Record<string, string> = { team: 'a' }) => ({ apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', metadata: { name, namespace: NAMESPACE, labels }, spec: { selector: { matchLabels: { app: name } } } });
    const target = (name: string) => ({ apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', namespace: NAMESPACE, name, ports: {} });
    const INPUT = { target: 'exporter', also: ['state', 'elsewhere'] };
    // A runbook may name roles that this cluster does not have.
    const ROLES = ['exporter', 'state', 'elsewhere'];

    function monitored(live: ReadonlyArray<ReturnType<typeof monitor>>, desired: readonly string[] = ['node', 'ksm']): TestAccess {
      const access = accessWith({ targets: { exporter: target('node'), state: target('ksm') } }, Object.fromEntries(desired.map((name) => [`ServiceMonitor ${name}`, monitor(name)])));
      access.kubernetes.put(killSwitch('true'), ...live.map((object) => ({ ...object, metadata: { ...object.metadata, uid: `uid-${object.metadata.name}` } })));
      return access;
    }

    it('restores the one that is missing or differs, and leaves the other alone', async () => {
      expect(await planned(monitored([monitor('node')]), RESTORE, INPUT, ROLES)).toMatchObject({ risk: 'safe', steps: [{ id: 'create-object', action: 'create', object: { name: 'ksm' } }] });
      expect(await planned(monitored([monitor('ksm')]), RESTORE, INPUT, ROLES)).toMatchObject({ risk: 'safe', steps: [{ action: 'create', object: { name: 'node' } }] });
      expect(await planned(monitored([monitor('node'), monitor('ksm', {})]), RESTORE, INPUT, ROLES)).toMatchObject({ risk: 'disruptive', steps: [{ action: 'patch', object: { name: 'ksm' }, changes: [{ path: '/metadata/labels/team', new: 'a' }] }] });
    });

    it('restores both by one plan, which is as risky as its riskiest step and is undone the other way round', async () => {
      const access = monitored([monitor('ksm', { team: 'b' })]);
      const made = await planned(access, RESTORE, INPUT, ROLES);
      expect(made).toMatchObject({ risk: 'disruptive', steps: [{ id: 'create-object-1', object: { name: 'node' } }, { id: 'correct-object-2', object: { name: 'ksm' } }], inverse: [{ id: 'undo-correct-object-2' }, { id: 'undo-create-object-1' }] });
      for (const { id } of made.steps) await execute(access, made, { step: id, targets: ROLES });
      for (const { id } of made.steps) expect((await execute(access, made, { step: id, targets: ROLES })).result).toBe('unchanged');
      for (const { id } of made.inverse) await execute(access, made, { step: id, direction: 'undo', targets: ROLES });
      expect(access.kubernetes.writes).toEqual(['create ServiceMonitor monitoring/node', 'patch ServiceMonitor monitoring/ksm', 'patch ServiceMonitor monitoring/ksm', 'delete ServiceMonitor monitoring/node']);
    });

    it('does what can be known, and says what cannot', async () => {
      expect(await planned(monitored([], ['ksm']), RESTORE, INPUT, ROLES)).toMatchObject({ steps: [{ object: { name: 'ksm' } }] });
      expect(await plan(monitored([monitor('ksm')], ['ksm']), RESTORE, INPUT, ROLES)).toMatchObject({ kind: 'refused', gates: [{ gate: 'desiredState' }], reason: { en: expect.stringContaining('monitoring/node') } });
      expect(await plan(monitored([monitor('node'), monitor('ksm')]), RESTORE, INPUT, ROLES)).toMatchObject({ kind: 'unneeded', reason: { en: expect.stringMatching(/node is as .*ksm is as /) } });
    });
  });

  it('makes nothing else than what is desired, whatever a plan says', async () => {
    const access = cluster();
    const made = await planned(access, RESTORE, { target: 'receiverService' });
    const [step] = made.steps as [Extract<(typeof made.steps)[number], { action: 'create' }>];
    const secret = { apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name: 'x' };
    const hostile = [
      [{ ...step, manifest: receiverService({ externalIPs: ['203.0.113.1'] }) }],
      [{ ...step, object: { ...step.object, name: 'other' } }],
      [{ ...step, object: secret, manifest: { ...secret, metadata: { name: 'x', namespace: NAMESPACE } } }],
      [step, { ...step, id: 'two' }],
      [{ id: step.id, object: step.object, reason: step.reason, action: 'delete' as const }],
    ];
    for (const steps of hostile) await expect(execute(access, forged(made, { steps }))).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('is not made to correct towards something else', async () => {
    const access = cluster(receiverService({ selector: { app: 'wrong' } }));
    const made = await planned(access, RESTORE, { target: 'receiverService' });
    const [step] = made.steps as [Extract<(typeof made.steps)[number], { action: 'patch' }>];
    for (const changes of [[{ path: '/spec/selector/app', old: 'wrong', new: 'evil' }], [...step.changes, { path: '/spec/externalName', new: 'evil.example' }]]) {
      await expect(execute(access, forged(made, { steps: [{ ...step, changes }] }))).rejects.toMatchObject({ type: 'NotAuthorized' });
    }
  });

  it('removes the very object that the plan made, and not one that has taken its name since', async () => {
    const access = cluster();
    const made = await planned(access, RESTORE, { target: 'receiverService' });
    const { uid } = await execute(access, made, { decisions: [] });
    expect(uid).toBe('uid-thanos-receive-lb-new');
    // Somebody removed it, and made another one, which Nightshift has corrected since.
    access.kubernetes.put({ ...receiverService(), metadata: { ...receiverService().metadata, uid: 'uid-of-somebody', managedFields: [{ manager: 'kubectl' }, { manager: 'nightshift' }] } });
    const undo = { direction: 'undo' as const, decisions: [] };
    expect(await execute(access, made, { ...undo, change: { createdUid: uid! } })).toMatchObject({ result: 'unchanged', detail: expect.stringContaining('had gone already') });
    expect(access.kubernetes.find(SERVICE)?.metadata.uid).toBe('uid-of-somebody');
    expect((await execute(access, made, { ...undo, change: { createdUid: 'uid-of-somebody' } })).result).toBe('deleted');
  });

  it('says which object it made though the first answer was lost, and nothing of what somebody else made alike', async () => {
    const access = cluster();
    const made = await planned(access, RESTORE, { target: 'receiverService' });
    await execute(access, made, { decisions: [] });
    expect(await execute(access, made, { decisions: [] })).toMatchObject({ result: 'unchanged', uid: 'uid-thanos-receive-lb-new' });
    access.kubernetes.put({ ...receiverService(), metadata: { ...receiverService().metadata, uid: 'uid-of-somebody', managedFields: [{ manager: 'kubectl' }] } });
    expect((await execute(access, made, { decisions: [] })).uid).toBeUndefined();
  });

  it('is counted once: its undo belongs to it, and is not stopped by a budget that is used up', async () => {
    const access = cluster();
    Object.assign(access.config, { budgets: { perHour: 1 } });
    const made = await planned(access, RESTORE, { target: 'receiverService' });
    await execute(access, made, { decisions: [] });
    const spendBudget = () => Promise.reject(new Error('an undo asks no budget'));
    expect((await execute(access, made, { direction: 'undo', decisions: [], dependencies: { spendBudget } })).result).toBe('deleted');
  });

  it('is undone only where Nightshift made the object, and a patch not without approval', async () => {
    const access = cluster();
    const made = await planned(access, RESTORE, { target: 'receiverService' });
    await execute(access, made, { decisions: [] });
    expect((await execute(access, made, { direction: 'undo', decisions: [] })).result).toBe('deleted');
    expect((await execute(access, made, { direction: 'undo', decisions: [] })).result).toBe('unchanged');

    const somebody = cluster(receiverService());
    await expect(execute(somebody, made, { direction: 'undo' })).rejects.toMatchObject({ type: 'GateRefused', message: expect.stringContaining('somebody else') });
    expect(somebody.kubernetes.find(SERVICE)).toBeDefined();

    // A correction that calls itself safe, made up so that its undoing puts in what the forger wants.
    const [patch] = (await planned(cluster(receiverService({ selector: { app: 'evil' } })), RESTORE, { target: 'receiverService' })).steps;
    const inverse = [{ ...patch!, id: 'undo', changes: [{ path: '/spec/selector/app', old: 'thanos-receive', new: 'evil' }] }] as typeof made.inverse;
    const lie = forged(made, { steps: [patch!], inverse, risk: 'safe', domains: { ...made.domains, undo: 'receive' } });
    await expect(execute(somebody, lie, { direction: 'undo', decisions: [] })).rejects.toMatchObject({ type: 'NotAuthorized', message: expect.stringMatching(/disruptive|approv/) });
    expect(somebody.kubernetes.writes).toEqual([]);
  });
});
