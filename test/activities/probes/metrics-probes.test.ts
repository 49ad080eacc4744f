import type { AlertmanagerGateway } from '../../../activities/alertmanager/gateway';
import type { KubernetesObject } from '../../../activities/kubernetes/gateway';
import type { QueryGateway, Sample } from '../../../activities/prometheus/gateway';
import { accessWith, agentMetrics, pod, statefulSet, type AgentNumbers, type PodLife, type TestAccess } from '../../support/pipeline-objects';
import { ask } from './ask';

const AGENT_PAGE = 'prometheus-agent-0 /metrics';

/** An agent whose pages are read one after the other; the last one stays. */
function agent(looks: AgentNumbers[], life: PodLife = 'ready', config: Parameters<typeof accessWith>[0] = {}): TestAccess {
  const access = accessWith(config);
  access.kubernetes.put(statefulSet({ workload: 'prometheus-agent', replicas: 1 }), pod({ workload: 'prometheus-agent', ordinal: 0, life }));
  let look = 0;
  access.kubernetes.pages[AGENT_PAGE] = () => agentMetrics(access.clock.now(), looks[Math.min(look++, looks.length - 1)]);
  return access;
}

describe('prometheus.agentRemoteWrite', () => {
  const remoteWrite = (access: TestAccess, change = {}) => ask(access, 'prometheus.agentRemoteWrite', {}, change);

  it('sees delivery', async () => {
    const { fields, summary } = await remoteWrite(agent([{}, { attempted: 1600, appended: 1600 }]));
    expect(fields).toMatchObject({ running: true, agents: 1, remoteWriteConfigured: true, lagSeconds: 2, deliveredRatio: 1, samplesPerSecond: 100, windowSeconds: 6, shardsDesired: 1.5, shardsMax: 50, senderLimited: false, pending: 12 });
    expect(summary).toBe('The agent delivered 100.0 % over 6 s (rejected 0.0 %, retried 0.0 %); it is 2 s behind.');
  });

  it('sees a dead receiver as retried, and the lag', async () => {
    expect((await remoteWrite(agent([{ lag: 100 }, { attempted: 1100, retried: 100, lag: 100 }]))).fields).toMatchObject({ retriedRatio: 1, failedRatio: 0, deliveredRatio: 0, lagSeconds: 100 });
  });

  it('says that no agent runs', async () => {
    for (const access of [agent([{}], 'crashing'), accessWith()]) {
      const { fields, summary } = await remoteWrite(access);
      expect(fields).toMatchObject({ running: false, lagSeconds: null, deliveredRatio: null, remoteWriteConfigured: null });
      expect(summary).toBe('No agent runs.');
    }
  });

  describe('of an agent that has a reloader beside it', () => {
    const withReloader = (change: object = {}) => {
      const access = agent([{}], 'badImage');
      const bare = pod({ workload: 'prometheus-agent', ordinal: 0, life: 'badImage' });
      const status = bare['status'] as { containerStatuses: object[] };
      access.kubernetes.put({ ...bare, spec: { containers: [{ name: 'main' }, { name: 'config-reloader' }] }, status: { ...status, containerStatuses: [...status.containerStatuses, { name: 'config-reloader', ready: true, restartCount: 0, state: { running: {} } }] }, metadata: { ...bare.metadata, ...change } } as KubernetesObject);
      return access;
    };

    it('goes by the container that the pod names', async () => {
      expect((await remoteWrite(withReloader({ annotations: { 'kubectl.kubernetes.io/default-container': 'main' } }))).fields).toMatchObject({ running: false, agents: 0 });
    });

    it('goes by the container that the configuration names', async () => {
      const access = withReloader();
      access.config.targets['agent'] = { ...access.config.targets['agent']!, container: 'main' };
      expect((await remoteWrite(access)).fields).toMatchObject({ running: false });
    });

    it('takes any for the agent where nobody names one, or one that is not there', async () => {
      for (const annotations of [{}, { 'kubectl.kubernetes.io/default-container': 'istio-proxy' }]) expect((await remoteWrite(withReloader({ annotations }))).fields).toMatchObject({ running: true });
    });
  });

  it('throws when an agent runs and does not answer, or answers nonsense', async () => {
    const access = agent([{}]);
    access.kubernetes.pages = {};
    await expect(remoteWrite(access)).rejects.toThrow(/nothing answers/);
    access.kubernetes.pages[AGENT_PAGE] = '<html>login</html>';
    await expect(remoteWrite(access)).rejects.toThrow(/is not understood: line 1/);
  });

  it('waits less where time is short, and not too little where the factor is small', async () => {
    const short = agent([{}]);
    await remoteWrite(short, { timeoutMs: 5_000 });
    expect(short.clock.slept).toEqual([3_000]);
    const lab = agent([{}], 'ready', { timeFactor: 0.05 });
    await remoteWrite(lab);
    expect(lab.clock.slept).toEqual([2_000]);
  });

  it('says that remote write is not configured', async () => {
    const access = agent([{}]);
    access.kubernetes.pages[AGENT_PAGE] = 'process_start_time_seconds 1\n';
    expect((await remoteWrite(access)).fields).toMatchObject({ remoteWriteConfigured: false, lagSeconds: null });
  });
});

