import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../../workflows/contracts';
import type { KubernetesObject } from '../kubernetes/gateway';
import { nextUid, nextVersion, shortHash } from './identity';
import { at, numberAt, textsAt } from './objects';
import { manifestsDigest, readManifests } from './manifests';
import { objectStoreSecret } from './object-store';
import { claimsOf, makePod, statefulOrigin } from './pods';
import { loadConfigurations } from './programs';
import { startDaemonSet, startDeployment } from './rollouts';
import type { PracticeState } from './state';

/** The pipeline is no newcomer: it ran well for days before the incident. */
const RUNNING_FOR_MS = 9 * 24 * 3_600_000;

/** The healthy pipeline, made from manifests as a cluster's own controllers would. */
export function healthyPipeline(manifests: string, now: Date): PracticeState {
  const state: PracticeState = { version: 1, manifests: manifestsDigest(manifests), counter: 1_000, seed: randomUUID(), objects: [], births: [], logs: [], loaded: {}, auditSequence: 0 };
  const since = new Date(now.getTime() - RUNNING_FOR_MS).toISOString();
  for (const { manifest } of readManifests(manifests)) admit(state, manifest, since);
  const secret = objectStoreSecret();
  if (!state.objects.some(({ kind, metadata }) => kind === secret.kind && metadata.name === secret.metadata.name)) admit(state, secret, since);
  for (const object of [...state.objects]) {
    if (object.kind === 'StatefulSet') startStatefulSet(state, object, since);
    if (object.kind === 'Deployment') startDeployment(state, object, since);
    if (object.kind === 'DaemonSet') startDaemonSet(state, object, since);
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

function startStatefulSet(state: PracticeState, set: KubernetesObject, since: string): void {
  const revision = recordRevision(state, set, since);
  set['status'] = { observedGeneration: 1, currentRevision: revision, updateRevision: revision, collisionCount: 0 };
  const replicas = numberAt(set, 'spec', 'replicas');
  for (let ordinal = 0; ordinal < replicas; ordinal += 1) {
    const origin = statefulOrigin(set, `${set.metadata.name}-${ordinal}`);
    bindClaims(state, set, origin.name, since);
    state.objects.push(makePod(state, origin, at(set, 'spec', 'template') as JsonObject, since));
  }
}

/** What the controller makes for a pod of the set, and a volume's driver binds. */
export function bindClaims(state: PracticeState, set: KubernetesObject, podName: string, since: string): void {
  for (const { claim, template } of claimsOf(set, podName)) {
    if (state.objects.some((object) => object.kind === 'PersistentVolumeClaim' && object.metadata.name === claim && object.metadata.namespace === set.metadata.namespace)) continue;
    const spec = at(template, 'spec') as JsonObject;
    const made = admit(state, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: claim, namespace: set.metadata.namespace ?? '', labels: textsAt(set, 'spec', 'selector', 'matchLabels') }, spec: { ...spec, volumeName: `pv-${claim}` } }, since);
    made['status'] = { phase: 'Bound', capacity: { storage: at(spec, 'resources', 'requests', 'storage') ?? '0' } };
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
