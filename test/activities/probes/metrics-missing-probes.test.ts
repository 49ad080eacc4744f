import type { QueryGateway, Sample } from '../../../activities/prometheus/gateway';
import { scrapeErrorOf } from '../../../activities/prometheus/scrape-errors';
import { failure, type JsonObject } from '../../../workflows/contracts';
import { accessWith, agentConfigMap, agentMetrics, BAD, GOOD, controllerRevision, NAMESPACE, pod, statefulSet, type TestAccess } from '../../support/pipeline-objects';
import { ask } from './ask';

const AGENT = 'prometheus-agent';

function agent(life: 'ready' | 'badImage' | 'unschedulable' = 'ready'): TestAccess {
  const access = accessWith({}, { 'ConfigMap prometheus-agent-config': agentConfigMap('scrape_configs: [{ job_name: pods }, { job_name: shop }]\n') });
  access.kubernetes.put(statefulSet({ workload: AGENT, replicas: 1 }), pod({ ordinal: 0, workload: AGENT, life }));
  return access;
}

describe('what a scrape error means', () => {
  it.each([
    ['Get "http://10.0.0.1:9100/metrics": dial tcp 10.0.0.1:9100: connect: connection refused', 'refused'],
    ['Get "http://shop:80/metrics": dial tcp: lookup shop on 10.96.0.10:53: no such host', 'noSuchHost'],
    ['server returned HTTP status 403 Forbidden', 'unauthorized'],
    ['Get "http://10.0.0.1:80/metrics": context deadline exceeded', 'deadline'],
    ['non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target', 'blankContentType'],
    ['sample limit exceeded', 'sampleLimit'],
    ['server returned HTTP status 500 Internal Server Error', 'serverError'],
    ['something else', 'other'],
  ])('%s: %s', (line, meaning) => expect(scrapeErrorOf(line)).toBe(meaning));
});

describe('prometheus.targets', () => {
  const page = (data: JsonObject) => JSON.stringify({ status: 'success', data });
  const pages = (active: JsonObject[], pools: string[], dropped: JsonObject = {}) => ({
    'prometheus-agent-0 /api/v1/targets?state=active': page({ activeTargets: active }),
    'prometheus-agent-0 /api/v1/targets?state=dropped': page({ droppedTargetCounts: dropped }),
    'prometheus-agent-0 /api/v1/scrape_pools': page({ scrapePools: pools }),
    'prometheus-agent-0 /api/v1/status/config': page({ yaml: `scrape_configs:\n${pools.map((name) => `  - job_name: ${name}\n`).join('')}` }),
  });
  const up = { scrapePool: 'pods', labels: { job: 'thanos-receive', instance: 'a' }, health: 'up', lastError: '' };

  it('says what fails and why, which jobs find nothing, and which the configuration lacks', async () => {
    const access = agent();
    access.kubernetes.pages = pages([up, { ...up, labels: { job: 'node', instance: 'b' }, health: 'down', lastError: 'connect: connection refused' }], ['pods', 'empty'], { empty: 3 });
    const { fields } = await ask(access, 'prometheus.targets');
    expect(fields).toMatchObject({ running: true, targets: 2, up: 1, down: 1, downRatio: 0.5, downJobs: ['node'], errors: ['refused'], pools: ['pods', 'empty'], emptyPools: ['empty'], droppedInEmptyPools: 3, desiredKnown: true, missingPools: ['shop'] });
  });

  it('asks nobody where no agent runs', async () => {
    expect((await ask(agent('badImage'), 'prometheus.targets')).fields).toMatchObject({ running: false, targets: 0, downRatio: null });
  });

  it('says when the answer is not an agent’s', async () => {
    const access = agent();
    access.kubernetes.pages = { ...pages([], []), 'prometheus-agent-0 /api/v1/targets?state=active': '<html>' };
    await expect(ask(access, 'prometheus.targets')).rejects.toMatchObject({ type: 'UpstreamRejected' });
  });
});