describe('prometheus.agentDelivery', () => {
  it('watches for a minute, times the factor, and says whether it could', async () => {
    const access = agent([{}, { attempted: 2000 }]);
    expect((await ask(access, 'prometheus.agentDelivery', {}, { timeoutMs: 90_000 })).fields).toMatchObject({ deliveredRatio: 1, windowSeconds: 60, complete: true });
    const short = agent([{}, { attempted: 2000 }]);
    expect((await ask(short, 'prometheus.agentDelivery', {}, { timeoutMs: 10_000 })).fields).toMatchObject({ windowSeconds: 8, complete: false });
    const lab = agent([{}, { attempted: 2000 }], 'ready', { timeFactor: 0.1 });
    expect((await ask(lab, 'prometheus.agentDelivery', {}, { timeoutMs: 20_000 })).fields).toMatchObject({ windowSeconds: 6, complete: true });
  });

  it('knows no ratio when the agent was restarted meanwhile', async () => {
    const { fields } = await ask(agent([{}, { attempted: 10, started: 1_800_000_000 }]), 'prometheus.agentDelivery', {}, { timeoutMs: 90_000 });
    expect(fields).toMatchObject({ restarted: true, deliveredRatio: null });
  });
});

describe('thanos.receivers', () => {
  const page = (requests: number, errors: number, forwardErrors: number, hash = 1) => [
    `http_requests_total{code="200",handler="receive",method="post"} ${requests - errors}`, `http_requests_total{code="503",handler="receive",method="post"} ${errors}`,
    'http_requests_total{code="500",handler="other"} 999', `thanos_receive_forward_requests_total{result="success"} ${requests - forwardErrors}`, `thanos_receive_forward_requests_total{result="error"} ${forwardErrors}`,
    'thanos_receive_hashring_nodes{name="default"} 3', `thanos_receive_config_hash ${hash}`, '',
  ].join('\n');
  const receivers = (lives: PodLife[], pages: string[][]) => {
    const access = accessWith();
    access.kubernetes.put(statefulSet(), ...lives.map((life, ordinal) => pod({ ordinal, life })));
    pages.forEach((looks, ordinal) => {
      let look = 0;
      access.kubernetes.pages[`thanos-receive-${ordinal} /metrics`] = () => looks[Math.min(look++, looks.length - 1)]!;
    });
    return access;
  };

  it('adds up the ready ones', async () => {
    const access = receivers(['ready', 'ready', 'crashing'], [[page(100, 0, 0), page(200, 50, 20)], [page(100, 0, 0), page(200, 0, 0)]]);
    const { fields, table } = await ask(access, 'thanos.receivers');
    expect(fields).toMatchObject({ answering: 2, serverErrorRatio: 0.25, forwardErrorRatio: 0.1, hashringNodes: 3, oneHashring: true, windowSeconds: 6 });
    expect(table?.rows).toHaveLength(2);
  });

  it('sees different rings, a counter that began anew, and silence', async () => {
    const access = receivers(['ready', 'ready', 'ready'], [[page(100, 0, 0, 1), page(10, 5, 0, 1)], [page(0, 0, 0, 2)], [page(0, 0, 0, 1)]]);
    expect((await ask(access, 'thanos.receivers')).fields).toMatchObject({ oneHashring: false, serverErrorRatio: 0.5 });
    expect((await ask(receivers(['ready'], [[page(7, 1, 1)]]), 'thanos.receivers')).fields).toMatchObject({ serverErrorRatio: null, forwardErrorRatio: null });
  });

  it('has nobody to ask when none is ready', async () => {
    expect((await ask(receivers(['crashing'], []), 'thanos.receivers')).fields).toMatchObject({ answering: 0, serverErrorRatio: null, oneHashring: null });
  });

  it('says when it is asked of something else', async () => {
    await expect(ask(receivers(['ready'], [['up 1\n']]), 'thanos.receivers')).rejects.toThrow(/not those of Thanos/);
  });
});

