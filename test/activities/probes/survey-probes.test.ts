import { failure, failureTypeOf } from '../../../workflows/contracts';
import type { KubernetesObject } from '../../../activities/kubernetes/gateway';
import { accessWith, agentConfigMap, BAD, claim, GOOD, NAMESPACE, NOW, pod, receiverService, receiverWithClaim, statefulSet, statsSummary, type TestAccess } from '../../support/pipeline-objects';
import { ask } from './ask';

const AGENT = { workload: 'prometheus-agent' };

function pipeline(desired: Parameters<typeof accessWith>[1] = {}): TestAccess {
  const access = accessWith({}, desired);
  access.kubernetes.put(statefulSet(), statefulSet({ ...AGENT, replicas: 1 }), pod({ ...AGENT, ordinal: 0 }), ...[0, 1, 2].map((ordinal) => pod({ ordinal })));
  return access;
}

const event = (name: string, minutesAgo: number, type: string, reason: string, more: object = {}): KubernetesObject => (({
  apiVersion: 'v1', kind: 'Event', metadata: { name, namespace: NAMESPACE }, type, reason, message: `${reason} of ${name}`,
  involvedObject: { kind: 'Pod', name }, lastTimestamp: new Date(Date.parse(NOW) - minutesAgo * 60_000).toISOString(), ...more,
}));

const node = (name: string, change: { ready?: string; pressure?: string; unschedulable?: boolean } = {}): KubernetesObject => ({
  apiVersion: 'v1', kind: 'Node', metadata: { name, namespace: '' }, spec: { ...(change.unschedulable && { unschedulable: true }) },
  status: { allocatable: { cpu: '2', memory: '8Gi' }, conditions: [{ type: 'Ready', status: change.ready ?? 'True', reason: 'x', lastTransitionTime: NOW }, ...(change.pressure ? [{ type: change.pressure, status: 'True' }] : [])] },
});

describe('kubernetes.workloads', () => {
  it('says that all is well', async () => {
    const { fields, summary } = await ask(pipeline(), 'kubernetes.workloads');
    expect(fields).toMatchObject({ notApplicable: false, workloads: 2, pods: 4, readyPods: 4, absent: [], notReady: [], notReadyPods: [], incomplete: [], restartedLately: [] });
    expect(summary).toBe('4 of 4 pods of 2 workloads are ready.');
  });

  it('names roles and pods that are not, and why', async () => {
    const access = pipeline();
    access.kubernetes.put(statefulSet({ update: BAD, current: GOOD }), pod({ ordinal: 1, life: 'crashing', revision: BAD }), pod({ ordinal: 2, life: 'replaying' }), pod({ ...AGENT, ordinal: 0, life: 'unschedulable' }));
    const { fields, table } = await ask(access, 'kubernetes.workloads');
    expect(fields).toMatchObject({ readyPods: 1, notReady: ['agent', 'receiver'], broken: ['receiver'], pending: ['agent'], oomKilled: ['receiver'], waitingReasons: ['CrashLoopBackOff'], incomplete: ['agent', 'receiver'] });
    expect(table!.rows.map(([name]) => name).slice(-1)).toEqual(['thanos-receive-0']);
  });

  it('tells what should be there from what is not used', async () => {
    const bare = accessWith();
    bare.kubernetes.put(statefulSet({ replicas: 0 }));
    // Nothing says how things should be: a configured workload that is not there is a fault.
    expect((await ask(bare, 'kubernetes.workloads')).fields).toMatchObject({ absent: ['agent'], unused: [] });
    const known = accessWith({}, { 'StatefulSet thanos-receive': statefulSet() });
    expect((await ask(known, 'kubernetes.workloads')).fields).toMatchObject({ absent: ['receiver'], unused: ['agent'] });
    expect((await ask(known, 'kubernetes.workloads', { targets: ['agent'] })).fields['notApplicable']).toBe(true);
  });

  it('sees pods that belong to no configured workload, and lets those go that have done their work', async () => {
    const access = pipeline();
    const stranger = (name: string, phase: string): KubernetesObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: NAMESPACE, uid: name }, spec: {}, status: { phase, conditions: [] } });
    access.kubernetes.put(stranger('import-job', 'Succeeded'), stranger('sidekick', 'Pending'));
    expect((await ask(access, 'kubernetes.workloads')).fields['notReadyPods']).toEqual(['sidekick']);
    expect((await ask(access, 'kubernetes.workloads', { targets: ['receiver'] })).fields['notReadyPods']).toEqual([]);
  });

  it('a pod that restarted a moment ago is not stable yet', async () => {
    const access = pipeline();
    const restarted = pod({ ordinal: 1 });
    Object.assign((restarted['status'] as { containerStatuses: object[] }).containerStatuses[0]!, { restartCount: 2, state: { running: { startedAt: '2026-03-01T02:57:00Z' } } });
    access.kubernetes.put(restarted);
    expect((await ask(access, 'kubernetes.workloads')).fields['restartedLately']).toEqual(['thanos-receive-1']);
    await access.clock.sleep(180_000);
    expect((await ask(access, 'kubernetes.workloads')).fields['restartedLately']).toEqual([]);
  });
});

