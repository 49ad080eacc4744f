/** Workloads and their pods, as probes and remedies see them. Pure: works on objects that were read before. */
import type { Json, JsonObject } from '../workflows/contracts';
import type { ClusterAccess } from './cluster-access';
import type { Target } from './clusters';
import { failure } from '../workflows/contracts';
import type { KubernetesObject } from './kubernetes/gateway';
import type { RbacRule } from './probe';

/**
 * - `starting`: on its way, nothing says that it will not get there
 * - `pending`: not placed on a node
 * - `broken`: fails again and again, or waits for what does not come; see `BROKEN_WAITING` and `isBroken`
 * - `stuck`: runs without a restart, is not ready for longer than `START_GRACE_MS`
 */
export type PodState = 'ready' | 'starting' | 'pending' | 'broken' | 'stuck' | 'terminating';

export interface PodView {
  name: string;
  uid: string;
  node: string;
  state: PodState;
  ready: boolean;
  /** The program's container, where the configuration or the pod says which of several it is. */
  container: string | undefined;
  /** It runs at this moment; where nobody says which container it is, any of them does. */
  running: boolean;
  restarts: number;
  waitingReasons: string[];
  /** Reason and exit code of last ends that were not clean: "Error (1)", "OOMKilled (137)". */
  terminatedReasons: string[];
  /** `controller-revision-hash` or `pod-template-hash`. */
  revision: string | undefined;
  object: KubernetesObject;
}

/** Kubelet's reasons for a container that waits and will go on waiting. */
const BROKEN_WAITING: ReadonlySet<string> = new Set([
  'CrashLoopBackOff', 'ImagePullBackOff', 'ErrImagePull', 'ErrImageNeverPull', 'InvalidImageName', 'CreateContainerConfigError',
  'CreateContainerError', 'RunContainerError', 'StartError',
]);

/** One failed start may be chance, and the next be at work already; two are a pattern. */
const RESTARTS_THAT_ARE_A_PATTERN = 2;
/** Receive replays its WAL for minutes before it is ready; longer than this it hangs (domain 4.8). In milliseconds, times the time factor. */
const START_GRACE_MS = 10 * 60_000;

/** By which kubectl chooses among containers: operators set it, since what they put beside a program runs on without it. */
const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

interface ContainerStatus {
  name?: string;
  ready?: boolean;
  restartCount?: number;
  state?: { waiting?: { reason?: string }; running?: { startedAt?: string }; terminated?: Ended };
  lastState?: { terminated?: Ended };
}
interface Ended {
  reason?: string;
  exitCode?: number;
}

export interface Workload {
  object: KubernetesObject;
  pods: PodView[];
  /** How many there should be. */
  members: number;
  /** Revision that new pods get; undefined where the kind has none. */
  updateRevision: string | undefined;
  /** Revision that the workload is rolled out from; the same as `updateRevision` when no rollout is under way. */
  currentRevision: string | undefined;
}

/** What `readWorkload` and `findWorkload` ask for. */
export const READS_WORKLOAD: readonly RbacRule[] = [
  { apiGroup: 'apps', resources: ['statefulsets', 'deployments', 'daemonsets'], verbs: ['get'] },
  { apiGroup: 'apps', resources: ['replicasets'], verbs: ['list'] },
  { apiGroup: '', resources: ['pods'], verbs: ['list'] },
];

/** The workload of a target with its pods. @throws TargetNotFound when there is no such workload. */
export async function readWorkload(access: ClusterAccess, target: Target): Promise<Workload> {
  const object = await access.kubernetes.read(target);
  if (!object) throw failure('TargetNotFound', `There is no ${target.kind} ${target.namespace}/${target.name} in the cluster ${access.config.name}; check the targets in the configuration`);
  return workloadOf(access, target, object);
}

/** The same where its absence is an answer: `undefined`. */
export async function findWorkload(access: ClusterAccess, target: Target): Promise<Workload | undefined> {
  const object = await access.kubernetes.read(target);
  return object && workloadOf(access, target, object);
}

async function workloadOf(access: ClusterAccess, target: Target, object: KubernetesObject): Promise<Workload> {
  const spec = (object['spec'] ?? {}) as { replicas?: number; selector?: { matchLabels?: Record<string, string> } };
  const status = (object['status'] ?? {}) as { updateRevision?: string; currentRevision?: string; desiredNumberScheduled?: number };
  const selector = target.podSelector ?? spec.selector?.matchLabels;
  if (!selector) throw failure('InvalidInput', `${target.kind} ${target.namespace}/${target.name} selects no pods; set podSelector in the configuration`);
  const pods = await access.kubernetes.list({ apiVersion: 'v1', kind: 'Pod' }, target.namespace, selector);
  const now = access.clock.now().getTime();
  const revisions = target.kind === 'Deployment' ? await deploymentRevisions(access, target, object, selector) : { update: status.updateRevision, current: status.currentRevision };
  return {
    object,
    pods: pods.filter((pod) => belongsTo(pod, object)).map((pod) => viewPod(pod, now, access.config.timeFactor, target.container)).sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })),
    members: target.kind === 'DaemonSet' ? (status.desiredNumberScheduled ?? 0) : (spec.replicas ?? 1),
    updateRevision: revisions.update,
    // The controller leaves currentRevision away once a rollout is complete.
    currentRevision: revisions.current ?? revisions.update,
  };
}

