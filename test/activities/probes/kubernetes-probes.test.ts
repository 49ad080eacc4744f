import { callSignal } from '../../../activities/call-scope';
import { transportFailure } from '../../../activities/http-failures';
import { failureTypeOf } from '../../../workflows/contracts';
import { accessWith, agentConfigFile, agentConfigMap, BAD, controllerRevision, GOOD, NAMESPACE, NOW, pod, receiverService, RIGHT_URL, statefulSet, type PodLife, type TestAccess } from '../../support/pipeline-objects';
import { ask } from './ask';

const receivers = (lives: Array<PodLife | undefined>, revisions: string[] = [], update = GOOD, current = update): TestAccess => {
  const access = accessWith();
  access.kubernetes.put(statefulSet({ update, current }));
  lives.forEach((life, ordinal) => life && access.kubernetes.put(pod({ ordinal, life, ...(revisions[ordinal] && { revision: revisions[ordinal] }) })));
  return access;
};
const pods = (access: TestAccess, target = 'receiver') => ask(access, 'kubernetes.pods', { target });

describe('kubernetes.pods', () => {
  it('says that all is well', async () => {
    const { fields, summary, table } = await pods(receivers(['ready', 'ready', 'ready']));
    expect(fields).toMatchObject({ members: 3, ready: 3, notReady: 0, broken: 0, missing: 0, quorumHolds: true, writeQuorum: 2, readyNeeded: 2, brokenShareRevisionWithHealthy: null, brokenOnUpdateRevision: null, rolloutComplete: true, rolloutStuck: false });
    expect(summary).toBe('All 3 pods of StatefulSet monitoring/thanos-receive are ready.');
    expect(table?.rows).toHaveLength(3);
  });

  it('tells two that crash with the template of the healthy one (their own files)', async () => {
    const { fields, summary } = await pods(receivers(['ready', 'crashing', 'crashing']));
    expect(fields).toMatchObject({ ready: 1, notReady: 2, broken: 2, quorumHolds: false, waitingReasons: ['CrashLoopBackOff'], terminatedReasons: ['Error (1)'], brokenNames: ['thanos-receive-1', 'thanos-receive-2'], brokenShareRevisionWithHealthy: true, brokenOnUpdateRevision: true, newPodsGetHealthyRevision: true, rolloutStuck: false, restarts: 7 });
    expect(summary).toContain('1 of 3 pods');
    expect(summary).toContain('thanos-receive-1 (broken, CrashLoopBackOff)');
  });

  it('tells two that crash with a new template (the template)', async () => {
    const { fields } = await pods(receivers(['ready', 'crashing', 'crashing'], [GOOD, BAD, BAD], BAD, GOOD));
    expect(fields).toMatchObject({ brokenShareRevisionWithHealthy: false, brokenOnUpdateRevision: true, newPodsGetHealthyRevision: false, rolloutStuck: true, rolloutComplete: false, updateRevision: BAD, currentRevision: GOOD });
  });

  it('does not say which when it is mixed, or when nobody is healthy', async () => {
    expect((await pods(receivers(['ready', 'crashing', 'crashing'], [GOOD, GOOD, BAD], BAD, GOOD))).fields['brokenShareRevisionWithHealthy']).toBeNull();
    expect((await pods(receivers(['crashing', 'crashing', 'crashing']))).fields).toMatchObject({ brokenShareRevisionWithHealthy: null, newPodsGetHealthyRevision: null, ready: 0, quorumHolds: false });
  });

  it('says that one crashed receiver leaves the quorum', async () => {
    expect((await pods(receivers(['ready', 'ready', 'crashing']))).fields).toMatchObject({ ready: 2, quorumHolds: true, broken: 1 });
  });

  it.each<[PodLife, string]>([
    ['crashing', 'broken'], ['restarting', 'broken'], ['badImage', 'broken'], ['ended', 'broken'], ['starting', 'starting'], ['replaying', 'starting'], ['unschedulable', 'pending'], ['terminating', 'terminating'],
  ])('calls a pod that is %s %s', async (life, field) => {
    const { fields } = await pods(receivers(['ready', 'ready', life]));
    expect({ broken: fields['broken'], starting: fields['starting'], pending: fields['pending'], terminating: fields['terminating'], stuck: fields['stuck'] }).toEqual({ broken: 0, starting: 0, pending: 0, terminating: 0, stuck: 0, [field]: 1 });
    expect(fields['ready']).toBe(2);
  });

  it('calls a pod stuck that runs for long and never gets ready', async () => {
    const access = receivers(['ready', 'ready', 'starting']);
    await access.clock.sleep(11 * 60_000);
    expect((await pods(access)).fields).toMatchObject({ stuck: 1, starting: 0, broken: 0 });
  });

  it('counts members without a pod', async () => {
    const { fields, summary } = await pods(receivers(['ready', undefined, undefined]));
    expect(fields).toMatchObject({ missing: 2, notReady: 2, broken: 0 });
    expect(summary).toContain('2 without a pod');
  });

  it('says that a killed container wanted memory', async () => {
    expect((await pods(receivers(['ready', 'ready', 'replaying']))).fields['oomKilled']).toBe(true);
  });

  it('answers for a workload that is not there, with no quorum for other roles', async () => {
    expect((await pods(accessWith())).fields).toMatchObject({ exists: false, members: 0, quorumHolds: false });
    expect((await pods(accessWith(), 'agent')).fields).toMatchObject({ exists: false, quorumHolds: null, writeQuorum: null });
  });

  it('passes over pods that only look like its own', async () => {
    const access = receivers(['ready', 'ready', 'ready']);
    const stranger = pod({ ordinal: 7, life: 'crashing' });
    stranger.metadata['ownerReferences'] = [{ kind: 'StatefulSet', name: 'other', uid: 'uid-other', controller: true }];
    access.kubernetes.put(stranger);
    expect((await pods(access)).fields['broken']).toBe(0);
  });

  it('waits for the controller before it calls a rollout complete', async () => {
    const access = receivers(['ready', 'ready', 'ready']);
    access.kubernetes.put(statefulSet({ metadata: { generation: 3 } }));
    expect((await pods(access)).fields['rolloutComplete']).toBe(false);
  });

  it('refuses roles that are not configured, and unknown input', async () => {
    await expect(pods(accessWith(), 'receivers')).rejects.toThrow(/role receivers is not configured.*agent, agentConfig, hashring, receiver/);
    await expect(pods(accessWith(), 'constructor')).rejects.toThrow(/not configured/);
    await expect(ask(accessWith(), 'kubernetes.pods', { target: 'receiver', extra: 1 })).rejects.toThrow(/probe it gives kubernetes.pods/);
  });

  it('throws when nobody answers', async () => {
    const access = receivers(['ready']);
    access.kubernetes.before = () => {
      throw Object.assign(new Error('x'), {});
    };
    await expect(pods(access)).rejects.toThrow('x');
  });

  it('gives up when its time is over', async () => {
    const access = receivers(['ready']);
    access.kubernetes.read = () => new Promise(() => undefined);
    const error: unknown = await ask(access, 'kubernetes.pods', { target: 'receiver' }, { timeoutMs: 50 }).catch((reason: unknown) => reason);
    expect(failureTypeOf(error)).toBe('UpstreamUnavailable');
    expect(String(error)).toContain('did not finish within 0.1 s');
  });

  it('lets the gateway whose call is broken off say who was silent', async () => {
    const access = receivers(['ready']);
    access.kubernetes.read = () => new Promise((_, reject) => callSignal(60_000).addEventListener('abort', () => reject(transportFailure(new DOMException('x', 'AbortError'), { system: 'The Kubernetes API of test', request: 'GET StatefulSet monitoring/thanos-receive' }))));
    await expect(ask(access, 'kubernetes.pods', { target: 'receiver' }, { timeoutMs: 50 })).rejects.toThrow('The Kubernetes API of test did not answer in time when asked for GET StatefulSet monitoring/thanos-receive');
  });
});

