import { accessWith, agentConfigFile, agentConfigMap, agentMetrics, killSwitch, NAMESPACE, pod, RIGHT_URL, statefulSet, type AgentNumbers, type TestAccess } from '../../support/pipeline-objects';
import { execute, forged, plan, planned } from './harness';

const RAISE = 'kubernetes.raiseAgentShards';
const AGENT = 'prometheus-agent-0';
const PLAIN = agentConfigFile(RIGHT_URL);
const withShards = (shards: number) => `${PLAIN.trimEnd()}\n    queue_config:\n      capacity: 10000 # per sender\n      max_shards: ${shards}\n`;
const FILE = withShards(50);

interface Shape {
  file?: string;
  loaded?: string;
  numbers?: AgentNumbers;
}

/** An agent that wants 70 senders of 50, and delivers what it sends. */
function agent({ file = FILE, loaded = file, numbers = {} }: Shape = {}): TestAccess {
  const access = accessWith();
  access.kubernetes.put(killSwitch('true'), agentConfigMap(file), statefulSet({ workload: 'prometheus-agent', replicas: 1 }), pod({ workload: 'prometheus-agent', ordinal: 0 }));
  let looks = 0;
  access.kubernetes.pages[`${AGENT} /metrics`] = () => agentMetrics(access.clock.now(), { lag: 2, desired: 70, attempted: 1000 * (looks += 1), ...numbers });
  runsWith(access, loaded);
  return access;
}

function runsWith(access: TestAccess, file: string): void {
  access.kubernetes.pages[`${AGENT} /api/v1/status/config`] = JSON.stringify({ status: 'success', data: { yaml: file } });
}

const fileIn = (access: TestAccess) => (access.kubernetes.find({ kind: 'ConfigMap', namespace: NAMESPACE, name: 'prometheus-agent-config' })?.['data'] as Record<string, string>)['prometheus.yml'];

describe('kubernetes.raiseAgentShards', () => {
  it('doubles max_shards and nothing else, and has the agent read it without a restart', async () => {
    const access = agent();
    const made = await planned(access, RAISE, {});
    expect(made).toMatchObject({ risk: 'disruptive', blastRadius: { pods: [] } });
    expect(made.steps.map(({ action, object }) => `${action} ${object.kind}`)).toEqual(['patch ConfigMap', 'reload Pod']);
    expect(made.diff).toContain('-      max_shards: 50');
    expect(made.diff).toContain('+      max_shards: 100');
    expect(made.diff).toContain('capacity: 10000 # per sender');
    expect((await execute(access, made)).result).toBe('patched');
    expect(fileIn(access)).toBe(withShards(100));
    // It says what it runs with only once it has read it; that it wants no more by then stops nothing.
    access.kubernetes.pages[`${AGENT} /metrics`] = () => agentMetrics(access.clock.now(), { desired: 3 });
    access.kubernetes.after = (call) => call.startsWith('post') && runsWith(access, withShards(100));
    expect((await execute(access, made, { step: made.steps[1]!.id })).result).toBe('reloaded');
  });

  it('says the number where the file says none: twice the default, at most 200', async () => {
    const changed = (await planned(agent({ file: PLAIN }), RAISE, {})).steps[0]!;
    expect(changed.action === 'patch' && changed.changes[0]?.new).toContain('max_shards: 100');
    const most = (await planned(agent({ file: withShards(150) }), RAISE, {})).steps[0]!;
    expect(most.action === 'patch' && most.changes[0]?.new).toContain('max_shards: 200');
    expect(await plan(agent({ file: withShards(200) }), RAISE, {})).toMatchObject({ kind: 'refused', gates: [{ gate: 'oneStep' }] });
  });

  it.each<[string, Shape, string]>([
    ['the agent is behind: what is unsent would be skipped', { numbers: { lag: 60 } }, 'unsentSamples'],
    ['its senders are enough', { numbers: { desired: 20 } }, 'senderLimited'],
    ['what it sends is given back', {}, 'receiversKeepUp'],
    ['there are several remote writes', { file: `${PLAIN.trimEnd()}\n  - url: http://elsewhere.monitoring.svc/api/v1/receive\n` }, 'oneStep'],
  ])('is refused where %s', async (_name, shape, gate) => {
    const access = agent(shape);
    if (gate === 'receiversKeepUp') {
      let looks = 0;
      access.kubernetes.pages[`${AGENT} /metrics`] = () => agentMetrics(access.clock.now(), { desired: 70, attempted: 1000 * (looks += 1), retried: 100 * looks });
    }
    const refused = await plan(access, RAISE, {});
    if (refused.kind !== 'refused') throw new Error(refused.kind);
    expect(refused.gates.filter(({ passed }) => !passed).map((item) => item.gate)).toEqual([gate]);
    expect(access.kubernetes.writes).toEqual([]);
  });

  it('carries out nothing that somebody else has put into the plan', async () => {
    const access = agent();
    const made = await planned(access, RAISE, {});
    const [patch, reload] = made.steps;
    if (patch?.action !== 'patch') throw new Error('no patch');
    for (const edited of [withShards(150), withShards(100).replace('thanos-receive-lb', 'elsewhere'), withShards(40)]) {
      const wrong = forged(made, { steps: [{ ...patch, changes: [{ ...patch.changes[0]!, new: edited }] }, reload!] });
      await expect(execute(access, wrong)).rejects.toMatchObject({ type: 'NotAuthorized' });
    }
    expect(access.kubernetes.writes).toEqual([]);
  });
});
