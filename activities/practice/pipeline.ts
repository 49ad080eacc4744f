import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { failure, type JsonObject } from '../../workflows/contracts';
import type { KubernetesObject } from '../kubernetes/gateway';
import { nextUid, nextVersion, shortHash } from './identity';
import { at, numberAt, textsAt } from './objects';
import { makePod, statefulOrigin } from './pods';
import { loadConfigurations } from './programs';
import type { PracticeState } from './state';

/** The pipeline is no newcomer: it ran well for days before the incident. */
const RUNNING_FOR_MS = 9 * 24 * 3_600_000;
/** Kinds that live outside namespaces; the practice cluster shows one namespace's objects only. */
const CLUSTER_SCOPED = new Set(['Namespace', 'ClusterRole', 'ClusterRoleBinding']);

/** The healthy pipeline, made from manifests as a cluster's own controllers would. */
export function healthyPipeline(manifests: string, now: Date): PracticeState {
  const state: PracticeState = { version: 1, manifests: manifestsDigest(manifests), counter: 1_000, seed: randomUUID(), objects: [], births: [], logs: [], loaded: {}, auditSequence: 0 };
  const since = new Date(now.getTime() - RUNNING_FOR_MS).toISOString();
  for (const manifest of readManifests(manifests)) admit(state, manifest, since);
  for (const object of [...state.objects]) {
    if (object.kind === 'StatefulSet') startStatefulSet(state, object, since);
    if (object.kind === 'Deployment') startDeployment(state, object, since);
  }
  loadConfigurations(state);
  return state;
}

/** Adds what the API server adds to a new object. */
export function admit(state: PracticeState, manifest: KubernetesObject, createdAt: string): KubernetesObject {
  const object: KubernetesObject = structuredClone(manifest);
  object.metadata = { ...object.metadata, uid: nextUid(state), resourceVersion: nextVersion(state), creationTimestamp: createdAt, ...(at(object, 'spec') && { generation: 1 }) };
  if (object.kind === 'Service' && at(object, 'spec', 'clusterIP') === undefined) object['spec'] = { ...(object['spec'] as JsonObject), clusterIP: `10.96.0.${(state.counter % 200) + 20}` };
  state.objects.push(object);
  return object;
}

/** Tells one state of the manifests from another. */
export function manifestsDigest(directory: string): string {
  const hash = createHash('sha256');
  for (const text of manifestTexts(directory)) hash.update(text);
  return hash.digest('hex');
}

function readManifests(directory: string): KubernetesObject[] {
  return manifestTexts(directory).flatMap(manifestsIn);
}

function manifestTexts(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => readFileSync(path.join(directory, name), 'utf8'));
  } catch (error) {
    throw failure('InvalidInput', `The practice cluster's manifests in ${directory} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

function manifestsIn(text: string): KubernetesObject[] {
  const documents = parseAllDocuments(text);
  const values = 'empty' in documents ? [] : documents.map((document) => document.toJS() as KubernetesObject | null);
  return values.filter((value): value is KubernetesObject => value?.kind !== undefined && !CLUSTER_SCOPED.has(value.kind));
}

function startStatefulSet(state: PracticeState, set: KubernetesObject, since: string): void {
  const revision = recordRevision(state, set, since);
  set['status'] = { observedGeneration: 1, currentRevision: revision, updateRevision: revision, collisionCount: 0 };
  const replicas = numberAt(set, 'spec', 'replicas');
  for (let ordinal = 0; ordinal < replicas; ordinal += 1) {
    state.objects.push(makePod(state, statefulOrigin(set, `${set.metadata.name}-${ordinal}`), at(set, 'spec', 'template') as JsonObject, since));
  }
}

/** Keeps the StatefulSet's template as its newest ControllerRevision and answers with its name. A template that was there before gets its old revision back. */
export function recordRevision(state: PracticeState, set: KubernetesObject, createdAt: string, preferredName?: string): string {
  const template = at(set, 'spec', 'template') as JsonObject;
  const revisions = state.objects.filter((object) => object.kind === 'ControllerRevision' && object.metadata.name.startsWith(`${set.metadata.name}-`));
  const newest = Math.max(0, ...revisions.map((revision) => numberAt(revision, 'revision')));
  const hash = shortHash(template);
  const known = revisions.find((revision) => textsAt(revision, 'metadata', 'labels')['controller.kubernetes.io/hash'] === hash);
  if (known) {
    if (numberAt(known, 'revision') < newest) known['revision'] = newest + 1;
    return known.metadata.name;
  }
  const name = preferredName ?? `${set.metadata.name}-${hash}`;
  const labels = { ...textsAt(template, 'metadata', 'labels'), 'controller.kubernetes.io/hash': hash };
  const owner = { apiVersion: set.apiVersion, kind: set.kind, name: set.metadata.name, uid: set.metadata.uid ?? '', controller: true, blockOwnerDeletion: true };
  const data = { spec: { template: { ...structuredClone(template), $patch: 'replace' } } };
  admit(state, { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: { name, namespace: set.metadata.namespace ?? '', labels, ownerReferences: [owner] }, revision: newest + 1, data }, createdAt);
  return name;
}

function startDeployment(state: PracticeState, deployment: KubernetesObject, since: string): void {
  const hash = shortHash(at(deployment, 'spec', 'template'));
  const labels = { ...textsAt(deployment, 'spec', 'selector', 'matchLabels'), 'pod-template-hash': hash };
  const template = structuredClone(at(deployment, 'spec', 'template')) as JsonObject;
  const owner = { apiVersion: deployment.apiVersion, kind: 'Deployment', name: deployment.metadata.name, uid: deployment.metadata.uid ?? '', controller: true, blockOwnerDeletion: true };
  const replicas = numberAt(deployment, 'spec', 'replicas') || 1;
  const name = `${deployment.metadata.name}-${hash}`;
  const namespace = deployment.metadata.namespace ?? '';
  const set = admit(state, { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name, namespace, labels, annotations: { 'deployment.kubernetes.io/revision': '1' }, ownerReferences: [owner] }, spec: { replicas, selector: { matchLabels: labels }, template } }, since);
  for (let count = 0; count < replicas; count += 1) {
    const podName = `${name}-${shortHash([hash, count]).slice(0, 5)}`;
    state.objects.push(makePod(state, { owner: set, labels: { 'pod-template-hash': hash }, name: podName }, template, since));
  }
}
