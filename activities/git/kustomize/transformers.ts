import type { Json, JsonObject } from '../../../workflows/contracts';
import { isMap, wordOf } from '../../desired-edit';
import { identityOf, listOf, type Resource } from './model';

const CLUSTER_SCOPED: ReadonlySet<string> = new Set(['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition', 'PriorityClass', 'StorageClass', 'PersistentVolume', 'IngressClass', 'APIService', 'Node', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding', 'ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']);
const SCALED: ReadonlySet<string> = new Set(['Deployment', 'ReplicaSet', 'ReplicationController', 'StatefulSet']);

/** Namespace, prefix and suffix of a layer come after its patches. */
export function rename(resource: Resource, spec: JsonObject): Resource {
  const manifest = JSON.parse(JSON.stringify(resource.manifest)) as JsonObject;
  const metadata = (manifest['metadata'] ??= {}) as JsonObject;
  const kind = wordOf(manifest['kind']);
  if (typeof spec['namespace'] === 'string' && !CLUSTER_SCOPED.has(kind)) metadata['namespace'] = spec['namespace'];
  if (kind !== 'Namespace' && kind !== 'CustomResourceDefinition') metadata['name'] = `${wordOf(spec['namePrefix'])}${wordOf(metadata['name'])}${wordOf(spec['nameSuffix'])}`;
  return { ...resource, manifest, names: [...resource.names, identityOf(manifest)] };
}

/** `replicas:` and `images:` of a layer come last. */
export function scaleAndRetag(resource: Resource, spec: JsonObject): Resource {
  const manifest = JSON.parse(JSON.stringify(resource.manifest)) as JsonObject;
  for (const entry of listOf(spec['replicas'])) {
    if (isMap(entry) && SCALED.has(wordOf(manifest['kind'])) && resource.names.some(({ name }) => name === entry['name'])) ((manifest['spec'] ??= {}) as JsonObject)['replicas'] = entry['count'] ?? null;
  }
  for (const entry of listOf(spec['images'])) if (isMap(entry)) retag(manifest, entry);
  return { ...resource, manifest };
}

/** `repository:tag@digest`; the port of a registry is no tag. */
export function imageParts(image: string): { name: string; tag?: string; digest?: string } {
  const [rest = '', digest] = image.split('@');
  const [, name = rest, tag] = /^(.*?)(?::([^:/]+))?$/.exec(rest) ?? [];
  return { name, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

function retag(node: Json, entry: JsonObject): void {
  if (Array.isArray(node)) node.forEach((item) => retag(item, entry));
  if (!isMap(node)) return;
  for (const [key, value] of Object.entries(node)) {
    if ((key === 'containers' || key === 'initContainers') && Array.isArray(value)) value.forEach((container) => isMap(container) && retagContainer(container, entry));
    else retag(value, entry);
  }
}

function retagContainer(container: JsonObject, entry: JsonObject): void {
  if (typeof container['image'] !== 'string') return;
  const { name, tag, digest } = imageParts(container['image']);
  if (name !== entry['name']) return;
  const [newTag, newDigest] = [entry['newTag'], entry['digest']];
  // Either of them takes the place of both.
  const kept = newTag === undefined && newDigest === undefined ? { tag, digest } : { tag: newTag, digest: newDigest };
  container['image'] = `${wordOf(entry['newName'] ?? name)}${kept.tag === undefined ? '' : `:${wordOf(kept.tag)}`}${kept.digest === undefined ? '' : `@${wordOf(kept.digest)}`}`;
}
