import { isDeepStrictEqual } from 'node:util';
import { failure, type Json, type JsonObject, type Runbook, type RunbookExample } from '../../workflows/contracts';
import type { KubernetesObject } from '../kubernetes/gateway';
import { nextVersion } from './identity';
import { isObject, merge } from './merge';
import { at, isReady, labelsOf, ownerUid, sameObject } from './objects';
import { recordRevision } from './pipeline';
import { visiblePods } from './pods';
import { configurationOf, loadConfigurations } from './programs';
import type { PracticeState } from './state';
import { fillTokens } from './tokens';

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
  const revision = at(owner, 'status', 'updateRevision');
  const after = merge(before, fillTokens(patch, now, typeof revision === 'string' ? revision : '')) as KubernetesObject;
  after.metadata = { ...after.metadata, resourceVersion: nextVersion(state) };
  if (kind !== 'Pod') after.metadata['managedFields'] = [{ manager: 'kubectl-edit', operation: 'Update', apiVersion: before.apiVersion, time: changedAt, fieldsType: 'FieldsV1', fieldsV1: fieldsOf(patch) }];
  if (kind === 'StatefulSet') after['status'] = { ...(after['status'] as JsonObject), updateRevision: recordRevision(state, after, changedAt) };
  state.objects[index] = after;
}

/** The fields that a patch names, in the form of managed fields. */
function fieldsOf(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).map(([key, value]) => [`f:${key}`, isObject(value) ? fieldsOf(value) : {}]));
}

/** A revision of which no pod works breaks the next pod too. Pods that others of the same revision outlive have a trouble of their own. */
function brokenRevisions(state: PracticeState): Record<string, JsonObject> {
  const revisionOf = (pod: KubernetesObject) => labelsOf(pod)['controller-revision-hash'] ?? '';
  const pods = state.objects.filter((object) => object.kind === 'Pod' && revisionOf(object) !== '');
  const working = new Set(pods.filter(isReady).map(revisionOf));
  const changed = new Set(state.scene?.healthy.filter(({ kind }) => kind === 'StatefulSet').map(({ metadata }) => metadata.uid));
  const broken = pods.filter((pod) => !isReady(pod) && !working.has(revisionOf(pod)) && changed.has(ownerUid(pod)));
  return Object.fromEntries(broken.map((pod) => [revisionOf(pod), pod['status'] as JsonObject]));
}

function objectNamed(state: PracticeState, kind: string, name: string, example: RunbookExample): KubernetesObject {
  const found = state.objects.find((object) => sameObject(object, { kind, name }));
  if (found) return found;
  throw failure('RunbookInvalid', `The example ${example.id} changes ${kind} ${name}, which the practice cluster does not have; it has ${state.objects.filter((object) => object.kind === kind).map(({ metadata }) => metadata.name).join(', ') || `no ${kind}`}.`);
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
  if (scene.healthy.length === 0) return false;
  const pods = visiblePods(state, now);
  return scene.healthy.every((wanted) => {
    if (wanted.kind === 'Pod') return pods.some((pod) => pod.metadata.name === wanted.metadata.name && isReady(pod));
    const present = state.objects.find((object) => sameObject(object, { kind: wanted.kind, name: wanted.metadata.name, namespace: wanted.metadata.namespace ?? '' }));
    if (present && configurationOf(present) !== undefined && state.loaded[present.metadata.name] !== configurationOf(wanted)) return false;
    return present !== undefined && isDeepStrictEqual(essence(present), essence(wanted));
  });
}

/** What somebody decided about an object, without what the server adds. */
function essence(object: KubernetesObject): Json {
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, status: _status, ...rest } = object;
  const spec = isObject(rest['spec']) ? Object.fromEntries(Object.entries(rest['spec']).filter(([key]) => !/^clusterIPs?$/.test(key))) : undefined;
  return { ...rest, ...(spec && { spec }) };
}