describe('kubernetes.claims', () => {
  const withClaims = () => {
    const access = pipeline();
    access.kubernetes.put(...[0, 1, 2].flatMap((ordinal) => [receiverWithClaim({ ordinal }), claim({ ordinal })]));
    access.kubernetes.pages = { 'node-0 /stats/summary': statsSummary({ 'data-thanos-receive-0': 0.5 }), 'node-1 /stats/summary': statsSummary({ 'data-thanos-receive-1': 0.98 }), 'node-2 /stats/summary': 'garbage' };
    return access;
  };

  it('names what is full and whose it is; a kubelet that talks garbage leaves its claims unknown', async () => {
    const { fields, summary } = await ask(withClaims(), 'kubernetes.claims');
    expect(fields).toMatchObject({ claims: 3, known: 2, notBound: [], full: ['data-thanos-receive-1'], fullRoles: ['receiver'], filling: ['data-thanos-receive-1'] });
    expect(summary).toBe('All 3 claims are bound; the fullest, data-thanos-receive-1, is 98 % full; less than 15 % free: data-thanos-receive-1.');
  });

  it('sees a claim that is not bound, mounted or not', async () => {
    const access = withClaims();
    const lost = claim({ ordinal: 7 });
    lost['status'] = { phase: 'Pending' };
    access.kubernetes.put(lost);
    const { fields, table } = await ask(access, 'kubernetes.claims');
    expect(fields['notBound']).toEqual(['data-thanos-receive-7']);
    expect(table!.rows[0]).toEqual(['data-thanos-receive-7', '', 'Pending', '100Gi', 'unknown', 'unknown']);
    expect((await ask(access, 'kubernetes.claims', { targets: ['receiver'] })).fields).toMatchObject({ claims: 3, notBound: [] });
  });

  it('has nothing to say where there is none', async () => {
    expect((await ask(pipeline(), 'kubernetes.claims')).fields).toMatchObject({ notApplicable: true, claims: 0 });
    expect((await ask(accessWith(), 'kubernetes.claims', { targets: ['agent'] })).fields['notApplicable']).toBe(true);
  });
});

describe('kubernetes.endpoints', () => {
  const slice = (ready: string[], notReady: string[] = []): KubernetesObject => ({
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'lb-1', namespace: NAMESPACE, labels: { 'kubernetes.io/service-name': 'thanos-receive-lb' } },
    endpoints: [...ready.map((address) => ({ addresses: [address], conditions: { ready: true } })), ...notReady.map((address) => ({ addresses: [address], conditions: { ready: false } }))],
  });

  it('compares ready addresses with the pods that are selected', async () => {
    const access = pipeline();
    access.kubernetes.put(receiverService(), slice(['10.0.0.1', '10.0.0.2', '10.0.0.3']));
    expect((await ask(access, 'kubernetes.endpoints')).fields).toMatchObject({ notApplicable: false, services: 1, absent: [], withoutReady: [], incomplete: [], readyAddresses: 3 });
    access.kubernetes.put(slice(['10.0.0.1'], ['10.0.0.2', '10.0.0.3']));
    const { fields, summary, table } = await ask(access, 'kubernetes.endpoints');
    expect(fields).toMatchObject({ withoutReady: [], incomplete: ['thanos-receive-lb'] });
    expect(summary).toBe('Of 1 Services: fewer than selected behind thanos-receive-lb.');
    expect(table!.rows).toEqual([['thanos-receive-lb', '1', '2', '3']]);
  });

  it('sees a Service that leads nowhere, and one that is gone', async () => {
    const access = pipeline();
    access.kubernetes.put(receiverService({ selector: { app: 'nobody' } }));
    expect((await ask(access, 'kubernetes.endpoints')).fields).toMatchObject({ withoutReady: ['thanos-receive-lb'] });
    const gone = pipeline();
    expect((await ask(gone, 'kubernetes.endpoints')).fields).toMatchObject({ notApplicable: false, absent: ['receiverService'], services: 0 });
    expect((await ask(gone, 'kubernetes.endpoints', { targets: ['agent'] })).fields['notApplicable']).toBe(true);
  });
});