/** A StatefulSet's pods name it as their controller; a Deployment's name a ReplicaSet, so for those the labels decide. */
function belongsTo(pod: KubernetesObject, workload: KubernetesObject): boolean {
  const owners = (pod.metadata['ownerReferences'] ?? []) as Array<{ controller?: boolean; kind: string; uid: string }>;
  const owner = owners.find((reference) => reference.controller);
  return !owner || owner.kind !== workload.kind || owner.uid === workload.metadata.uid;
}

async function deploymentRevisions(access: ClusterAccess, target: Target, object: KubernetesObject, selector: Record<string, string>) {
  const sets = await access.kubernetes.list({ apiVersion: 'apps/v1', kind: 'ReplicaSet' }, target.namespace, selector);
  const owned = sets
    .filter((set) => ((set.metadata['ownerReferences'] ?? []) as Array<{ uid: string }>).some(({ uid }) => uid === object.metadata.uid))
    .map((set) => ({ number: Number(annotationsOf(set)['deployment.kubernetes.io/revision'] ?? 0), hash: labelsOf(set)['pod-template-hash'] }))
    .sort((a, b) => b.number - a.number);
  return { update: owned[0]?.hash, current: owned[1]?.hash };
}

export function labelsOf(object: KubernetesObject): Record<string, string> {
  return (object.metadata['labels'] ?? {}) as Record<string, string>;
}

export function annotationsOf(object: KubernetesObject): Record<string, string> {
  return (object.metadata['annotations'] ?? {}) as Record<string, string>;
}

export function viewPod(pod: KubernetesObject, now: number, timeFactor: number, configured?: string): PodView {
  const status = (pod['status'] ?? {}) as { phase?: string; conditions?: Array<{ type: string; status: string; reason?: string }>; startTime?: string; initContainerStatuses?: ContainerStatus[]; containerStatuses?: ContainerStatus[] };
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const labels = labelsOf(pod);
  const container = configured ?? defaultContainerOf(pod);
  const ready = pod.metadata['deletionTimestamp'] === undefined && (status.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True');
  return {
    name: pod.metadata.name,
    uid: pod.metadata.uid ?? '',
    node: textOf(((pod['spec'] ?? {}) as JsonObject)['nodeName']),
    state: stateOf(pod, status, containers, ready, now, timeFactor),
    ready,
    container,
    running: programIn(status.containerStatuses ?? [], container).some(({ state }) => state?.running !== undefined),
    restarts: Math.max(0, ...containers.map(({ restartCount }) => restartCount ?? 0)),
    waitingReasons: unique(containers.map(({ state }) => state?.waiting?.reason)),
    terminatedReasons: unique(containers.flatMap(({ state, lastState }) => [endOf(state?.terminated), endOf(lastState?.terminated)])),
    revision: labels['controller-revision-hash'] ?? labels['pod-template-hash'],
    object: pod,
  };
}

function defaultContainerOf(pod: KubernetesObject): string | undefined {
  const wanted = annotationsOf(pod)[DEFAULT_CONTAINER];
  const containers = (pod['spec'] as { containers?: Array<{ name?: string }> } | undefined)?.containers ?? [];
  return containers.some(({ name }) => name === wanted) ? wanted : undefined;
}

function programIn(containers: readonly ContainerStatus[], program: string | undefined): readonly ContainerStatus[] {
  const found = containers.filter(({ name }) => name === program);
  return found.length > 0 ? found : containers;
}

function stateOf(
  pod: KubernetesObject,
  status: { phase?: string; conditions?: Array<{ type: string; status: string; reason?: string }>; startTime?: string },
  containers: ContainerStatus[],
  ready: boolean,
  now: number,
  timeFactor: number,
): PodState {
  if (pod.metadata['deletionTimestamp'] !== undefined) return 'terminating';
  if (ready) return 'ready';
  if ((status.conditions ?? []).some(({ type, status: value }) => type === 'PodScheduled' && value === 'False')) return 'pending';
  if (status.phase === 'Failed' || containers.some(isBroken)) return 'broken';
  const runningSince = containers.map(({ state }) => Date.parse(state?.running?.startedAt ?? '')).filter(Number.isFinite);
  const since = runningSince.length > 0 ? Math.max(...runningSince) : Date.parse(status.startTime ?? '');
  return Number.isFinite(since) && now - since > START_GRACE_MS * timeFactor ? 'stuck' : 'starting';
}

function isBroken({ ready, restartCount, state, lastState }: ContainerStatus): boolean {
  if (ready) return false;
  if (BROKEN_WAITING.has(state?.waiting?.reason ?? '')) return true;
  if (state?.terminated && state.terminated.exitCode !== 0) return true;
  return (restartCount ?? 0) >= RESTARTS_THAT_ARE_A_PATTERN && lastState?.terminated !== undefined && lastState.terminated.exitCode !== 0;
}

function endOf(ended: Ended | undefined): string | undefined {
  return ended && ended.exitCode !== 0 ? `${ended.reason ?? 'Error'} (${ended.exitCode ?? '?'})` : undefined;
}

/** A text or number as text; anything else, and what is absent, as `otherwise`. */
export function textOf(value: Json | undefined, otherwise = ''): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : otherwise;
}

export function unique(values: ReadonlyArray<string | undefined>): string[] {
  return [...new Set(values.filter((value) => value !== undefined && value !== ''))] as string[];
}
