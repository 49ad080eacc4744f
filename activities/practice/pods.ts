import type { JsonObject } from '../../workflows/contracts';
import type { KubernetesObject } from '../kubernetes/gateway';
import { nextPodIp, nextUid, nextVersion, shortHash } from './identity';
import { at, isReady, listAt, numberAt, textsAt } from './objects';
import type { PracticeState } from './state';

export const PRACTICE_NODE = 'practice-node-1';
/** A pod is seen as ContainerCreating for a moment, then settles: long enough to watch, short enough not to wait. */
const APPEARS_AFTER_MS = 500;
const SETTLES_AFTER_MS = 2_000;

export interface PodOrigin {
  owner: KubernetesObject;
  /** What the owner's controller puts on its pods beyond the template's labels. */
  labels: Record<string, string>;
  name: string;
}

/** A Ready pod, made of its owner's template. */
export function makePod(state: PracticeState, origin: PodOrigin, template: JsonObject, startedAt: string): KubernetesObject {
  const { owner } = origin;
  const ip = nextPodIp(state);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: origin.name,
      namespace: owner.metadata.namespace ?? 'default',
      uid: nextUid(state),
      resourceVersion: nextVersion(state),
      creationTimestamp: startedAt,
      labels: { ...textsAt(template, 'metadata', 'labels'), ...origin.labels },
      annotations: textsAt(template, 'metadata', 'annotations'),
      ownerReferences: [{ apiVersion: owner.apiVersion, kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid ?? '', controller: true, blockOwnerDeletion: true }],
    },
    spec: { ...(at(template, 'spec') as JsonObject), volumes: [...listAt(template, 'spec', 'volumes'), ...claimVolumes(owner, origin.name)], nodeName: PRACTICE_NODE },
    status: runningStatus(template, ip, startedAt),
  };
}

/** Claims of a StatefulSet's templates, each named after the template and the pod. */
export function claimsOf(owner: KubernetesObject, podName: string): Array<{ volume: string; claim: string; template: JsonObject }> {
  if (owner.kind !== 'StatefulSet') return [];
  return listAt(owner, 'spec', 'volumeClaimTemplates').flatMap((template) => {
    const volume = at(template, 'metadata', 'name');
    return typeof volume === 'string' ? [{ volume, claim: `${volume}-${podName}`, template }] : [];
  });
}

function claimVolumes(owner: KubernetesObject, podName: string): JsonObject[] {
  return claimsOf(owner, podName).map(({ volume, claim }) => ({ name: volume, persistentVolumeClaim: { claimName: claim } }));
}

function runningStatus(template: JsonObject, podIP: string, startedAt: string): JsonObject {
  const condition = (type: string) => ({ type, status: 'True', lastTransitionTime: startedAt });
  const container = (spec: JsonObject, state: JsonObject) => ({ name: spec['name'] ?? '', image: spec['image'] ?? '', imageID: '', ready: true, started: true, restartCount: 0, state, lastState: {} });
  const init = listAt(template, 'spec', 'initContainers').map((spec) => container(spec, { terminated: { exitCode: 0, reason: 'Completed', startedAt, finishedAt: startedAt } }));
  return {
    phase: 'Running',
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: startedAt,
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map(condition),
    ...(init.length > 0 && { initContainerStatuses: init }),
    containerStatuses: listAt(template, 'spec', 'containers').map((spec) => container(spec, { running: { startedAt } })),
  };
}

/** The pod as it looks between its creation and its first container's start. */
function creatingView(pod: KubernetesObject): KubernetesObject {
  const conditions = listAt(pod, 'status', 'conditions').map((condition) => (condition['type'] === 'PodScheduled' ? condition : { ...condition, status: 'False', reason: 'ContainersNotReady' }));
  const containerStatuses = listAt(pod, 'status', 'containerStatuses').map((status) => ({ ...status, ready: false, started: false, state: { waiting: { reason: 'ContainerCreating' } } }));
  return { ...pod, status: { phase: 'Pending', startTime: at(pod, 'status', 'startTime') ?? null, conditions, containerStatuses } };
}

