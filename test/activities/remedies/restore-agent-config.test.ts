import { failure, failureTypeOf } from '../../../workflows/contracts';
import { accessWith, agentConfigFile, agentConfigMap, agentMetrics, killSwitch, NAMESPACE, pod, RIGHT_URL, statefulSet, type AgentNumbers, type PodLife, type TestAccess } from '../../support/pipeline-objects';
import { approval, execute, executeAll, forged, plan, planned } from './harness';

const RESTORE = 'kubernetes.restoreAgentConfig';
const WRONG_HOST = agentConfigFile('http://thanos-recieve-lb.monitoring.svc:19291/api/v1/receive');
const WRONG_PATH = agentConfigFile('http://thanos-receive-lb.monitoring.svc:19291/api/v1/write');
const RIGHT = agentConfigFile(RIGHT_URL);
const AGENT = 'prometheus-agent-0';

interface Shape {
  file?: string;
  desired?: string;
  life?: PodLife;
  looks?: AgentNumbers[];
  loaded?: string;
  timeFactor?: number;
}

/** An agent with this file in its ConfigMap, which it runs with. */
function agent({ file = WRONG_HOST, desired = RIGHT, life = 'ready', looks = [{ lag: 100 }, { lag: 102, attempted: 1000, appended: 1600 }], loaded = file, timeFactor = 1 }: Shape = {}): TestAccess {
  const access = accessWith({ timeFactor }, { 'ConfigMap prometheus-agent-config': agentConfigMap(desired) });
  access.kubernetes.put(killSwitch('true'), agentConfigMap(file), statefulSet({ workload: 'prometheus-agent', replicas: 1 }), pod({ workload: 'prometheus-agent', ordinal: 0, life }));
  let look = 0;
  access.kubernetes.pages[`${AGENT} /metrics`] = () => agentMetrics(access.clock.now(), looks[look++ % looks.length]);
  runWith(access, loaded);
  return access;
}
function runWith(access: TestAccess, file: string): void {
  access.kubernetes.pages[`${AGENT} /api/v1/status/config`] = JSON.stringify({ status: 'success', data: { yaml: file } });
}
const restored = (access: TestAccess) => planned(access, RESTORE, {});