describe('thanos.query', () => {
  const queried = (answers: Record<string, number | undefined>, warnings: string[] = []): QueryGateway => ({
    query: (promql) => {
      const value = answers[Object.keys(answers).find((prefix) => promql.startsWith(prefix)) ?? ''];
      const samples: Sample[] = value === undefined ? [] : [{ name: '', labels: {}, value }];
      return Promise.resolve({ samples, warnings });
    },
    queryRange: () => Promise.resolve({ series: [], warnings }),
  });

  it('is not applicable where there is none', async () => {
    expect((await ask(accessWith(), 'thanos.query')).fields).toMatchObject({ notApplicable: true, upSeries: null });
  });

  it('counts, with warnings', async () => {
    const access = accessWith();
    access.query = queried({ 'count(up{cluster="cluster-03"})': 20, 'count(up{cluster="cluster-03"} == 1)': 19, time: 7 }, ['one store is away']);
    expect((await ask(access, 'thanos.query')).fields).toEqual({ notApplicable: false, upSeries: 20, upRatio: 0.95, ageSeconds: 7, warnings: ['one store is away'] });
  });

  it('treats an empty result as nothing there', async () => {
    const access = accessWith();
    access.query = queried({});
    expect((await ask(access, 'thanos.query')).fields).toEqual({ notApplicable: false, upSeries: 0, upRatio: null, ageSeconds: null, warnings: [] });
  });
});

describe('alertmanager.alerts', () => {
  it('asks for the cluster’s alerts of these names', async () => {
    const access = accessWith();
    const asked: string[][] = [];
    const gateway: AlertmanagerGateway = {
      activeAlerts: (filter) => {
        asked.push(filter);
        return Promise.resolve([{ fingerprint: '1', labels: { alertname: 'RemoteWriteLagging' }, startsAt: '', state: 'suppressed', receivers: [], silencedBy: [] }]);
      },
    };
    access.alertmanager = gateway;
    const { fields } = await ask(access, 'alertmanager.alerts', { alertnames: ['RemoteWriteLagging', 'TargetDown'] });
    expect(asked).toEqual([['alertname=~"RemoteWriteLagging|TargetDown"', 'cluster="cluster-03"']]);
    expect(fields).toEqual({ notApplicable: false, active: 1, suppressed: 1, names: ['RemoteWriteLagging'] });
    await ask(access, 'alertmanager.alerts', { alertnames: ['A'], label: null });
    expect(asked[1]).toEqual(['alertname=~"A"']);
  });

  it('is not applicable where there is none, and takes no expressions for names', async () => {
    expect((await ask(accessWith(), 'alertmanager.alerts', { alertnames: ['A'] })).fields['notApplicable']).toBe(true);
    await expect(ask(accessWith(), 'alertmanager.alerts', { alertnames: ['A"} or {x="'] })).rejects.toThrow(/alertnames\.0/);
  });
});
