import type { DesiredEdit, EditSpec, Json, JsonObject, KeptField, ObjectEdits, PermanentFixSpec } from '../../workflows/contracts';
import { clusterNamed, targetOf, type ClusterAccess, type Clusters } from '../cluster-access';
import type { Target } from '../clusters';
import { isMap, partsOf, satisfies, satisfiesAll, valueAtParts, wordOf } from '../desired-edit';
import type { LiveObjects } from '../live-objects';
import type { RbacRule } from '../probe';
import { bytesOf } from '../quantity';
import { plainLine } from '../redact';
import { readWorkload } from '../workload';

/** Beyond what probes read: a fix may be an object that no role has. */
export const READS_FIXES: readonly RbacRule[] = [{ apiGroup: 'policy', resources: ['poddisruptionbudgets'], verbs: ['get'] }];

/** Permanent fixes and the cluster: what values they take from it, and whether it has come to what they want. */
export function liveObjects(clusters: Clusters): LiveObjects {
  return {
    async resolve(cluster, fix, kept) {
      return fix.keeps ?? resolveChange(clusterNamed(clusters, cluster), fix, kept);
    },
    async standing(cluster, change) {
      const { kubernetes } = clusterNamed(clusters, cluster);
      for (const one of change) {
        const live = await kubernetes.read(one.object);
        if (!satisfiesAll(live, one)) return { applied: false, detail: differenceOf(live, one) };
      }
      return { applied: true, detail: '' };
    },
  };
}

async function resolveChange(access: ClusterAccess, { change }: PermanentFixSpec, kept: readonly KeptField[]): Promise<ObjectEdits[] | undefined> {
  if (!change) return undefined;
  const target = targetOf(access, change.target);
  const { apiVersion, kind, namespace, name } = target;
  const live = await access.kubernetes.read(target);
  if (change.manifest) {
    const manifest = filled(change.manifest, { $name: name, $namespace: namespace, $selector: target.podSelector ?? valueAtParts(live, ['spec', 'selector', 'matchLabels']) });
    const metadata = manifest?.['metadata'] as { name?: string; namespace?: string } | undefined;
    if (!manifest || !metadata?.name) return undefined;
    return [{ object: { apiVersion: wordOf(manifest['apiVersion']), kind: wordOf(manifest['kind']), namespace: metadata.namespace ?? namespace, name: metadata.name }, edits: [], manifest }];
  }
  const edits: DesiredEdit[] = [];
  for (const spec of change.edits ?? []) {
    const edit = await resolveEdit(access, target, live, spec, kept);
    if (!edit) return undefined;
    edits.push(edit);
  }
  return [{ object: { apiVersion, kind, namespace, name }, edits }];
}

/** A manifest with the target's own words in it; undefined where one is not known. */
function filled(manifest: JsonObject, words: Record<string, Json | undefined>): JsonObject | undefined {
  let missing = false;
  const fill = (value: Json): Json => {
    if (typeof value === 'string' && Object.hasOwn(words, value)) {
      const word = words[value];
      missing ||= word === undefined;
      return word ?? null;
    }
    if (Array.isArray(value)) return value.map(fill);
    return isMap(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner)])) : value;
  };
  const made = fill(manifest) as JsonObject;
  return missing ? undefined : made;
}

async function resolveEdit(access: ClusterAccess, target: Target, live: JsonObject | undefined, spec: EditSpec, kept: readonly KeptField[]): Promise<DesiredEdit | undefined> {
  const given = spec.given && largest(kept.filter(({ use, path, new: value }) => use === spec.given?.use && path.includes(spec.given.field) && value !== undefined));
  if (spec.given && !given) return undefined;
  const path = placed(spec.path, { container: containerOf(live, target), key: target.key, claim: given && claimOf(live, target, given) });
  if (path === undefined) return undefined;
  if (given) return { path, to: given.new!, ...(given.old !== undefined && { from: given.old }) };
  if (spec.to !== undefined) return { path, to: spec.to };
  if (spec.atLeast !== undefined) return { path, atLeast: spec.atLeast };
  if (spec.add !== undefined) return { path, add: spec.add };
  return runningImage(access, target, live, path);
}

/** The path with the target's names in it; undefined where one is not known. */
function placed(path: string, names: Record<'container' | 'key' | 'claim', string | undefined>): string | undefined {
  let known = true;
  const text = path.replace(/\$(container|key|claim)\b/g, (_, word: keyof typeof names) => {
    const name = names[word];
    known &&= name !== undefined;
    return (name ?? '').replaceAll('~', '~0').replaceAll('/', '~1');
  });
  return known ? text : undefined;
}

function containerOf(live: JsonObject | undefined, { container, name }: Target): string | undefined {
  if (container) return container;
  const names = ((valueAtParts(live, ['spec', 'template', 'spec', 'containers']) ?? []) as Array<{ name?: string }>).map((item) => item.name);
  return names.includes(name) ? name : names.length === 1 ? names[0] : undefined;
}

/** The claim template of which the grown volume was made: `data` of `data-thanos-receive-0`. */
function claimOf(live: JsonObject | undefined, { name }: Target, { object }: KeptField): string | undefined {
  const templates = ((valueAtParts(live, ['spec', 'volumeClaimTemplates']) ?? []) as Array<{ metadata?: { name?: string } }>).map(({ metadata }) => metadata?.name);
  return templates.find((template) => template !== undefined && object.name.startsWith(`${template}-${name}-`));
}

function largest(fields: readonly KeptField[]): KeptField | undefined {
  return [...fields].sort((a, b) => (bytesOf(b.new) ?? 0) - (bytesOf(a.new) ?? 0))[0];
}

/** The template's image, pinned to what all its ready pods run. */
async function runningImage(access: ClusterAccess, target: Target, live: JsonObject | undefined, path: string): Promise<DesiredEdit | undefined> {
  const image = valueAtParts(live, partsOf(path));
  if (typeof image !== 'string' || image.includes('@')) return undefined;
  const container = containerOf(live, target);
  const { pods } = await readWorkload(access, target);
  const digests = new Set(pods.filter(({ ready }) => ready).map(({ object }) => digestOf(object, container)));
  const [digest] = digests;
  return digests.size === 1 && digest !== undefined ? { path, to: `${image}@${digest}`, from: image } : undefined;
}

function digestOf(pod: JsonObject, container: string | undefined): string | undefined {
  const statuses = (valueAtParts(pod, ['status', 'containerStatuses']) ?? []) as Array<{ name?: string; imageID?: string }>;
  return /sha256:[0-9a-f]{64}$/.exec(statuses.find(({ name }) => name === container)?.imageID ?? '')?.[0];
}

function differenceOf(live: JsonObject | undefined, { object, edits }: ObjectEdits): string {
  const name = `${object.kind} ${object.namespace}/${object.name}`;
  if (!live) return `${name} is not there`;
  const open = edits.find((edit) => !satisfies(live, edit));
  if (!open) return `${name} is other than it should be`;
  const now = valueAtParts(live, partsOf(open.path));
  return plainLine(`${name} says ${now === undefined ? 'nothing' : JSON.stringify(now)} at ${open.path}`, 300);
}
