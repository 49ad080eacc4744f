/** The templates that a workload has had, and which of them it should have. */
import type { FieldChange, Json, JsonObject } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import type { Target } from '../clusters';
import type { RbacRule } from '../probe';
import { annotationsOf, labelsOf, READS_WORKLOAD, type Workload } from '../workload';
import { changesBetween, changesTowards } from './changes';
import type { KubernetesObject } from './gateway';
import { revisionsOf, sameTemplate, templateOf } from './remedies/revisions';

export const TEMPLATE_PATH = '/spec/template';
/** Added by a Deployment's controller to its ReplicaSets' templates, and not part of the Deployment's own. */
const HASH_LABEL = 'pod-template-hash';

/** What reading them needs. */
export const READS_TEMPLATES: readonly RbacRule[] = [...READS_WORKLOAD, { apiGroup: 'apps', resources: ['controllerrevisions'], verbs: ['list'] }];

export interface PastTemplate {
  /** As pods carry it in `controller-revision-hash` or `pod-template-hash`. */
  revision: string;
  /** "ControllerRevision thanos-store-6f…". */
  name: string;
  number: number;
  template: JsonObject;
}

/** Newest first. */
export async function pastTemplates(access: ClusterAccess, { object }: Workload): Promise<PastTemplate[]> {
  if (object.kind === 'Deployment') return replicaSetTemplates(access, object);
  const revisions = await revisionsOf(access, object);
  return revisions.map(({ name, number, template }) => ({
    // A DaemonSet's pods carry the hash alone, a StatefulSet's the whole name.
    revision: object.kind === 'DaemonSet' ? name.slice(object.metadata.name.length + 1) : name, name: `ControllerRevision ${name}`, number, template,
  }));
}

async function replicaSetTemplates(access: ClusterAccess, object: KubernetesObject): Promise<PastTemplate[]> {
  const sets = await access.kubernetes.list({ apiVersion: 'apps/v1', kind: 'ReplicaSet' }, object.metadata.namespace ?? access.config.namespace);
  return sets
    .filter((set) => ((set.metadata['ownerReferences'] ?? []) as Array<{ uid: string }>).some(({ uid }) => uid === object.metadata.uid))
    .map((set) => ({ revision: labelsOf(set)[HASH_LABEL] ?? '', name: `ReplicaSet ${set.metadata.name}`, number: Number(annotationsOf(set)['deployment.kubernetes.io/revision'] ?? 0), template: withoutHash(templateOf(set)) }))
    .sort((a, b) => b.number - a.number);
}

function withoutHash(template: JsonObject): JsonObject {
  const metadata = (template['metadata'] ?? {}) as JsonObject;
  const { [HASH_LABEL]: _hash, ...labels } = (metadata['labels'] ?? {}) as JsonObject;
  return { ...template, metadata: { ...metadata, labels } };
}

export interface WantedTemplate {
  changes: FieldChange[];
  /** Where it comes from, for people. */
  source: string;
  /** Pods of this revision have it already; absent where no past template is exactly so. */
  revision?: string;
}

/**
 * What the template should be, where it is not: the newest earlier template that agrees with the desired state; else the
 * desired state itself; else, where nothing says how it should be, the one that ready pods have, or the one before. What only
 * differs in annotations (somebody has restarted it) is no other template.
 */
export async function wantedTemplate(access: ClusterAccess, target: Target, workload: Workload): Promise<WantedTemplate | undefined> {
  const live = templateOf(workload.object);
  const [past, desired] = await Promise.all([pastTemplates(access, workload), access.desiredState.find(target)]);
  const earlier = past.filter(({ template }) => !sameTemplate(template, live) && changesBetween(TEMPLATE_PATH, live, template).some(({ path }) => !path.startsWith(`${TEMPLATE_PATH}/metadata/annotations`)));
  const manifest = desired && templateIn(desired.manifest);
  if (manifest) {
    const agreeing = earlier.find(({ template }) => agrees(template, manifest));
    if (agreeing) return { ...fromPast(live, agreeing), source: `${agreeing.name}, as ${desired.source} says` };
    const changes = towards(live, manifest);
    return changes.length === 0 ? undefined : { changes, source: desired.source };
  }
  const healthy = new Set(workload.pods.filter((pod) => pod.ready).map((pod) => pod.revision));
  const choice = earlier.find(({ revision }) => healthy.has(revision)) ?? (healthy.size === 0 ? earlier[0] : undefined);
  return choice && fromPast(live, choice);
}

function fromPast(live: JsonObject, { name, revision, template }: PastTemplate): WantedTemplate {
  return { changes: changesBetween(TEMPLATE_PATH, live, template), source: name, revision };
}

function templateIn(manifest: KubernetesObject): JsonObject | undefined {
  const template = (manifest['spec'] as JsonObject | undefined)?.['template'];
  return typeof template === 'object' && template !== null && !Array.isArray(template) ? template : undefined;
}

function agrees(template: JsonObject, manifest: JsonObject): boolean {
  return towards(template, manifest).length === 0;
}

/** A template as if it were an object of its own, so that fields that the manifest leaves open count for nothing. */
function towards(template: JsonObject, manifest: JsonObject): FieldChange[] {
  const wrap = (value: Json): KubernetesObject => ({ apiVersion: '', kind: '', metadata: { name: '' }, spec: { template: value } });
  return changesTowards(wrap(manifest), wrap(template));
}

/** Does the live template have everything that the desired state says? Null where nothing says it. */
export async function templateDrift(access: ClusterAccess, target: Target, { object }: Workload): Promise<{ source: string; changes: FieldChange[] } | undefined> {
  const desired = await access.desiredState.find(target);
  const manifest = desired && templateIn(desired.manifest);
  return manifest && { source: desired.source, changes: towards(templateOf(object), manifest) };
}
