import type { JsonObject } from '../../workflows/contracts';
import type { KubernetesObject } from '../kubernetes/gateway';
import { nextPodIp, nextUid, nextVersion, shortHash } from './identity';
import { at, isReady, listAt, textsAt } from './objects';
import type { PracticeState } from './state';

const NODE = 'practice-node-1';
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
    spec: { ...(at(template, 'spec') as JsonObject), nodeName: NODE },
    status: runningStatus(template, ip, startedAt),
  };
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
  const appearsAt = new Date(now.getTime() + APPEARS_AFTER_MS).toISOString();
  const origin = originAfter(state, owner, gone);
  const pod = makePod(state, origin, template as JsonObject, appearsAt);
  const broken = state.scene?.brokenRevisions[origin.labels['controller-revision-hash'] ?? ''];
  if (broken) pod['status'] = broken;
  state.births.push({ appearsAt, settlesAt: new Date(now.getTime() + SETTLES_AFTER_MS).toISOString(), pod });
}

function originAfter(state: PracticeState, owner: KubernetesObject, gone: KubernetesObject): PodOrigin {
  if (owner.kind === 'StatefulSet') return statefulOrigin(owner, gone.metadata.name);
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