describe('kubernetes.logs', () => {
  const logs = (access: TestAccess, input: object = {}) => ask(access, 'kubernetes.logs', { target: 'receiver', patterns: ['hashringFileInvalid', 'connectionRefused', 'flagInvalid'], ...input });

  it('reads the previous log of those that are not ready, and only theirs', async () => {
    const access = receivers(['ready', 'crashing', 'crashing']);
    access.kubernetes.logTexts = {
      'thanos-receive-0': 'connection refused',
      'thanos-receive-1/previous': 'ts=1 level=info msg="hello"\nts=2 level=error err="failed to load configuration file: unexpected end of JSON input"\nlater unexpected end of JSON input',
      'thanos-receive-2': '',
    };
    const { fields, table, summary } = await logs(access);
    expect(fields).toEqual({ matched: ['hashringFileInvalid'], lines: [expect.stringContaining('ts=2')], pods: ['thanos-receive-1', 'thanos-receive-2'], matchedPods: ['thanos-receive-1'], empty: false });
    expect(table?.rows).toHaveLength(1);
    expect(summary).toContain('hashring file cannot be used');
  });

  it('reads all when all are ready, and says when nothing was logged', async () => {
    const access = receivers(['ready', 'ready', 'ready']);
    expect((await logs(access)).fields).toMatchObject({ empty: true, matched: [], pods: ['thanos-receive-0', 'thanos-receive-1', 'thanos-receive-2'] });
  });

  it('shows a hostile line harmless, redacted and short', async () => {
    const access = receivers(['ready', 'ready', 'crashing']);
    access.kubernetes.logTexts['thanos-receive-2'] = `\u001b[2J\u001b]0;pwned\u0007dial http://user:hunter2secret@10.0.0.1: connection refused ${'A'.repeat(5000)}`;
    const { fields } = await logs(access);
    const [line] = fields['lines'] as string[];
    expect(line).not.toContain('hunter2secret');
    expect(line).not.toContain('\u001b');
    expect(line!.length).toBeLessThanOrEqual(300);
  });

  it('bears a pod that goes while it is asked, and no other failure', async () => {
    const access = receivers(['ready', 'crashing', 'crashing']);
    access.kubernetes.logTexts['thanos-receive-2'] = 'unknown long flag --bad';
    const { failure } = jest.requireActual<typeof import('../../../workflows/contracts')>('../../../workflows/contracts');
    access.kubernetes.before = (call) => {
      if (call === 'logs Pod monitoring/thanos-receive-1') throw failure('TargetNotFound', 'gone');
    };
    expect((await logs(access)).fields['matched']).toEqual(['flagInvalid']);
    access.kubernetes.before = (call) => {
      if (call.startsWith('logs')) throw failure('NotAuthorized', 'no');
    };
    await expect(logs(access)).rejects.toThrow('no');
  });

  it('knows the lines that real programs wrote', async () => {
    const access = receivers(['ready', 'ready', 'crashing']);
    const lines: Record<string, string> = {
      connectionRefused: 'msg="Failed to send batch, retrying" err="Post \\"http://thanos-receive-lb:19291/api/v1/receive\\": dial tcp 10.96.0.9:19291: connect: connection refused"',
      noSuchHost: 'err="Post ...: dial tcp: lookup thanos-receive-lbx on 10.96.0.10:53: no such host"',
      deadlineExceeded: 'err="Post \\"http://x\\": context deadline exceeded"',
      nonRecoverable: 'level=ERROR msg="non-recoverable error" failedSampleCount=500 err="server returned HTTP status 404 Not Found: 404 page not found"',
      notFound: 'err="server returned HTTP status 404 Not Found: 404 page not found"',
      targetNotAvailable: 'err="server returned HTTP status 503 Service Unavailable: store locally for endpoint : target not available"',
      hashringTooSmall: 'err="ketama: amount of endpoints needs to be larger than replication factor"',
      flagInvalid: 'Error parsing commandline arguments: unknown long flag \'--no-such-flag\'',
    };
    access.kubernetes.logTexts['thanos-receive-2'] = Object.values(lines).join('\n');
    const { fields } = await ask(access, 'kubernetes.logs', { target: 'receiver', patterns: Object.keys(lines) });
    expect(fields['matched']).toEqual(Object.keys(lines));
  });

  it('refuses patterns that are not registered', async () => {
    await expect(logs(accessWith(), { patterns: ['.*'] })).rejects.toThrow(/patterns\.0/);
  });
});