describe('kubernetes.podEvents', () => {
  const event = (name: string, reason: string, message: string, uid?: string) => ({ apiVersion: 'v1', kind: 'Event', metadata: { name: `e-${name}-${reason}`, namespace: NAMESPACE }, involvedObject: { kind: 'Pod', name, ...(uid && { uid }) }, type: 'Warning', reason, message });

  it('tells a missing image from a refused pull, and never takes a predecessor’s word', async () => {
    const access = agent('badImage');
    access.kubernetes.put(event('prometheus-agent-0', 'Failed', 'failed to pull image "x": not found', 'uid-prometheus-agent-0'), event('prometheus-agent-0', 'Old', 'pull access denied', 'uid-of-another'));
    expect((await ask(access, 'kubernetes.podEvents', { target: 'agent' })).fields).toMatchObject({ matched: ['imageNotFound', 'imagePull'], pods: ['prometheus-agent-0'] });
  });

  it('says why no node takes a pod, and that its claim has no volume', async () => {
    const access = agent('unschedulable');
    const pending = structuredClone(access.kubernetes.objects.find(({ kind }) => kind === 'Pod')!);
    pending['spec'] = { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-0' } }] };
    pending['status'] = { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message: "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector." }] };
    access.kubernetes.put(pending);
    expect((await ask(access, 'kubernetes.podEvents', { target: 'agent' })).fields).toMatchObject({ matched: ['noMatchingNode', 'volumeUnbound'], unboundClaims: ['data-0'] });
  });

  it('has nothing to say of pods that are ready', async () => {
    expect((await ask(agent(), 'kubernetes.podEvents', { target: 'agent' })).fields).toMatchObject({ matched: [], pods: [] });
  });
});

describe('kubernetes.rollout', () => {
  it('finds the template before, where a pod is stuck on a new one and nothing says how it should be', async () => {
    const access = accessWith();
    access.kubernetes.put(statefulSet({ update: BAD, current: GOOD, flag: '--bad', replicas: 0 }), controllerRevision(GOOD, 1, '--good'), controllerRevision(BAD, 2, '--bad'));
    expect((await ask(access, 'kubernetes.rollout', { target: 'receiver' })).fields).toMatchObject({ templateDiffers: true, changedPaths: ['/spec/template/spec/containers/0/args/1'], imageDiffers: false, source: `ControllerRevision ${GOOD}`, tooFew: true });
  });

  it('goes by the desired state where there is one', async () => {
    const access = accessWith({}, { 'StatefulSet thanos-receive': statefulSet({ replicas: 3 }) });
    access.kubernetes.put(statefulSet({ replicas: 2 }), pod({ ordinal: 0 }), pod({ ordinal: 1 }));
    expect((await ask(access, 'kubernetes.rollout', { target: 'receiver' })).fields).toMatchObject({ desiredKnown: true, templateDiffers: false, replicas: 2, desiredReplicas: 3, tooFew: true, tooMany: false });
  });
});