describe('kubernetes.restoreAgentConfig plans', () => {
  it('with an agent that lags: a destructive edit that names what is lost, and no restart', async () => {
    const access = agent();
    const made = await restored(access);
    expect(made).toMatchObject({ risk: 'destructive', blastRadius: { pods: [] }, desiredState: 'manifests directory (prometheus-agent-config.yaml)' });
    expect(made.steps.map(({ action, object }) => `${action} ${object.kind} ${object.name}`)).toEqual(['patch ConfigMap prometheus-agent-config', `reload Pod ${AGENT}`]);
    expect(made.expectedLoss?.en).toBe('About 30,600 samples are lost: the last 102 s at 300.0 samples a second, which the agent has not sent and skips when its remote write is changed.');
    expect(made.diff).toContain('-  - url: http://thanos-recieve-lb');
    expect(made.diff).toContain('+  - url: http://thanos-receive-lb');
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('with an agent that keeps nothing back (404): a disruptive one', async () => {
    const made = await restored(agent({ file: WRONG_PATH, looks: [{ lag: 3 }, { lag: 3, attempted: 1600, failed: 600 }] }));
    expect(made.risk).toBe('disruptive');
    expect(made).not.toHaveProperty('expectedLoss');
  });

  it.each<[string, (access: TestAccess) => void]>([
    ['does not answer', (access) => delete access.kubernetes.pages[`${AGENT} /metrics`]],
    ['answers nonsense', (access) => (access.kubernetes.pages[`${AGENT} /metrics`] = '<html>')],
    ['shows no lag', (access) => (access.kubernetes.pages[`${AGENT} /metrics`] = 'up 1\n')],
    ['has no metrics port in the configuration', (access) => delete access.config.targets['agent']!.ports['metrics']],
  ])('with an agent that runs and %s: destructive, with a loss that nobody knows', async (_name, breakIt) => {
    const access = agent();
    breakIt(access);
    expect(await restored(access)).toMatchObject({ risk: 'destructive', expectedLoss: { en: expect.stringContaining('cannot be read') } });
  });

  it('with an agent that does not run: disruptive, nothing is left to protect, and nobody to reload', async () => {
    const made = await restored(agent({ life: 'crashing' }));
    expect(made.risk).toBe('disruptive');
    expect(made.steps).toHaveLength(1);
    expect(made.gates.find(({ gate }) => gate === 'unsentSamples')?.reason.en).toContain('nothing left to protect');
  });

  it('takes 30 s for behind, times the factor, and never less than 10 s', async () => {
    const risk = async (lag: number, timeFactor: number) => (await restored(agent({ looks: [{ lag }], timeFactor }))).risk;
    expect([await risk(29, 1), await risk(32, 1), await risk(9, 0.01), await risk(12, 0.01), await risk(16, 0.5)]).toEqual(['disruptive', 'destructive', 'disruptive', 'destructive', 'destructive']);
  });

  it('a harmless edit where remote write is not concerned, however far behind the agent is', async () => {
    const made = await restored(agent({ file: `${RIGHT}scrape_configs:\n  - job_name: odd\n` }));
    expect(made.risk).toBe('disruptive');
    expect(made).not.toHaveProperty('expectedLoss');
  });

  it('an edit of the external labels is one of remote write', async () => {
    expect((await restored(agent({ file: RIGHT.replace('cluster: cluster-03', 'cluster: cluster-04') }))).risk).toBe('destructive');
  });

  it('only the reload where the file is right and the agent runs with another', async () => {
    expect((await restored(agent({ file: RIGHT, loaded: WRONG_HOST }))).steps.map(({ action }) => action)).toEqual(['reload']);
    expect(await plan(agent({ file: RIGHT }), RESTORE, {})).toMatchObject({ kind: 'unneeded' });
  });

  it.each<[string, Shape, RegExp]>([
    ['no agent takes', { desired: 'remote_write: [' }, /no YAML/],
    ['sends nowhere', { desired: 'global: {}\n' }, /remote_write/],
    ['holds a password', { desired: `${RIGHT}    basic_auth:\n      username: u\n      password: hunter2secret\n` }, /password or token/],
    ['is too large', { desired: `${RIGHT}# ${'x'.repeat(60_000)}\n` }, /too large/],
  ])('nothing from a desired file that %s', async (_name, shape, why) => {
    const result = await plan(agent(shape), RESTORE, {});
    expect(result).toMatchObject({ kind: 'refused', gates: [{ gate: 'validConfig' }], reason: { en: expect.stringMatching(why) } });
    expect(JSON.stringify(result)).not.toContain('hunter2secret');
  });

  it('nothing where nobody says how it should be', async () => {
    const access = agent();
    access.desiredState = { find: () => Promise.resolve(undefined) };
    expect(await plan(access, RESTORE, {})).toMatchObject({ kind: 'refused', gates: [{ gate: 'desiredState' }] });
  });

  it('for the agent and its configuration only', async () => {
    await expect(plan(agent(), RESTORE, { agent: 'receiver' })).rejects.toMatchObject({ type: 'InvalidInput' });
    await expect(plan(agent(), RESTORE, { target: 'killSwitch' })).rejects.toMatchObject({ type: 'InvalidInput' });
  });
});

describe('kubernetes.restoreAgentConfig is executed', () => {
  it('patches, has the agent reload, and never restarts it', async () => {
    const access = agent();
    const made = await restored(access);
    access.kubernetes.after = (call) => call.startsWith('post') && runWith(access, `${RIGHT}scrape_configs: []\n`);
    expect(await executeAll(access, made)).toEqual(['patched', 'reloaded']);
    expect(await executeAll(access, made)).toEqual(['unchanged', 'unchanged']);
    expect(access.kubernetes.writes).toEqual(['patch ConfigMap monitoring/prometheus-agent-config', `post monitoring/${AGENT} /-/reload`]);
  });

  it('asks again until the node has brought the file', async () => {
    const access = agent();
    const made = await restored(access);
    await execute(access, made);
    const reload = made.steps[1]!.id;
    const early: unknown = await execute(access, made, { step: reload }).catch((error: unknown) => error);
    expect(failureTypeOf(early)).toBe('NotYetConverged');
    access.kubernetes.after = () => runWith(access, RIGHT);
    expect((await execute(access, made, { step: reload })).result).toBe('reloaded');
  });

  it('leaves a replaced agent alone: it has read the file at its start', async () => {
    const access = agent();
    const made = await restored(access);
    access.kubernetes.put(pod({ workload: 'prometheus-agent', ordinal: 0, uid: 'uid-new' }));
    expect((await execute(access, made, { step: made.steps[1]!.id })).result).toBe('unchanged');
  });

  it('takes two people when samples are lost', async () => {
    const access = agent();
    const made = await restored(access);
    await expect(execute(access, made, { decisions: [approval(made)] })).rejects.toMatchObject({ type: 'NotAuthorized', message: expect.stringContaining('lacks 1 valid approval') });
    expect((await execute(access, made)).result).toBe('patched');
  });

  it('is refused when the agent began to lag after it was approved as disruptive', async () => {
    const access = agent({ looks: [{ lag: 1 }] });
    const made = await restored(access);
    expect(made.risk).toBe('disruptive');
    access.kubernetes.pages[`${AGENT} /metrics`] = () => agentMetrics(access.clock.now(), { lag: 300 });
    await expect(execute(access, made)).rejects.toMatchObject({ type: 'GateRefused', message: expect.stringContaining('finds it destructive now') });
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('is refused when it is relabelled', async () => {
    const access = agent();
    const made = await restored(access);
    for (const risk of ['safe', 'disruptive'] as const) await expect(execute(access, forged(made, { risk }))).rejects.toMatchObject({ type: 'GateRefused' });
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('not with another file, another key, another object, another program or another path', async () => {
    const access = agent();
    const made = await restored(access);
    const [patch, reload] = made.steps as [Extract<(typeof made.steps)[number], { action: 'patch' }>, Extract<(typeof made.steps)[number], { action: 'reload' }>];
    access.kubernetes.put(pod({ ordinal: 0 }));
    const hostile = [
      [{ ...patch, changes: [{ ...patch.changes[0]!, new: WRONG_PATH }] }, reload],
      [{ ...patch, changes: [{ path: '/data/other', old: 'x', new: RIGHT }] }, reload],
      [{ ...patch, changes: [...patch.changes, { path: '/data/evil', new: 'x' }] }, reload],
      [{ ...patch, object: { ...patch.object, name: 'nightshift-automation' } }],
      [patch, { ...reload, path: '/-/quit' }],
      [patch, { ...reload, port: 22 }],
      [patch, { ...reload, object: { ...reload.object, name: 'thanos-receive-0', uid: 'uid-thanos-receive-0' } }],
      [patch, { id: 'r', action: 'evict' as const, object: reload.object, reason: reload.reason }],
    ];
    for (const steps of hostile) await expect(execute(access, forged(made, { steps }))).rejects.toMatchObject({ type: 'NotAuthorized' });
    await expect(execute(access, made, { targets: ['agentConfig', 'receiver'] })).rejects.toMatchObject({ type: 'NotAuthorized' });
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('says when the file was changed by somebody else meanwhile', async () => {
    const access = agent();
    const made = await restored(access);
    access.kubernetes.put(agentConfigMap(WRONG_PATH));
    await expect(execute(access, made)).rejects.toMatchObject({ type: 'Conflict' });
    expect(access.kubernetes.find({ kind: 'ConfigMap', namespace: NAMESPACE, name: 'prometheus-agent-config' })?.['data']).toEqual({ 'prometheus.yml': WRONG_PATH });
  });

  it('repeats what an agent says that may not reload', async () => {
    const access = agent();
    const made = await restored(access);
    await execute(access, made);
    access.kubernetes.before = (call) => {
      if (call.startsWith('post')) throw failure('NotAuthorized', 'Lifecycle API is not enabled.');
    };
    await expect(execute(access, made, { step: made.steps[1]!.id })).rejects.toThrow('Lifecycle API');
  });

  it('is undone by its inverse', async () => {
    const access = agent();
    const made = await restored(access);
    await execute(access, made);
    expect((await execute(access, made, { direction: 'undo' })).result).toBe('patched');
    expect(access.kubernetes.find({ kind: 'ConfigMap', namespace: NAMESPACE, name: 'prometheus-agent-config' })?.['data']).toEqual({ 'prometheus.yml': WRONG_HOST });
  });
});