describe('kubernetes.errorLogs', () => {
  const talking = () => {
    const access = pipeline();
    access.kubernetes.put(pod({ ordinal: 1, life: 'crashing' }));
    access.kubernetes.logTexts = {
      'thanos-receive-1/previous': 'ts=2026-03-01T02:58:00Z level=info msg="starting"\nts=2026-03-01T02:58:01Z level=error caller=main.go:1 err="opening storage: unexpected end of JSON input password=hunter22"',
      'thanos-receive-0': 'ts=2026-03-01T02:59:00Z level=error msg="forward: connection refused" n=1\nts=2026-03-01T02:59:05Z level=error msg="forward: connection refused" n=2\nts=2026-03-01T02:59:06Z level=info msg="error-free"',
      'prometheus-agent-0': 'ts=2026-03-01T02:57:00Z level=INFO msg="all is well"',
    };
    return access;
  };

  it('puts the pods side by side, by time, each line once and without secrets', async () => {
    const { fields, table } = await ask(talking(), 'kubernetes.errorLogs');
    expect(fields).toMatchObject({ withErrors: ['thanos-receive-1', 'thanos-receive-0'], matched: ['connectionRefused', 'hashringFileInvalid', 'openingStorage', 'blockUnopenable'], unreadable: [], leftOut: 0 });
    expect(table!.rows.map(([at, name, container]) => [at, name, container])).toEqual([['2026-03-01T02:58:01Z', 'thanos-receive-1', 'previous'], ['2026-03-01T02:59:05Z', 'thanos-receive-0', 'current']]);
    expect(JSON.stringify(table)).not.toContain('hunter22');
  });

  it('shows the last words of a container that ended without an error', async () => {
    const access = talking();
    access.kubernetes.logTexts = { 'thanos-receive-1/previous': 'bye\nsee you' };
    expect((await ask(access, 'kubernetes.errorLogs')).table!.rows.map((row) => row[3])).toEqual(['bye', 'see you']);
  });

  it('says which logs it may not read, and is no answer where it may read none', async () => {
    const access = talking();
    const forbidden = failure('NotAuthorized', 'The Kubernetes API answered 403 to the log of Pod monitoring/x; grant the permission');
    access.kubernetes.before = (call) => {
      if (call === 'logs Pod monitoring/thanos-receive-0') throw forbidden;
    };
    const { fields, summary } = await ask(access, 'kubernetes.errorLogs');
    expect(fields).toMatchObject({ unreadable: ['thanos-receive-0'], withErrors: ['thanos-receive-1'] });
    expect(summary).toContain('not readable: thanos-receive-0 (The Kubernetes API answered 403');
    access.kubernetes.before = (call) => {
      if (call.startsWith('logs ')) throw forbidden;
    };
    await expect(ask(access, 'kubernetes.errorLogs')).rejects.toThrow('grant the permission');
  });
});

describe('kubernetes.nodes', () => {
  it('names nodes that are not ready, short of something, or closed', async () => {
    const access = pipeline();
    access.kubernetes.put(node('a'), node('b', { ready: 'Unknown' }), node('c', { pressure: 'DiskPressure', unschedulable: true }));
    const { fields, summary, table } = await ask(access, 'kubernetes.nodes');
    expect(fields).toEqual({ nodes: 3, notReady: ['b'], pressure: ['c DiskPressure'], cordoned: ['c'] });
    expect(summary).toBe('Of 3 nodes: not ready: b; short: c DiskPressure; closed to new pods: c.');
    expect(table!.rows[0]).toEqual(['b', 'no (x)', NOW, '', '2', '8Gi']);
  });
});

