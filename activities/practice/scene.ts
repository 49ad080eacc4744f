import { isDeepStrictEqual } from 'node:util';
import { failure, type Json, type JsonObject, type Runbook, type RunbookExample } from '../../workflows/contracts';
import type { KubernetesObject } from '../kubernetes/gateway';
import { nextVersion, shortHash } from './identity';
import { hasRoom } from './kubelet';
import { isObject, merge } from './merge';
import { at, isReady, listAt, numberAt, ownerUid, sameObject, textsAt } from './objects';
import { recordRevision } from './pipeline';
import { revisionOf, visiblePods } from './pods';
import { configurationOf, loadConfigurations } from './programs';
import { newestRevision, recordDaemonRevision, recordReplicaSet } from './rollouts';
import type { PracticeState } from './state';
import { fillTokens } from './tokens';

const WORKLOADS: ReadonlySet<string> = new Set(['StatefulSet', 'Deployment', 'DaemonSet']);
/** Somebody changed the pipeline this long before the alert. */
const CHANGED_BEFORE_MS = 6 * 60_000;

/** Sets the scene of an example on a healthy pipeline. @throws RunbookInvalid when it changes an object that is not there */
export function setScene(state: PracticeState, runbook: Pick<Runbook, 'id' | 'probes'>, example: RunbookExample, now: Date): void {
  const uses = Object.fromEntries(runbook.probes.map(({ id, use }) => [id, use]));
  const healthy = example.objects.map(({ kind, name }) => structuredClone(objectNamed(state, kind, name, example)));
  state.scene = { runbook: runbook.id, example: example.id, playedAt: now.toISOString(), evidence: example.evidence, after: example.after, uses, healthy, brokenRevisions: {} };
  // Workloads before their pods, so that pods can be on the revision that the workload's change makes.
  const ordered = [...example.objects].sort((a, b) => Number(a.kind === 'Pod') - Number(b.kind === 'Pod'));
  for (const change of ordered) applyChange(state, change, example, now);
  for (const { pod, previous = false, lines } of example.logs) {
    const podUid = objectNamed(state, 'Pod', pod, example).metadata.uid ?? '';
    state.logs.push({ podUid, previous, lines: lines.map((line) => fillTokens(line, now, '') as string) });
  }
  state.scene.brokenRevisions = brokenRevisions(state);
  // Whoever changed a configuration had it read, too.
  loadConfigurations(state);
}

function applyChange(state: PracticeState, { kind, name, patch }: RunbookExample['objects'][number], example: RunbookExample, now: Date): void {
  const before = objectNamed(state, kind, name, example);
  const index = state.objects.indexOf(before);
  if (patch === null) {
    state.objects.splice(index, 1);
    return;
  }
  const changedAt = new Date(now.getTime() - CHANGED_BEFORE_MS).toISOString();
  const owner = state.objects.find((object) => object.metadata.uid === ownerUid(before));
  const after = merge(before, fillTokens(patch, now, newestRevision(state, owner))) as KubernetesObject;
  after.metadata = { ...after.metadata, resourceVersion: nextVersion(state) };
  if (kind !== 'Pod') after.metadata['managedFields'] = [{ manager: 'kubectl-edit', operation: 'Update', apiVersion: before.apiVersion, time: changedAt, fieldsType: 'FieldsV1', fieldsV1: fieldsOf(patch) }];
  if (kind === 'StatefulSet') after['status'] = { ...(after['status'] as JsonObject), updateRevision: recordRevision(state, after, changedAt) };
  if (kind === 'Deployment') recordReplicaSet(state, after, changedAt);
  if (kind === 'DaemonSet') recordDaemonRevision(state, after, changedAt);
  state.objects[index] = after;
  if (kind === 'Deployment') takeAwayPods(state, after);
}

/** Scaled down: the pods beyond the number that is left are gone. */
function takeAwayPods(state: PracticeState, workload: KubernetesObject): void {
  const owners = new Set([workload.metadata.uid, ...state.objects.filter((object) => object.kind === 'ReplicaSet' && ownerUid(object) === workload.metadata.uid).map(({ metadata }) => metadata.uid)]);
  const own = state.objects.filter((object) => object.kind === 'Pod' && owners.has(ownerUid(object)));
  const gone = own.slice(numberAt(workload, 'spec', 'replicas'));
  state.objects = state.objects.filter((object) => !gone.includes(object));
}

/** The fields that a patch names, in the form of managed fields. */
function fieldsOf(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).map(([key, value]) => [`f:${key}`, isObject(value) ? fieldsOf(value) : {}]));
}

