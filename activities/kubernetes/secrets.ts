/** Secrets as plans know them: keys and keyed digests. Values stay inside the functions of this file and the calls they make. */
import { failure, type SecretKeyChange } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import type { KubernetesObject } from './gateway';

/** Base64, as the API server keeps it, by key. */
export type SecretData = Readonly<Record<string, string>>;

const COPY_SUFFIX = '-nightshift-copy';
const MANAGED_BY = 'app.kubernetes.io/managed-by';

/** The Secret that holds what another one held before Nightshift changed it; RBAC names it. */
export function copyNameOf(name: string): string {
  return `${name}${COPY_SUFFIX}`;
}

/** `data`, with what a manifest says in plain text under `stringData`, which is the stronger. */
export function secretData(secret: KubernetesObject): SecretData {
  const plain = Object.entries((secret['stringData'] ?? {}) as Record<string, string>).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')] as const);
  return { ...((secret['data'] ?? {}) as Record<string, string>), ...Object.fromEntries(plain) };
}

/** Two encodings of the same bytes have the same digest. */
export function digestsOf({ digest }: Pick<ClusterAccess, 'digest'>, place: { namespace: string; name: string }, data: SecretData): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, digest({ ...place, key }, Buffer.from(value, 'base64'))]));
}

/** What has to change for `live` to have every key of `wanted`; keys that only `live` has are nobody's business. */
export function keyChanges(live: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): SecretKeyChange[] {
  return Object.entries(wanted)
    .filter(([key, digest]) => live[key] !== digest)
    .map(([key, digest]) => ({ key, ...(live[key] !== undefined && { old: live[key] }), new: digest }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

export function inverseKeys(keys: readonly SecretKeyChange[]): SecretKeyChange[] {
  return keys.map(({ key, old, new: wanted }) => ({ key, ...(wanted !== undefined && { old: wanted }), ...(old !== undefined && { new: old }) }));
}

export type SecretStanding = 'done' | 'as planned' | { differs: string };

export function standingOfKeys(digests: Readonly<Record<string, string>>, keys: readonly SecretKeyChange[]): SecretStanding {
  if (keys.every((change) => digests[change.key] === change.new)) return 'done';
  const different = keys.find((change) => digests[change.key] !== change.old);
  return different ? { differs: different.key } : 'as planned';
}

export function isCopy({ metadata }: KubernetesObject): boolean {
  return (metadata['labels'] as Record<string, string> | undefined)?.[MANAGED_BY] === 'nightshift';
}

export function copyManifest(name: string, source: KubernetesObject): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: source.metadata.namespace ?? '', labels: { [MANAGED_BY]: 'nightshift' }, annotations: { 'nightshift/copy-of': source.metadata.name } },
    type: 'Opaque',
    data: { ...secretData(source) },
  };
}

/** The values of these keys, checked against the plan. @throws Conflict when the source no longer holds what was planned with. */
export function valuesFor(access: Pick<ClusterAccess, 'digest'>, place: { namespace: string; name: string }, data: SecretData, keys: readonly SecretKeyChange[], source: string): SecretData {
  const digests = digestsOf(access, place, data);
  const changed = keys.find((change) => change.new !== undefined && digests[change.key] !== change.new);
  if (changed) throw failure('Conflict', `${source} no longer holds the value of ${changed.key} that was planned with; plan again`);
  return Object.fromEntries(keys.flatMap(({ key, new: wanted }) => (wanted === undefined ? [] : [[key, data[key]!] as const])));
}