describe('kubernetes.usage', () => {
  const limited = (ordinal: number) => {
    const made = pod({ ordinal });
    return { ...made, spec: { ...(made['spec'] as object), containers: [{ name: 'main', resources: { limits: { memory: '1Gi', cpu: '500m' } } }] } };
  };
  const metric = (kind: 'PodMetrics' | 'NodeMetrics', name: string, namespace: string, usage: object): KubernetesObject =>
    ({ apiVersion: 'metrics.k8s.io/v1beta1', kind, metadata: { name, namespace }, ...(kind === 'PodMetrics' ? { containers: [{ name: 'main', usage }] } : { usage }) }) as unknown as KubernetesObject;

  it('reads the metrics API, and compares with limits', async () => {
    const access = pipeline();
    access.kubernetes.put(node('a'), limited(0), limited(1), metric('NodeMetrics', 'a', '', { cpu: '1900000000n', memory: '2Gi' }), metric('PodMetrics', 'thanos-receive-0', NAMESPACE, { cpu: '480m', memory: '512Mi' }), metric('PodMetrics', 'thanos-receive-1', NAMESPACE, { cpu: '10m', memory: '1000Mi' }));
    const { fields, table } = await ask(access, 'kubernetes.usage');
    expect(fields).toMatchObject({ source: 'metrics API', pods: 2, nodes: 1, podsNearMemoryLimit: ['thanos-receive-1'], podsNearCpuLimit: ['thanos-receive-0'], nodesShortOfCpu: ['a'], nodesShortOfMemory: [], highestMemoryRatio: 1000 / 1024 });
    expect(table!.rows[1]).toEqual(['thanos-receive-1', '10m', '2 %', '1000 MiB', '98 %']);
  });

  it('asks the kubelets where there is none, and says which did not answer', async () => {
    const access = pipeline();
    access.kubernetes.put(node('a'), node('b'), limited(0));
    access.kubernetes.before = (call) => {
      if (call.includes('NodeMetrics')) throw failure('TargetNotFound', 'This cluster has no NodeMetrics');
    };
    access.kubernetes.pages = {
      'a /stats/summary': JSON.stringify({ node: { cpu: { usageNanoCores: 5e8 }, memory: { workingSetBytes: 7.9 * 1024 ** 3 }, fs: { availableBytes: 5, capacityBytes: 100 } }, pods: [{ podRef: { name: 'thanos-receive-0', namespace: NAMESPACE }, memory: { workingSetBytes: 1e8 } }] }),
    };
    const { fields, summary } = await ask(access, 'kubernetes.usage');
    expect(fields).toMatchObject({ source: 'kubelet', pods: 1, nodes: 1, silentNodes: ['b'], nodesShortOfMemory: ['a'], nodesShortOfDisk: ['a'] });
    expect(summary).toContain('no answer from the kubelet of b (kubelet)');
  });

  it('is no answer where nobody says anything, or only garbage', async () => {
    const access = pipeline();
    access.kubernetes.put(node('a'));
    await expect(ask(access, 'kubernetes.usage')).rejects.toThrow('nothing answers /stats/summary on a');
    access.kubernetes.pages = { 'a /stats/summary': '<html>captive portal</html>' };
    await expect(ask(access, 'kubernetes.usage').catch((error: unknown) => failureTypeOf(error))).resolves.toBe('UpstreamRejected');
    access.kubernetes.pages = { 'a /stats/summary': '{}' };
    await expect(ask(access, 'kubernetes.usage')).rejects.toThrow('Neither the metrics API nor a kubelet');
  });
});

