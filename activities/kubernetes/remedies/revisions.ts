/** A StatefulSet's ControllerRevisions: the templates that it has had. */
import type { Json, JsonObject } from '../../../workflows/contracts';
import type { ClusterAccess } from '../../cluster-access';
import type { Workload } from '../../workload';
import type { KubernetesObject } from '../gateway';
import { sameJson } from '../../same-json';

export interface Revision {
  /** As pods carry it in `controller-revision-hash`. */
  name: string;
  number: number;
  template: JsonObject;
}

/** Newest first. */
export async function revisionsOf(access: ClusterAccess, { metadata }: KubernetesObject): Promise<Revision[]> {
  const objects = await access.kubernetes.list({ apiVersion: 'apps/v1', kind: 'ControllerRevision' }, metadata.namespace ?? access.config.namespace);
  return objects
    .filter((object) => ((object.metadata['ownerReferences'] ?? []) as Array<{ uid: string }>).some(({ uid }) => uid === metadata.uid))
    .flatMap((object): Revision[] => {
      const template = ((object['data'] as JsonObject | undefined)?.['spec'] as JsonObject | undefined)?.['template'];
      return isObject(template) ? [{ name: object.metadata.name, number: Number(object['revision'] ?? 0), template: plainTemplate(template) }] : [];
    })
    .sort((a, b) => b.number - a.number);
}

/** The newest template that a ready pod has. */
export function healthyRevision(revisions: readonly Revision[], workload: Workload): Revision | undefined {
  const healthy = new Set(workload.pods.filter((pod) => pod.ready).map((pod) => pod.revision));
  return revisions.find(({ name }) => healthy.has(name));
}

export function templateOf(object: KubernetesObject): JsonObject {
  const template = (object['spec'] as JsonObject | undefined)?.['template'];
  return isObject(template) ? plainTemplate(template) : {};
}

export function sameTemplate(a: JsonObject, b: JsonObject): boolean {
  return sameJson(plainTemplate(a), plainTemplate(b));
}

/** Without the patch directive of a ControllerRevision, and without the empty creation time that some API servers write. */
function plainTemplate(template: JsonObject): JsonObject {
  const { $patch: _directive, metadata, ...rest } = template;
  if (!isObject(metadata)) return rest;
  const { creationTimestamp, ...others } = metadata;
  return { ...rest, metadata: creationTimestamp === null || creationTimestamp === undefined ? others : metadata };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
