/** What each registered probe and remedy is to show that it can do with its own role. Registering one without a case fails the suite. */
import type { ClusterAccess } from '../../activities/cluster-access';
import { executeStep } from '../../activities/kubernetes/step-execution';
import { copyNameOf } from '../../activities/kubernetes/secrets';
import { NO_DESIRED_STATE } from '../../activities/desired-state';
import { askProbe } from '../../activities/probe';
import { probes } from '../../activities/registry';
import { failureTypeOf, type JsonObject, type PlannedStep } from '../../workflows/contracts';
import { plan } from '../activities/remedies/harness';

export type Case = (access: ClusterAccess) => Promise<unknown>;

/** The answer was a refusal of the API server, wherever it came out. */
export class Refused extends Error {}

const ALL = (access: ClusterAccess) => Object.keys(access.config.targets);

function asks(use: string, input: JsonObject = {}): Case {
  return (access) => askProbe(probes[use]!, new Map([[access.config.name, access]]), { cluster: access.config.name, publicId: 'x', probe: { id: 'it', use, with: input }, since: new Date().toISOString(), timeoutMs: 10_000 });
}

/** Plans, which tries each step with the server's dry run. */
function plans(use: string, input: JsonObject, actions: ReadonlyArray<PlannedStep['action']>): Case {
  return async (access) => {
    const result = await plan(access, use, input, ALL(access), new Date().toISOString());
    if (result.kind === 'refused' && result.gates.some(({ gate, passed }) => gate === 'dryRun' && !passed)) throw new Refused(result.reason.en);
    if (actions.length === 0) return result;
    if (result.kind !== 'planned') throw new Error(`${use} ${JSON.stringify(input)}: ${result.kind}: ${result.reason.en}`);
    expect(result.plan.steps.map(({ action }) => action)).toEqual(actions);
    return result;
  };
}

/** Plans what this gate refuses in a healthy lab. The steps are tried all the same, and the server must accept them. */
function stoppedBy(use: string, gate: string): Case {
  return async (access) => {
    const result = await plan(access, use, {}, ALL(access));
    const failed = result.kind === 'refused' ? result.gates.filter(({ passed }) => !passed) : [];
    const trial = failed.find((refusal) => refusal.gate === 'dryRun');
    if (trial) throw new Refused(trial.reason.en);
    expect(failed.map((refusal) => refusal.gate)).toContain(gate);
  };
}

/** The undoing of a creation, tried: only this deletes. */
function removes(role: string): Case {
  return async (access) => {
    const { apiVersion, kind, namespace, name } = access.config.targets[role]!;
    const said = await executeStep({ access, dryRun: true }, { id: 'undo', action: 'delete', object: { apiVersion, kind, namespace, name }, reason: { en: 'x', ko: 'x' } });
    expect(said.result).toBe('deleted');
  };
}

const text = { en: 'x', ko: 'x' };

/** A step as a plan has it, tried; the state of the world that would make such a plan is for other suites. */
function tries(step: (access: ClusterAccess) => Promise<PlannedStep>): Case {
  return async (access) => executeStep({ access, dryRun: true }, await step(access));
}

const grows = tries(async ({ kubernetes, config: { namespace } }) => {
  const object = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: 'data-thanos-receive-0' };
  const claim = (await kubernetes.read(object))!;
  const old = (claim['spec'] as { resources: { requests: { storage: string } } }).resources.requests.storage;
  return { id: 'grow', action: 'patch', object: { ...object, uid: claim.metadata.uid! }, changes: [{ path: '/spec/resources/requests/storage', old, new: '1100Mi' }], reason: text };
});

const CLAIM = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'monitoring', name: 'data-thanos-receive-0' };
const BROKEN_POD = { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name: 'lp-broken-0' };
const SECRET = { apiVersion: 'v1', kind: 'Secret', namespace: 'monitoring', name: 'thanos-objstore-secret' };
const keeps = tries(async ({ kubernetes }) => ({ id: 'keep', action: 'keepSecret', object: { ...SECRET, name: copyNameOf(SECRET.name) }, copyOf: { name: SECRET.name, uid: (await kubernetes.read(SECRET))!.metadata.uid! }, keys: [], reason: text }));
const evicts = tries(async ({ kubernetes }) => {
  const object = { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name: 'lp-broken-0' };
  return { id: 'evict', action: 'evict', object: { ...object, uid: (await kubernetes.read(object))!.metadata.uid! }, reason: text };
});

/** Whether one may is decided before whether it is there. */
function labels(object: typeof SECRET): Case {
  return (access) => access.kubernetes.patch(object, [{ op: 'add', path: '/metadata/labels', value: { lp: 'x' } }], { dryRun: true }).catch((error: unknown) => {
    if (failureTypeOf(error) !== 'TargetNotFound') throw error;
  });
}