describe('kubernetes.events', () => {
  it('sorts them by time, whoever made them, and keeps warnings where there are too many', async () => {
    const access = pipeline();
    access.kubernetes.put(event('b', 2, 'Warning', 'BackOff', { count: 7 }), event('a', 1, 'Normal', 'Pulled'), event('old', 90, 'Warning', 'Failed'), event('series', 50, 'Warning', 'FailedMount', { series: { count: 3, lastObservedTime: '2026-03-01T02:59:59Z' } }));
    const { fields, table, summary } = await ask(access, 'kubernetes.events');
    expect(table!.rows.map((row) => row[2])).toEqual(['FailedMount', 'Pulled', 'BackOff']);
    expect(table!.rows[2]![4]).toBe('BackOff of b (7 times)');
    expect(fields).toEqual({ events: 3, warnings: 2, reasons: ['FailedMount', 'BackOff'], objects: ['Pod series', 'Pod b'], minutesSinceWarning: 0 });
    expect(summary).toBe('2 of 3 events of the last 60 minutes are warnings: FailedMount, BackOff (Pod series, Pod b).');
    access.kubernetes.put(...Array.from({ length: 30 }, (_none, index) => event(`n${index}`, 0, 'Normal', 'Pulled')));
    const crowded = (await ask(access, 'kubernetes.events')).table!.rows;
    expect(crowded).toHaveLength(20);
    expect(crowded.map((row) => row[1])).toContain('Warning');
  });
});

describe('kubernetes.health', () => {
  it('asks every program that runs, and says who does not answer well', async () => {
    const access = accessWith({ targets: { ...accessWith().config.targets, receiver: { ...accessWith().config.targets['receiver']!, ports: { http: 10902 } } } });
    access.kubernetes.put(statefulSet(), ...[0, 1].map((ordinal) => pod({ ordinal })), pod({ ordinal: 2, life: 'unschedulable' }), statefulSet({ ...AGENT, replicas: 1 }), pod({ ...AGENT, ordinal: 0 }));
    access.kubernetes.pages = { 'thanos-receive-0 /-/ready': 'ok', 'prometheus-agent-0 /-/ready': 'ok' };
    const { fields, table } = await ask(access, 'kubernetes.health');
    expect(fields).toEqual({ notApplicable: false, asked: 3, answering: 2, failing: ['thanos-receive-1'], failingRoles: ['receiver'] });
    expect(table!.rows[0]![2]).toContain('nothing answers /-/ready');
  });

  it('is no answer where it may ask nobody', async () => {
    const access = pipeline();
    access.kubernetes.before = (call) => {
      if (call.startsWith('get ')) throw failure('NotAuthorized', '403: grant the permission');
    };
    await expect(ask(access, 'kubernetes.health')).rejects.toThrow('grant the permission');
  });
});

describe('kubernetes.consistency', () => {
  it('compares what the desired state has; the rest is nobody’s business', async () => {
    const access = pipeline({ 'ConfigMap prometheus-agent-config': agentConfigMap('wanted'), 'Service thanos-receive-lb': receiverService(), 'StatefulSet thanos-receive': statefulSet() });
    access.kubernetes.put(agentConfigMap('edited'));
    const { fields, summary } = await ask(access, 'kubernetes.consistency');
    expect(fields).toEqual({ notApplicable: false, compared: 3, differing: ['ConfigMap prometheus-agent-config'], differingRoles: ['agentConfig', 'receiverService'], absent: ['Service thanos-receive-lb'], undecided: [] });
    expect(summary).toBe('Of 3 objects in the desired state: missing: Service thanos-receive-lb; different: ConfigMap prometheus-agent-config.');
  });

  it('cannot compare without a desired state, and says so', async () => {
    expect((await ask(pipeline(), 'kubernetes.consistency')).fields).toMatchObject({ notApplicable: true, compared: 0 });
  });
});

describe('network.names', () => {
  const resolving = (known: Record<string, string[]>): TestAccess => ({ ...pipeline(), names: { addresses: async (name) => known[name] ?? [] } });

  it('asks for every Service, with a name that must be there beside them', async () => {
    expect((await ask(resolving({ 'kubernetes.default.svc': ['10.96.0.1'], 'thanos-receive-lb.monitoring.svc': ['10.96.0.7'] }), 'network.names')).fields).toEqual({ notApplicable: false, asked: 1, unresolved: [], dnsAnswers: true });
    expect((await ask(resolving({ 'kubernetes.default.svc': ['10.96.0.1'] }), 'network.names')).fields).toMatchObject({ unresolved: ['thanos-receive-lb.monitoring.svc'], dnsAnswers: true });
    expect((await ask(resolving({}), 'network.names')).summary).toContain('DNS is away');
  });

  it('cannot ask from outside of the cluster', async () => {
    expect((await ask(pipeline(), 'network.names')).fields).toMatchObject({ notApplicable: true, dnsAnswers: null });
  });
});
