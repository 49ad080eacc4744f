/** Deployments and DaemonSets: their ReplicaSets and revisions, and what their controllers do with a changed template. */
import type { JsonObject } from '../../workflows/contracts';
import type { KubernetesObject } from '../kubernetes/gateway';
import { nextUid, nextVersion, shortHash } from './identity';
import { at, isReady, labelsOf, numberAt, ownerUid, textsAt } from './objects';
import { bearPod, makePod, revisionOf, statefulOrigin, type PodOrigin } from './pods';
import type { PracticeState } from './state';

const REVISION = 'deployment.kubernetes.io/revision';

export function startDeployment(state: PracticeState, deployment: KubernetesObject, since: string): void {
  const set = recordReplicaSet(state, deployment, since);
  const replicas = at(deployment, 'spec', 'replicas') === undefined ? 1 : numberAt(deployment, 'spec', 'replicas');
  for (let count = 0; count < replicas; count += 1) state.objects.push(makePod(state, replicaOrigin(set, count), templateOf(set), since));
}

export function startDaemonSet(state: PracticeState, set: KubernetesObject, since: string): void {
  recordDaemonRevision(state, set, since);
  state.objects.push(makePod(state, daemonOrigin(set), templateOf(set), since));
}

/** The ReplicaSet of the Deployment's present template, made where there is none; it is the newest then. */
export function recordReplicaSet(state: PracticeState, deployment: KubernetesObject, createdAt: string): KubernetesObject {
  const hash = shortHash(templateOf(deployment));
  const sets = replicaSetsOf(state, deployment);
  const newest = Math.max(0, ...sets.map(revisionNumber));
  const known = sets.find((set) => labelsOf(set)['pod-template-hash'] === hash);
  if (known) {
    if (revisionNumber(known) < newest) known.metadata['annotations'] = { ...textsAt(known, 'metadata', 'annotations'), [REVISION]: String(newest + 1) };
    return known;
  }
  const labels = { ...textsAt(deployment, 'spec', 'selector', 'matchLabels'), 'pod-template-hash': hash };
  const template = structuredClone(templateOf(deployment));
  const set: KubernetesObject = {
    apiVersion: 'apps/v1', kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`, namespace: deployment.metadata.namespace ?? '', uid: nextUid(state), resourceVersion: nextVersion(state), creationTimestamp: createdAt,
      labels, annotations: { [REVISION]: String(newest + 1) }, ownerReferences: [ownerOf(deployment)],
    },
    spec: { replicas: numberAt(deployment, 'spec', 'replicas') || 1, selector: { matchLabels: labels }, template: { ...template, metadata: { ...(at(template, 'metadata') as JsonObject | undefined), labels: { ...textsAt(template, 'metadata', 'labels'), 'pod-template-hash': hash } } } },
  };
  state.objects.push(set);
  return set;
}

export function recordDaemonRevision(state: PracticeState, set: KubernetesObject, createdAt: string): string {
  const hash = shortHash(templateOf(set));
  const own = state.objects.filter((object) => object.kind === 'ControllerRevision' && ownerUid(object) === set.metadata.uid);
  const newest = Math.max(0, ...own.map((revision) => numberAt(revision, 'revision')));
  const known = own.find((revision) => labelsOf(revision)['controller-revision-hash'] === hash);
  if (known) known['revision'] = newest === numberAt(known, 'revision') ? newest : newest + 1;
  else {
    state.objects.push({
      apiVersion: 'apps/v1', kind: 'ControllerRevision', revision: newest + 1, data: { spec: { template: { ...structuredClone(templateOf(set)), $patch: 'replace' } } },
      metadata: { name: `${set.metadata.name}-${hash}`, namespace: set.metadata.namespace ?? '', uid: nextUid(state), creationTimestamp: createdAt, labels: { 'controller-revision-hash': hash }, ownerReferences: [ownerOf(set)] },
    });
  }
  return hash;
}

/** What the controllers do with a changed Deployment or DaemonSet: pods that are not ready, or of another template, are replaced; missing ones come. */
export function rollOut(state: PracticeState, workload: KubernetesObject, now: Date): void {
  const isDeployment = workload.kind === 'Deployment';
  const set = isDeployment ? recordReplicaSet(state, workload, now.toISOString()) : undefined;
  const hash = set ? labelsOf(set)['pod-template-hash'] : recordDaemonRevision(state, workload, now.toISOString());
  const owners = new Set(set ? replicaSetsOf(state, workload).map(({ metadata }) => metadata.uid) : [workload.metadata.uid]);
  const wanted = isDeployment ? numberAt(workload, 'spec', 'replicas') : 1;
  const own = state.objects.filter((object) => object.kind === 'Pod' && owners.has(ownerUid(object)));
  const kept = own.filter((pod) => isReady(pod) && revisionOf(pod) === hash).slice(0, wanted);
  state.objects = state.objects.filter((object) => !own.includes(object) || kept.includes(object));
  state.births = state.births.filter(({ pod }) => !owners.has(ownerUid(pod)));
  for (let count = kept.length; count < wanted; count += 1) bearPod(state, set ? replicaOrigin(set, state.counter + count) : daemonOrigin(workload), templateOf(workload), now);
}

/**
 * What the StatefulSet controller does with a changed template: it replaces the pods of another revision, the last one first, as
 * long as none is in the way that is not ready. One after the other in a cluster: a revision that does not work goes no further
 * than the first of them. Those of one that works come back together here, since a moment is all it takes.
 */
export function rollOutStatefulSet(state: PracticeState, set: KubernetesObject, now: Date): void {
  const own = state.objects.filter((object) => object.kind === 'Pod' && ownerUid(object) === set.metadata.uid);
  const comes = state.births.some(({ pod }) => ownerUid(pod) === set.metadata.uid);
  const byHand = at(set, 'spec', 'updateStrategy', 'type') === 'OnDelete' || numberAt(set, 'spec', 'updateStrategy', 'rollingUpdate', 'partition') > 0;
  if (byHand || comes || !own.every(isReady)) return;
  const revision = at(set, 'status', 'updateRevision');
  const outdated = own.filter((pod) => revisionOf(pod) !== revision).sort((a, b) => ordinalOf(b) - ordinalOf(a));
  const worksNowhere = typeof revision === 'string' && state.scene?.brokenRevisions[revision] !== undefined;
  const replaced = worksNowhere ? outdated.slice(0, 1) : outdated;
  state.objects = state.objects.filter((object) => !replaced.includes(object));
  for (const { metadata } of replaced) bearPod(state, statefulOrigin(set, metadata.name), templateOf(set), now);
}

/** The revision that a new pod of the workload of this pod would get. */
export function newestRevision(state: PracticeState, owner: KubernetesObject | undefined): string {
  if (owner?.kind === 'ReplicaSet') {
    const siblings = state.objects.filter((object) => object.kind === 'ReplicaSet' && ownerUid(object) === ownerUid(owner));
    const newest = [...siblings].sort((a, b) => revisionNumber(b) - revisionNumber(a))[0];
    return newest ? (labelsOf(newest)['pod-template-hash'] ?? '') : '';
  }
  if (owner?.kind === 'DaemonSet') {
    const own = state.objects.filter((object) => object.kind === 'ControllerRevision' && ownerUid(object) === owner.metadata.uid);
    const newest = [...own].sort((a, b) => numberAt(b, 'revision') - numberAt(a, 'revision'))[0];
    return newest ? (labelsOf(newest)['controller-revision-hash'] ?? '') : '';
  }
  const revision = at(owner, 'status', 'updateRevision');
  return typeof revision === 'string' ? revision : '';
}

export function replicaOrigin(set: KubernetesObject, count: number): PodOrigin {
  const hash = labelsOf(set)['pod-template-hash'] ?? '';
  return { owner: set, labels: { 'pod-template-hash': hash }, name: `${set.metadata.name}-${shortHash([hash, count]).slice(0, 5)}` };
}

/** One node, one pod; its name stays, so that examples can name it. */
function daemonOrigin(set: KubernetesObject): PodOrigin {
  return { owner: set, labels: { 'controller-revision-hash': shortHash(templateOf(set)) }, name: `${set.metadata.name}-${shortHash(set.metadata.name).slice(0, 5)}` };
}

function replicaSetsOf(state: PracticeState, deployment: KubernetesObject): KubernetesObject[] {
  return state.objects.filter((object) => object.kind === 'ReplicaSet' && ownerUid(object) === deployment.metadata.uid);
}

function revisionNumber(set: KubernetesObject): number {
  return Number(textsAt(set, 'metadata', 'annotations')[REVISION] ?? 0);
}

function templateOf(workload: KubernetesObject): JsonObject {
  return (at(workload, 'spec', 'template') ?? {}) as JsonObject;
}

function ownerOf({ apiVersion, kind, metadata }: KubernetesObject): JsonObject {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true };
}

function ordinalOf({ metadata: { name } }: KubernetesObject): number {
  return Number(name.split('-').at(-1));
}