/** The agent reads the file that it has: nothing has a dry run of this, and nothing changes by it. */
const reloads: Case = async (access) => {
  const object = { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name: 'prometheus-agent-0' };
  const { uid } = (await access.kubernetes.read(object))!.metadata;
  await executeStep({ access, dryRun: false }, { id: 'reload', action: 'reload', object: { ...object, uid: uid! }, port: 9090, path: '/-/reload', reason: text }).catch((error: unknown) => {
    if (failureTypeOf(error) !== 'NotYetConverged') throw error;
  });
};

/** The same with the agent as another kind of workload. */
function withAgent(role: string, run: Case): Case {
  return (access) => run({ ...access, config: { ...access.config, targets: { ...access.config.targets, agent: access.config.targets[role]! } } });
}

function withReceiver(role: string, run: Case): Case {
  return (access) => run({ ...access, config: { ...access.config, targets: { ...access.config.targets, receiver: access.config.targets[role]! } } });
}

/** Thanos Query is asked over the network, with no permission of the API server's. */
function withQuery(run: Case): Case {
  return (access) => run({ ...access, query: { query: () => Promise.resolve({ samples: [], warnings: [] }), queryRange: () => Promise.resolve({ series: [], warnings: [] }) } });
}

function withFrontend(run: Case): Case {
  return withQuery((access) => run({ ...access, ...(access.query && { frontend: access.query }) }));
}

/** A Prometheus is reached by its own address, which no permission of the cluster has to do with. */
function withPrometheus(run: Case): Case {
  const empty = { query: () => Promise.resolve({ samples: [{ name: '', labels: {}, value: 3 }], warnings: [] }), queryRange: () => Promise.reject(new Error('nobody asks')) };
  return (access) => run({ ...access, prometheus: empty });
}

/** Asked over the network as well: without any of these the probe would have nothing to say, and would show nothing. */
function withAlerting(run: Case): Case {
  return (access) => run({
    ...access,
    alertmanager: { activeAlerts: () => Promise.resolve([]) },
    rules: { alertingRules: () => Promise.resolve([]) },
    heartbeats: { ofCluster: () => Promise.resolve({ tolerateMs: 60_000, silent: true }) },
  });
}

/** The receivers as they are, but that the first says that it goes by another ring; and nothing says which one it should be. */
function withStray(run: Case): Case {
  return (access) => run({
    ...access, desiredState: NO_DESIRED_STATE,
    metrics: { scrape: async (pod) => (await access.metrics.scrape(pod)).map((sample) => (pod.name === 'thanos-receive-0' && sample.name === 'thanos_receive_config_hash' ? { ...sample, value: 0 } : sample)) },
  });
}

/** Each kind of workload; without pods where programs of the pipeline would be asked. */
const workloads = (use: string, real: string, more: JsonObject = {}): Case[] => [real, 'emptyDeployment', 'daemons'].map((target) => asks(use, { ...more, target }));
const restores = (role: string, gone: string): Case[] => [plans(RESTORE, { target: role }, ['patch']), plans(RESTORE, { target: gone }, ['create']), removes(role)];

const RESTORE = 'kubernetes.restoreObject';
const RECONFIGURE = 'kubernetes.restoreAgentConfig';