/** The pod is gone; its controller makes another one, of the owner's current template. */
export function replacePod(state: PracticeState, gone: KubernetesObject, now: Date): void {
  state.objects = state.objects.filter((object) => object !== gone);
  const owner = state.objects.find((object) => object.metadata.uid === listAt(gone, 'metadata', 'ownerReferences')[0]?.['uid']);
  const template = owner && at(owner, 'spec', 'template');
  if (!owner || !template) return;
  bearPod(state, originAfter(state, owner, gone), template as JsonObject, now);
}

/** A new pod on its way; one of a revision that does not work comes up broken. */
export function bearPod(state: PracticeState, origin: PodOrigin, template: JsonObject, now: Date): void {
  const appearsAt = new Date(now.getTime() + APPEARS_AFTER_MS).toISOString();
  const pod = makePod(state, origin, template, appearsAt);
  const broken = state.scene?.brokenRevisions[revisionOf(pod)];
  if (broken) pod['status'] = broken;
  state.births.push({ appearsAt, settlesAt: new Date(now.getTime() + SETTLES_AFTER_MS).toISOString(), pod });
}

/** The template revision that a pod was made of. */
export function revisionOf(pod: KubernetesObject): string {
  const labels = textsAt(pod, 'metadata', 'labels');
  return labels['controller-revision-hash'] ?? labels['pod-template-hash'] ?? '';
}

/** A StatefulSet that has fewer pods than replicas makes those that are missing. */
export function addMissingPods(state: PracticeState, set: KubernetesObject, now: Date): void {
  const names = [...state.objects.filter(({ kind }) => kind === 'Pod'), ...state.births.map(({ pod }) => pod)].map(({ metadata }) => metadata.name);
  for (let ordinal = 0; ordinal < numberAt(set, 'spec', 'replicas'); ordinal += 1) {
    const name = `${set.metadata.name}-${ordinal}`;
    if (names.includes(name)) continue;
    bearPod(state, statefulOrigin(set, name), at(set, 'spec', 'template') as JsonObject, now);
  }
}

/** A pod that was killed for want of memory and has been given more starts at once, and gets through. */
export function resizedPod(pod: KubernetesObject, now: string): KubernetesObject {
  const ip = at(pod, 'status', 'podIP');
  return { ...pod, status: runningStatus({ spec: pod['spec'] ?? {} }, typeof ip === 'string' ? ip : '', now) };
}

function originAfter(state: PracticeState, owner: KubernetesObject, gone: KubernetesObject): PodOrigin {
  if (owner.kind === 'StatefulSet') return statefulOrigin(owner, gone.metadata.name);
  if (owner.kind === 'DaemonSet') return { owner, labels: { 'controller-revision-hash': shortHash(at(owner, 'spec', 'template')) }, name: gone.metadata.name };
  const hash = textsAt(owner, 'spec', 'selector', 'matchLabels')['pod-template-hash'] ?? '';
  return { owner, labels: { 'pod-template-hash': hash }, name: `${owner.metadata.name}-${shortHash(state.counter).slice(0, 5)}` };
}

/** The labels of a StatefulSet's pods name its current revision and the pod itself. */
export function statefulOrigin(owner: KubernetesObject, name: string): PodOrigin {
  const revision = at(owner, 'status', 'updateRevision');
  return {
    owner,
    name,
    labels: {
      'controller-revision-hash': typeof revision === 'string' ? revision : '',
      'statefulset.kubernetes.io/pod-name': name,
      'apps.kubernetes.io/pod-index': name.split('-').at(-1) ?? '',
    },
  };
}

/** Every pod that can be seen now. */
export function visiblePods(state: PracticeState, now: Date): KubernetesObject[] {
  const time = now.toISOString();
  const settled = state.objects.filter(({ kind }) => kind === 'Pod');
  const born = state.births.filter(({ appearsAt }) => appearsAt <= time).map(({ pod, settlesAt }) => (settlesAt <= time ? pod : creatingView(pod)));
  return [...settled, ...born].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

/** Makes lasting what time has done; called before every change. */
export function settle(state: PracticeState, now: Date): void {
  const time = now.toISOString();
  state.objects.push(...state.births.filter(({ settlesAt }) => settlesAt <= time).map(({ pod }) => pod));
  state.births = state.births.filter(({ settlesAt }) => settlesAt > time);
}

export function readyPods(state: PracticeState, now: Date): KubernetesObject[] {
  return visiblePods(state, now).filter(isReady);
}