describe('kubernetes.service', () => {
  const service = (access: TestAccess) => ask(access, 'kubernetes.service', { target: 'receiverService' });
  const slice = (addresses: Array<[string, boolean]>) => ({
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'thanos-receive-lb-abc', namespace: NAMESPACE, labels: { 'kubernetes.io/service-name': 'thanos-receive-lb' } },
    endpoints: addresses.map(([address, ready]) => ({ addresses: [address], conditions: { ready } })),
  });

  it('says that it is gone, and whether it is known how it should be', async () => {
    expect((await service(accessWith())).fields).toMatchObject({ exists: false, desiredKnown: false, matchesDesired: null, portsPresent: null });
    const { fields, summary } = await service(accessWith({}, { 'Service thanos-receive-lb': receiverService() }));
    expect(fields).toMatchObject({ exists: false, desiredKnown: true, matchesDesired: false });
    expect(summary).toContain('but manifests directory (thanos-receive-lb.yaml) has one');
  });

  it('counts ready addresses once, and compares with what should be', async () => {
    const access = receivers(['ready', 'ready', 'crashing']);
    access.kubernetes.put(receiverService(), slice([['10.0.0.1', true], ['10.0.0.2', true], ['10.0.0.1', true], ['10.0.0.3', false]]));
    access.desiredState = accessWith({}, { 'Service thanos-receive-lb': receiverService() }).desiredState;
    expect((await service(access)).fields).toEqual({ exists: true, portsPresent: true, selectedPods: 3, readyEndpoints: 2, desiredKnown: true, matchesDesired: true, changedPaths: [] });
  });

  it('sees a wrong selector and a missing port', async () => {
    const access = receivers(['ready', 'ready', 'ready']);
    access.kubernetes.put(receiverService({ selector: { app: 'thanos-recieve' }, ports: [{ port: 80 }] }));
    access.desiredState = accessWith({}, { 'Service thanos-receive-lb': receiverService() }).desiredState;
    expect((await service(access)).fields).toMatchObject({ portsPresent: false, selectedPods: 0, readyEndpoints: 0, matchesDesired: false, changedPaths: ['/spec/selector/app', '/spec/ports/0/name', '/spec/ports/0/port'] });
  });

  it('selects nothing with an empty selector', async () => {
    const access = receivers(['ready']);
    access.kubernetes.put(receiverService({ selector: {} }));
    expect((await service(access)).fields['selectedPods']).toBe(0);
  });
});