export const cases: Readonly<Record<string, readonly Case[]>> = {
  'kubernetes.pods': workloads('kubernetes.pods', 'receiver'),
  'kubernetes.logs': workloads('kubernetes.logs', 'receiver', { patterns: ['noSpace'] }),
  'kubernetes.service': [asks('kubernetes.service', { target: 'receiverService' })],
  'kubernetes.agentConfig': [asks('kubernetes.agentConfig')],
  'kubernetes.recentChanges': [asks('kubernetes.recentChanges', { targets: ['receiver', 'deployment', 'daemons', 'receiverService', 'agentConfig', 'ingress'] })],
  'kubernetes.hashringConfig': [asks('kubernetes.hashringConfig'), withReceiver('emptyDeployment', asks('kubernetes.hashringConfig')), withReceiver('daemons', asks('kubernetes.hashringConfig'))],
  'kubernetes.memory': workloads('kubernetes.memory', 'receiver'),
  'prometheus.agentRemoteWrite': workloads('prometheus.agentRemoteWrite', 'agent'),
  // Of the cluster it only asks how many receivers there should be.
  'prometheus.range': ['receiver', 'emptyDeployment', 'daemons'].map((role) => withReceiver(role, withPrometheus(asks('prometheus.range', { line: 'receiversReady' })))),
  'prometheus.agentDelivery': workloads('prometheus.agentDelivery', 'agent'),
  'thanos.receivers': [asks('thanos.receivers'), asks('thanos.receivers', { target: 'daemons' }), asks('thanos.receivers', { target: 'emptyDeployment' })],
  'thanos.hashring': [asks('thanos.hashring'), asks('thanos.hashring', { target: 'daemons' }), asks('thanos.hashring', { target: 'emptyDeployment' })],
  'kubernetes.volumes': workloads('kubernetes.volumes', 'receiver'),
  'kubernetes.secret': [asks('kubernetes.secret'), asks('kubernetes.secret', { readers: 'emptyDeployment' }), asks('kubernetes.secret', { readers: 'daemons' })],
  'kubernetes.workloads': [asks('kubernetes.workloads')],
  'kubernetes.claims': [asks('kubernetes.claims'), ...['receiver', 'emptyDeployment', 'daemons'].map((role) => asks('kubernetes.claims', { targets: [role] }))],
  'kubernetes.endpoints': [asks('kubernetes.endpoints')],
  'kubernetes.errorLogs': [asks('kubernetes.errorLogs')],
  // A metrics API that refuses is as good as none: only asking it directly shows the permission.
  'kubernetes.usage': [asks('kubernetes.usage'), (access) => access.kubernetes.list({ apiVersion: 'metrics.k8s.io/v1beta1', kind: 'PodMetrics' }, access.config.namespace)],
  'kubernetes.nodes': [asks('kubernetes.nodes')],
  'kubernetes.health': [asks('kubernetes.health')],
  'kubernetes.consistency': [asks('kubernetes.consistency', { targets: ['few', 'emptyDeployment', 'daemons', 'web', 'hashring', 'ingress'] })],
  'kubernetes.events': [asks('kubernetes.events')],
  'network.names': [asks('network.names')],
  'thanos.receiverStorage': workloads('thanos.receiverStorage', 'receiver'),
  'thanos.uploads': workloads('thanos.uploads', 'receiver'),
  'thanos.memory': [asks('thanos.memory'), asks('thanos.memory', { target: 'daemons' }), asks('thanos.memory', { target: 'emptyDeployment' })],
  'thanos.tsdbStatus': [asks('thanos.tsdbStatus'), asks('thanos.tsdbStatus', { target: 'daemons' }), asks('thanos.tsdbStatus', { target: 'emptyDeployment' })],
  'thanos.query': [asks('thanos.query')],
  'kubernetes.podEvents': [...workloads('kubernetes.podEvents', 'broken'), asks('kubernetes.podEvents', { target: 'claimed' })],
  'kubernetes.rollout': [...workloads('kubernetes.rollout', 'receiver'), asks('kubernetes.rollout', { target: 'claimed' })],
  'kubernetes.monitors': [asks('kubernetes.monitors', { monitors: ['serviceMonitor', 'podMonitor'] })],
  'prometheus.targets': workloads('prometheus.targets', 'agent'),
  'thanos.stores': [asks('thanos.stores'), ...['few', 'daemons'].map((target) => asks('thanos.stores', { target }))],
  'thanos.queryLoad': ['query', 'few', 'daemons'].map((target) => asks('thanos.queryLoad', { target })),
  'thanos.storeGateway': workloads('thanos.storeGateway', 'receiver'),
  'thanos.compactor': workloads('thanos.compactor', 'receiver'),
  'thanos.frontend': [asks('thanos.frontend')],
  'thanos.frontendCache': ['query', 'few', 'daemons'].map((target) => withFrontend(asks('thanos.frontendCache', { target }))),
  'kubernetes.scaleOut': [plans('kubernetes.scaleOut', { target: 'query' }, ['patch'])],
  'thanos.presence': [asks('thanos.presence')],
  'thanos.gaps': workloads('thanos.gaps', 'agent').map(withQuery),
  'alertmanager.alerts': [withAlerting(asks('alertmanager.alerts', { alertnames: ['Watchdog'] }))],
  'alertmanager.heartbeat': [withAlerting(asks('alertmanager.heartbeat'))],
  'prometheus.rules': [withAlerting(asks('prometheus.rules'))],
  'temporal.heartbeat': [withAlerting(asks('temporal.heartbeat'))],
  'kubernetes.evictPods': [
    plans('kubernetes.evictPods', { target: 'broken' }, ['evict']),
    plans('kubernetes.evictPods', { target: 'guarded' }, ['delete']),
    plans('kubernetes.evictPods', { target: 'deployment' }, []),
    plans('kubernetes.evictPods', { target: 'daemons' }, []),
  ],
  'kubernetes.restoreRevision': [plans('kubernetes.restoreRevision', { target: 'stuck' }, ['patch', 'delete'])],
  'kubernetes.restoreTemplate': [
    plans('kubernetes.restoreTemplate', { target: 'stuck' }, ['patch', 'delete']),
    ...['deployment', 'daemons'].map((target) => plans('kubernetes.restoreTemplate', { target }, ['patch'])),
    // That an agent cannot be read is an answer to the remedy itself, and the grave one.
    (access) => access.metrics.scrape({ namespace: 'monitoring', name: 'prometheus-agent-0', port: 9090 }),
  ],
  'kubernetes.ingress': [asks('kubernetes.ingress', { target: 'ingress' }), asks('kubernetes.ingress', { target: 'classedIngress' })],
  'kubernetes.settings': [asks('kubernetes.settings')],
  'grafana.frontDoor': [asks('grafana.frontDoor')],
  'grafana.dataSources': [asks('grafana.dataSources')],
  // Nothing in this lab answers as Grafana does: a pod that refuses the connection is one that the API server let us ask.
  'grafana.health': ['deployment', 'few', 'daemons'].map((target) => asks('grafana.health', { target })),
  'kubernetes.restartRollout': [...['emptyDeployment', 'deployment', 'frontendCache'].map((target) => plans('kubernetes.restartRollout', { target }, ['patch'])), plans('kubernetes.restartRollout', { target: 'claimed' }, [])],
  'kubernetes.useRecreate': [plans('kubernetes.useRecreate', { target: 'claimed' }, ['patch'])],
  'kubernetes.restoreConfig': [plans('kubernetes.restoreConfig', {}, ['patch', 'patch'])],
  'kubernetes.restoreObject': [...restores('web', 'goneService'), ...restores('ingress', 'goneIngress'), ...restores('serviceMonitor', 'goneServiceMonitor'), ...restores('podMonitor', 'gonePodMonitor')],
  'kubernetes.restoreHashring': [
    withReceiver('broken', plans('kubernetes.restoreHashring', {}, ['patch', 'evict'])),
    withReceiver('guarded', plans('kubernetes.restoreHashring', {}, ['patch', 'delete'])),
    withReceiver('emptyDeployment', plans('kubernetes.restoreHashring', {}, ['patch'])),
    withReceiver('daemons', plans('kubernetes.restoreHashring', {}, ['patch'])),
  ],
  'kubernetes.restoreReplicas': [plans('kubernetes.restoreReplicas', { target: 'few' }, ['patch']), plans('kubernetes.restoreReplicas', { target: 'emptyDeployment' }, ['patch'])],
  'kubernetes.growVolumes': [...['receiver', 'emptyDeployment', 'daemons'].map((target) => plans('kubernetes.growVolumes', { target }, [])), grows],
  'kubernetes.restoreSecret': [
    ...['receiver', 'emptyDeployment', 'daemons'].map((readers) => plans('kubernetes.restoreSecret', { readers }, [])),
    grows, keeps, evicts, labels(SECRET), labels({ ...SECRET, name: copyNameOf(SECRET.name) }), removes('objectStore'),
    (access) => access.metrics.scrape({ namespace: 'monitoring', name: 'thanos-receive-0', port: 10902 }),
  ],
  'kubernetes.replaceStorage': [
    plans('kubernetes.replaceStorage', {}, []),
    tries(async ({ kubernetes }) => ({ id: 'claim', action: 'delete', object: { ...CLAIM, uid: (await kubernetes.read(CLAIM))!.metadata.uid! }, reason: text })),
    tries(async ({ kubernetes }) => ({ id: 'pod', action: 'delete', object: { ...BROKEN_POD, uid: (await kubernetes.read(BROKEN_POD))!.metadata.uid! }, reason: text })),
    (access) => access.metrics.scrape({ namespace: 'monitoring', name: 'thanos-receive-0', port: 10902 }),
  ],
  'kubernetes.replacePods': [plans('kubernetes.replacePods', { target: 'receiver' }, ['evict', 'evict', 'evict'])],
  'kubernetes.replaceStrays': [
    // That a receiver cannot be read is an answer to the remedy itself: asked first, for then it plans nothing.
    (access) => access.metrics.scrape({ namespace: 'monitoring', name: 'thanos-receive-0', port: 10902 }),
    withStray(plans('kubernetes.replaceStrays', {}, ['evict'])),
    ...['emptyDeployment', 'daemons'].map((role) => withReceiver(role, plans('kubernetes.replaceStrays', {}, []))),
  ],
  'kubernetes.resizeMemory': [
    plans('kubernetes.resizeMemory', { target: 'hungry' }, ['patch']),
    plans('kubernetes.resizeMemory', { target: 'deployment' }, []),
    plans('kubernetes.resizeMemory', { target: 'daemons' }, []),
  ],
  'kubernetes.restoreAgentConfig': [plans(RECONFIGURE, {}, ['patch', 'reload']), reloads, withAgent('emptyDeployment', plans(RECONFIGURE, {}, ['patch'])), withAgent('daemons', plans(RECONFIGURE, {}, ['patch']))],
  'kubernetes.raiseAgentShards': [...['agent', 'emptyDeployment', 'daemons'].map((role) => withAgent(role, stoppedBy('kubernetes.raiseAgentShards', 'senderLimited'))), reloads],
};