/** A revision of which no pod works breaks the next pod too. Pods that others of the same revision outlive have a trouble of their own. */
function brokenRevisions(state: PracticeState): Record<string, JsonObject> {
  const pods = state.objects.filter((object) => object.kind === 'Pod' && revisionOf(object) !== '');
  const working = new Set(pods.filter(isReady).map(revisionOf));
  const changed = new Set(state.scene?.healthy.filter(({ kind }) => WORKLOADS.has(kind)).map(({ metadata }) => metadata.uid));
  const workloadOf = (pod: KubernetesObject) => {
    const owner = state.objects.find((object) => object.metadata.uid === ownerUid(pod));
    return owner?.kind === 'ReplicaSet' ? ownerUid(owner) : owner?.metadata.uid;
  };
  // A Deployment that was changed elsewhere than in its template has a template that works.
  const good = new Set(state.scene?.healthy.filter(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet').map((workload) => shortHash(at(workload, 'spec', 'template'))));
  const broken = pods.filter((pod) => !isReady(pod) && !working.has(revisionOf(pod)) && !good.has(revisionOf(pod)) && changed.has(workloadOf(pod)));
  return Object.fromEntries(broken.map((pod) => [revisionOf(pod), pod['status'] as JsonObject]));
}

function objectNamed(state: PracticeState, kind: string, name: string, example: RunbookExample): KubernetesObject {
  const found = state.objects.find((object) => sameObject(object, { kind, name })) ?? onlyPodOf(state, kind, name);
  if (found) return found;
  throw failure('RunbookInvalid', `The example ${example.id} changes ${kind} ${name}, which the practice cluster does not have; it has ${state.objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata.name).join(', ') || `no ${kind}`}.`);
}

/** Names of pods that a Deployment or DaemonSet makes are chance: the only one of the workload is meant by the workload's name. */
function onlyPodOf(state: PracticeState, kind: string, name: string): KubernetesObject | undefined {
  const [found, another] = kind === 'Pod' ? state.objects.filter((object) => object.kind === 'Pod' && textsAt(object, 'metadata', 'labels')['statefulset.kubernetes.io/pod-name'] === undefined && workloadName(object) === name) : [];
  return another ? undefined : found;
}

/** `grafana` of Pod grafana-5d4f6c7b8f-x2x4z, by the ReplicaSet that made it. */
function workloadName(pod: KubernetesObject): string {
  const owner = listAt(pod, 'metadata', 'ownerReferences')[0];
  const name = typeof owner?.['name'] === 'string' ? owner['name'] : '';
  return owner?.['kind'] === 'ReplicaSet' ? name.slice(0, name.lastIndexOf('-')) : name;
}

/** Notes the moment at which everything that the scene changed is as it should be again. */
export function lookAtScene(state: PracticeState, now: Date): void {
  if (!state.scene || state.scene.healedAt || !isHealed(state, now)) return;
  state.scene.healedAt = now.toISOString();
}

/** Is everything that the scene changed as it should be again? A scene that changed no object is mended by a person only. */
export function isHealed(state: PracticeState, now: Date): boolean {
  const { scene } = state;
  if (!scene) return true;
  if (scene.healedAt) return true;
  // Where nothing was broken but too little, more of it is what mends.
  if (scene.healthy.length === 0) return state.lastAudit?.scene === `${scene.runbook}/${scene.example}` && (state.lastAudit.paths ?? []).includes('/spec/replicas');
  const pods = visiblePods(state, now);
  return scene.healthy.every((wanted) => {
    if (wanted.kind === 'PersistentVolumeClaim') return state.objects.some((object) => sameObject(object, { kind: wanted.kind, name: wanted.metadata.name }) && hasRoom(object) && at(object, 'status', 'phase') === at(wanted, 'status', 'phase'));
    // A pod with a trouble of its own is never mended, only replaced, or given more of what it lacked.
    if (wanted.kind === 'Pod' && textsAt(wanted, 'metadata', 'labels')['statefulset.kubernetes.io/pod-name'] === undefined) return isReplaced(wanted, pods);
    if (wanted.kind === 'Pod') return pods.some((pod) => pod.metadata.name === wanted.metadata.name && isReady(pod) && (pod.metadata.uid !== wanted.metadata.uid || !isDeepStrictEqual(pod['spec'], wanted['spec'])));
    const present = state.objects.find((object) => sameObject(object, { kind: wanted.kind, name: wanted.metadata.name, namespace: wanted.metadata.namespace ?? '' }));
    if (present && configurationOf(present) !== undefined && state.loaded[present.metadata.name] !== configurationOf(wanted)) return false;
    return present !== undefined && isDeepStrictEqual(essence(present), essence(wanted));
  });
}

/** The pod of a Deployment or DaemonSet has gone, and another one serves. */
function isReplaced(gone: KubernetesObject, pods: readonly KubernetesObject[]): boolean {
  const own = pods.filter((pod) => workloadName(pod) === workloadName(gone));
  return own.some(isReady) && own.every((pod) => isReady(pod) && pod.metadata.uid !== gone.metadata.uid);
}

/** What somebody decided about an object, without what the server adds. */
function essence(object: KubernetesObject): Json {
  const { apiVersion: _apiVersion, kind: _kind, metadata, status: _status, ...rest } = object;
  const spec = isObject(rest['spec']) ? Object.fromEntries(Object.entries(rest['spec']).filter(([key]) => !/^clusterIPs?$/.test(key))) : undefined;
  return { ...rest, labels: metadata['labels'] ?? {}, ...(spec && { spec }) };
}