describe('kubernetes.agentConfig', () => {
  const config = (file: string, services = [receiverService()], desired = agentConfigFile(RIGHT_URL)) => {
    const access = accessWith({}, { 'ConfigMap prometheus-agent-config': agentConfigMap(desired) });
    access.kubernetes.put(agentConfigMap(file), ...services);
    return ask(access, 'kubernetes.agentConfig');
  };

  it('finds everything in order', async () => {
    expect((await config(agentConfigFile(RIGHT_URL))).fields).toEqual({
      exists: true, parses: true, remoteWriteTargets: 1, remoteWriteHost: 'thanos-receive-lb.monitoring.svc', remoteWritePort: 19291, remoteWritePath: '/api/v1/receive',
      hostIsReceiverService: true, hostResolvable: true, portIsReceiverPort: true, pathIsReceivePath: true, desiredKnown: true, differsFromDesired: false, remoteWriteDiffers: false, changedPaths: [],
    });
  });

  it.each(['thanos-receive-lb', 'thanos-receive-lb.monitoring', 'thanos-receive-lb.monitoring.svc.cluster.local'])('knows the Service as %s', async (host) => {
    expect((await config(agentConfigFile(`http://${host}:19291/api/v1/receive`))).fields).toMatchObject({ hostIsReceiverService: true, hostResolvable: true });
  });

  it('sees a wrong host, a wrong path and a wrong port', async () => {
    expect((await config(agentConfigFile('http://thanos-recieve-lb:19291/api/v1/receive'))).fields).toMatchObject({ hostIsReceiverService: false, hostResolvable: false, remoteWriteDiffers: true, changedPaths: ['remote_write.0.url'] });
    expect((await config(agentConfigFile('http://thanos-receive-lb:19291/api/v1/write'))).fields).toMatchObject({ hostIsReceiverService: true, pathIsReceivePath: false });
    expect((await config(agentConfigFile('http://thanos-receive-lb/api/v1/receive'))).fields).toMatchObject({ remoteWritePort: 80, portIsReceiverPort: false });
  });

  it('asks nothing about hosts outside of the cluster', async () => {
    expect((await config(agentConfigFile('https://thanos.example.org/api/v1/receive'))).fields).toMatchObject({ hostResolvable: null, remoteWritePort: 443 });
    expect((await config(agentConfigFile('http://10.0.0.1:19291/api/v1/receive'))).fields['hostResolvable']).toBeNull();
  });

  it('tells a difference elsewhere from one in remote write', async () => {
    expect((await config(agentConfigFile(RIGHT_URL, 'scrape_configs:\n  - job_name: x\n'))).fields).toMatchObject({ differsFromDesired: true, remoteWriteDiffers: false, changedPaths: ['scrape_configs'] });
  });

  it('answers, and does not fail, for a file that no agent takes', async () => {
    for (const file of ['remote_write: [', 'a: 1', 'remote_write:\n  - url: not a url', '- 1', 'remote_write: []']) {
      const { fields, summary } = await config(file);
      expect(fields).toMatchObject({ exists: true, parses: false, differsFromDesired: true, remoteWriteHost: null });
      expect(summary).toContain('does not take');
    }
  });

  it('never shows credentials of the URL', async () => {
    const evidence = await config(agentConfigFile('http://u:hunter2secret@thanos-receive-lb:19291/api/v1/receive?token=hunter2secret'));
    expect(JSON.stringify(evidence)).not.toContain('hunter2secret');
  });

  it('falls back to what was applied last', async () => {
    const access = accessWith();
    const live = agentConfigMap(agentConfigFile('http://wrong:19291/api/v1/receive'));
    live.metadata['annotations'] = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(agentConfigMap(agentConfigFile(RIGHT_URL))) };
    access.kubernetes.put(live);
    const { fields, summary } = await ask(access, 'kubernetes.agentConfig');
    expect(fields).toMatchObject({ desiredKnown: true, differsFromDesired: true });
    expect(summary).toContain('last-applied annotation');
  });

  it('says that nobody edits a file where none is configured, as for an agent that an operator owns', async () => {
    const access = accessWith();
    delete access.config.targets['agentConfig'];
    const { fields, summary } = await ask(access, 'kubernetes.agentConfig');
    expect(fields).toMatchObject({ exists: false, desiredKnown: false, differsFromDesired: null, hostIsReceiverService: null, changedPaths: [] });
    expect(summary).toBe('No agentConfig is configured for cluster-03: the agent’s file is made by whatever owns the agent.');
  });

  it('says when the ConfigMap is gone, and when its key is', async () => {
    expect((await ask(accessWith(), 'kubernetes.agentConfig')).fields).toMatchObject({ exists: false, desiredKnown: false });
    const access = accessWith();
    access.kubernetes.put({ ...agentConfigMap(''), data: { other: '' } });
    await expect(ask(access, 'kubernetes.agentConfig')).rejects.toThrow(/no key prometheus.yml/);
  });
});