describe('kubernetes.monitors', () => {
  const monitor = (labels: Record<string, string>, port = 'metrics') => ({ apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', metadata: { name: 'node', namespace: NAMESPACE, labels }, spec: { selector: { matchLabels: { app: 'node' } }, endpoints: [{ port }] } });
  const resource = { apiVersion: 'monitoring.coreos.com/v1alpha1', kind: 'PrometheusAgent', metadata: { name: 'agent', namespace: NAMESPACE }, spec: { serviceMonitorSelector: { matchLabels: { team: 'a' } } } };
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'node', namespace: NAMESPACE, labels: { app: 'node' } }, spec: { ports: [{ name: 'metrics', port: 9100 }] } };

  it('finds one that is not selected, and one whose port no Service has', async () => {
    const access = accessWith();
    access.kubernetes.put(monitor({ team: 'b' }, 'http'), resource, service);
    expect((await ask(access, 'kubernetes.monitors')).fields).toMatchObject({ notApplicable: false, monitors: 1, unselected: ['ServiceMonitor node'], portMissing: ['ServiceMonitor node'], matchNoService: [] });
  });

  it('finds nothing wrong with one that is right', async () => {
    const access = accessWith();
    access.kubernetes.put(monitor({ team: 'a' }), resource, service);
    expect((await ask(access, 'kubernetes.monitors')).fields).toMatchObject({ unselected: [], rejected: [], portMissing: [], matchNoService: [] });
  });

  it('compares those of the exporters and of kube-state-metrics with the desired state', async () => {
    const named = (name: string, labels: Record<string, string>) => ({ ...monitor(labels), metadata: { name, namespace: NAMESPACE, labels } });
    const role = (name: string) => ({ apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', namespace: NAMESPACE, name, ports: {} });
    const access = accessWith({ targets: { nodeExporterMonitor: role('node'), kubeStateMetricsMonitor: role('ksm') } }, { 'ServiceMonitor node': named('node', { team: 'a' }), 'ServiceMonitor ksm': named('ksm', { team: 'a' }) });
    access.kubernetes.put(named('node', { team: 'a' }), resource, service);
    expect((await ask(access, 'kubernetes.monitors')).fields).toMatchObject({ missing: ['kubeStateMetricsMonitor'], differing: [] });
    access.kubernetes.put(named('ksm', {}));
    expect((await ask(access, 'kubernetes.monitors')).fields).toMatchObject({ missing: [], differing: ['kubeStateMetricsMonitor'], unselected: ['ServiceMonitor ksm'] });
  });

  it('does not apply where the cluster knows no such kinds', async () => {
    const access = accessWith();
    access.kubernetes.before = (call) => {
      if (/Monitor|Prometheus/.test(call)) throw failure('TargetNotFound', 'no such kind');
    };
    expect((await ask(access, 'kubernetes.monitors')).fields).toMatchObject({ notApplicable: true });
  });
});

describe('thanos.presence and thanos.gaps', () => {
  function answering(answers: ReadonlyArray<[RegExp, Sample[]]>, { whole = true, points = [] as Array<[number, number]> } = {}): QueryGateway {
    return {
      query: (promql, { partial = false } = {}) => (whole || partial ? Promise.resolve({ samples: answers.find(([pattern]) => pattern.test(promql))?.[1] ?? [], warnings: whole ? [] : ['a store is away'] }) : Promise.reject(failure('UpstreamRejected', 'no partial answers'))),
      queryRange: () => Promise.resolve({ series: points.length > 0 ? [{ labels: {}, points }] : [], warnings: [] }),
    };
  }
  const value = (number: number, labels: Record<string, string> = {}): Sample[] => [{ name: '', labels, value: number }];

  it('finds a cluster that has vanished and come back under another label', async () => {
    const query = answering([[/^count\(last_over_time/, value(7)], [/unless/, value(1, { job: 'node' })], [/and on \(job, instance\)/, value(1, { cluster: 'cluster-3' })]]);
    const { fields } = await ask({ ...agent(), query }, 'thanos.presence');
    expect(fields).toMatchObject({ series: 0, remembered: 7, vanished: true, vanishedJobs: ['node'], newValues: ['cluster-3'], partial: false });
  });

  it('tells a job that the incident has taken from one that was gone before', async () => {
    const query = answering([[/^count\(/, value(7)], [/@ \d+\) unless/, value(1, { job: 'kube-state-metrics' })], [/unless/, [...value(1, { job: 'kube-state-metrics' }), ...value(1, { job: 'retired' })]]]);
    expect((await ask({ ...agent(), query }, 'thanos.presence')).fields).toMatchObject({ vanishedJobs: ['kube-state-metrics', 'retired'], lostJobs: ['kube-state-metrics'] });
  });

  it('calls what is only answered in part no loss', async () => {
    const { fields } = await ask({ ...agent(), query: answering([[/^count\(up/, value(4)]], { whole: false }) }, 'thanos.presence');
    expect(fields).toMatchObject({ series: 4, partial: true, warnings: ['a store is away'] });
  });

  it('finds a gap that ended when the agent started anew', async () => {
    const access = agent();
    const now = access.clock.now().getTime() / 1000;
    access.kubernetes.pages = { 'prometheus-agent-0 /metrics': `${agentMetrics(access.clock.now(), { started: now - 640 })}prometheus_build_info{version="2.53.0"} 1\n` };
    const points = Array.from({ length: 40 }, (_, index): [number, number] => [now - 7200 + index * 60, 3]).concat(Array.from({ length: 11 }, (_, index): [number, number] => [now - 600 + index * 60, 3]));
    const { fields } = await ask({ ...access, query: answering([], { points }) }, 'thanos.gaps');
    expect(fields).toMatchObject({ longestSeconds: 4260, endsAtRestart: true, open: false, version: '2.53.0', skipsWal: true });
  });
});