describe('kubernetes.recentChanges', () => {
  const changes = (access: TestAccess, input: object = {}) => ask(access, 'kubernetes.recentChanges', { targets: ['receiver', 'receiverService'], ...input });

  it('names who edited what, and when, and leaves controllers and itself out', async () => {
    const access = accessWith();
    const managed = (manager: string, time: string, subresource?: string) => ({ manager, operation: 'Update', time, ...(subresource && { subresource }) });
    access.kubernetes.put(
      statefulSet({ metadata: { managedFields: [managed('kubectl-patch', '2026-03-01T02:48:00Z'), managed('kube-controller-manager', '2026-03-01T02:59:00Z', 'status'), managed('nightshift', '2026-03-01T02:59:30Z'), managed('helm', '2026-01-01T00:00:00Z')] } }),
      controllerRevision(BAD, 2, '--bad'),
      { ...controllerRevision('thanos-receive-new', 3, '--x'), metadata: { ...controllerRevision(BAD, 2, '').metadata, name: 'thanos-receive-new', creationTimestamp: '2026-03-01T02:48:01Z' } },
      { apiVersion: 'v1', kind: 'Event', metadata: { name: 'e', namespace: NAMESPACE }, involvedObject: { kind: 'Pod', name: 'thanos-receive-1' }, reason: 'BackOff', message: 'Back-off restarting\u001b[31m', type: 'Warning', lastTimestamp: '2026-03-01T02:55:00Z' },
      { apiVersion: 'v1', kind: 'Event', metadata: { name: 'f', namespace: NAMESPACE }, involvedObject: { kind: 'Pod', name: 'other-1' }, reason: 'BackOff', type: 'Warning', lastTimestamp: '2026-03-01T02:55:00Z' },
    );
    const { fields, summary, table } = await changes(access);
    expect(fields).toEqual({ changed: ['StatefulSet thanos-receive'], managers: ['kubectl-patch'], changedBefore: ['receiver'], newRevision: true, minutesBefore: 12, events: ['BackOff'] });
    expect(summary).toContain('by revision 3 at 2026-03-01T02:48:01Z');
    expect(JSON.stringify(table)).not.toContain('\\u001b');
  });

  it('says that nothing changed, also for what is not there', async () => {
    expect((await changes(accessWith())).fields).toEqual({ changed: [], changedBefore: [], managers: [], newRevision: false, minutesBefore: null, events: [] });
  });

  it('takes the controllers of GitOps tools for authors, and a change of scale for a decision', async () => {
    const access = accessWith();
    const managedFields = (manager: string, subresource?: string) => [{ manager, operation: 'Update', time: '2026-03-01T02:50:00Z', ...(subresource && { subresource }) }];
    access.kubernetes.put({ ...receiverService(), metadata: { ...receiverService().metadata, managedFields: managedFields('argocd-controller') } }, statefulSet({ metadata: { managedFields: managedFields('kube-controller-manager', 'scale') } }));
    expect((await changes(access)).fields).toMatchObject({ changedBefore: ['receiver', 'receiverService'], managers: expect.arrayContaining(['argocd-controller', 'kube-controller-manager']) });
  });

  it('leaves roles out that the cluster does not have, and never reads a Secret', async () => {
    const access = accessWith();
    access.config.targets['objectStore'] = { apiVersion: 'v1', kind: 'Secret', namespace: NAMESPACE, name: 'thanos-objstore-secret', ports: {} };
    const read: string[] = [];
    access.kubernetes.before = (call) => void read.push(call);
    await changes(access, { targets: ['receiverService', 'grafana', 'objectStore'] });
    expect(read).toEqual(['read Service monitoring/thanos-receive-lb', 'list Event monitoring']);
  });

  it('looks back for an hour, times the factor, and for five minutes at least', async () => {
    const managed = { ...receiverService(), metadata: { ...receiverService().metadata, managedFields: [{ manager: 'kubectl-edit', operation: 'Update', time: '2026-03-01T02:54:00Z' }] } };
    for (const [timeFactor, changed] of [[1, ['receiverService']], [0.2, ['receiverService']], [0.01, []]] as const) {
      const access = accessWith({ timeFactor });
      access.kubernetes.put(managed);
      expect((await changes(access)).fields['changedBefore']).toEqual(changed);
    }
  });

  it('counts what came after the beginning as such', async () => {
    const access = accessWith();
    access.kubernetes.put(receiverService());
    access.kubernetes.find({ kind: 'Service', namespace: NAMESPACE, name: 'thanos-receive-lb' })!.metadata['creationTimestamp'] = '2026-03-01T03:05:00Z';
    expect((await changes(access, {})).fields).toMatchObject({ minutesBefore: -5, changed: ['Service thanos-receive-lb'], changedBefore: [] });
    expect(NOW).toContain('03:00');
  });
});
