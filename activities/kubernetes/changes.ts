/** Differences between JSON documents as `FieldChange`s at the smallest paths, and back to JSON Patch. */
import type { FieldChange, Json, JsonObject, PlannedStep } from '../../workflows/contracts';
import type { JsonPatchOperation, KubernetesObject } from './gateway';
import { sameJson } from '../same-json';
import { copyNameOf, inverseKeys } from './secrets';

/** Metadata that belongs to the wanted form; the rest of it is the server's. */
const WANTED_METADATA = ['labels', 'annotations'] as const;

/**
 * What has to change for `live` to have everything that `manifest` says. Fields that the manifest leaves open (a
 * server's defaults, above all) are nobody's business; a list is compared item by item when both have equally many
 * items, else as a whole.
 */
export function changesTowards(manifest: KubernetesObject, live: KubernetesObject): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const [key, value] of Object.entries(manifest)) {
    if (key === 'apiVersion' || key === 'kind' || key === 'metadata' || key === 'status') continue;
    collect(changes, `/${escape(key)}`, own(live, key), value, true);
  }
  for (const key of WANTED_METADATA) {
    const value = manifest.metadata[key];
    // A server keeps no empty map: what says "no labels" to an object without any wants nothing.
    if (value !== undefined && !(live.metadata[key] === undefined && sameJson(value, {}))) collect(changes, `/metadata/${key}`, live.metadata[key], value, true);
  }
  return changes;
}

/** Every difference, below `base`: `live` is to become exactly `wanted`. */
export function changesBetween(base: string, live: Json | undefined, wanted: Json | undefined): FieldChange[] {
  const changes: FieldChange[] = [];
  collect(changes, base, live, wanted, false);
  return changes;
}

function collect(changes: FieldChange[], path: string, live: Json | undefined, wanted: Json | undefined, partial: boolean): void {
  if (sameJson(live, wanted)) return;
  if (isObject(live) && isObject(wanted)) {
    const keys = partial ? Object.keys(wanted) : [...new Set([...Object.keys(live), ...Object.keys(wanted)])];
    for (const key of keys) collect(changes, `${path}/${escape(key)}`, own(live, key), own(wanted, key), partial);
    return;
  }
  if (Array.isArray(live) && Array.isArray(wanted) && live.length === wanted.length) {
    wanted.forEach((item, index) => collect(changes, `${path}/${index}`, live[index], item, partial));
    return;
  }
  changes.push({ path, ...(live !== undefined && { old: live }), ...(wanted !== undefined && { new: wanted }) });
}

/** Never what an object inherits: keys come from outside. */
function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function escape(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** The value at a JSON Pointer; undefined where there is none. */
export function valueAt(document: Json, pointer: string): Json | undefined {
  const keys = pointer.split('/').slice(1).map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  let current: Json | undefined = document;
  for (const key of keys) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Array.isArray(current) ? current[Number(key)] : own(current, key);
  }
  return current;
}

/** Each change guarded by a `test` of what the plan saw, and the whole by a `test` of the object's identity. */
export function toJsonPatch(changes: readonly FieldChange[], uid: string | undefined): JsonPatchOperation[] {
  const operations: JsonPatchOperation[] = uid ? [{ op: 'test', path: '/metadata/uid', value: uid }] : [];
  for (const change of changes) {
    if (change.old !== undefined) operations.push({ op: 'test', path: change.path, value: change.old });
    if (change.new === undefined) operations.push({ op: 'remove', path: change.path });
    else operations.push({ op: change.old === undefined ? 'add' : 'replace', path: change.path, value: change.new });
  }
  return operations;
}

/** How far an object is from what changes want. */
export type Standing = 'done' | 'as planned' | { differs: string };

export function standingOf(object: KubernetesObject, changes: readonly FieldChange[]): Standing {
  if (changes.every((change) => sameJson(valueAt(object, change.path), change.new))) return 'done';
  const different = changes.find((change) => !sameJson(valueAt(object, change.path), change.old));
  return different ? { differs: different.path } : 'as planned';
}

/** A copy with the changes made. */
export function applyChanges<T extends Json>(document: T, changes: readonly FieldChange[]): T {
  const copy = structuredClone(document);
  // Removals from lists go from the end, so that indices stay good.
  for (const change of changes) {
    const parent = valueAt(copy, change.path.slice(0, change.path.lastIndexOf('/')));
    const key = change.path.slice(change.path.lastIndexOf('/') + 1).replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(parent)) {
      if (change.new !== undefined) parent[Number(key)] = change.new;
    } else if (typeof parent === 'object' && parent !== null) {
      if (change.new === undefined) delete parent[key];
      else Object.defineProperty(parent, key, { value: change.new, enumerable: true, configurable: true, writable: true });
    }
  }
  return copy;
}

export function inverseChanges(changes: readonly FieldChange[]): FieldChange[] {
  return [...changes].reverse().map((change) => ({
    path: change.path,
    ...(change.new !== undefined && { old: change.new }),
    ...(change.old !== undefined && { new: change.old }),
  }));
}

/** Does a step undo exactly one of the steps, on the same object? An undo reaches no further than what it undoes. */
export function undoes(inverse: PlannedStep, steps: readonly PlannedStep[]): boolean {
  return steps.some((step) => {
    const { uid: _uid, ...created } = step.object;
    switch (step.action) {
      case 'patch':
        return inverse.action === 'patch' && sameJson(inverse.object, step.object) && sameJson(inverse.changes, inverseChanges(step.changes));
      case 'create':
        return inverse.action === 'delete' && sameJson(inverse.object, created);
      case 'fillSecret':
        if (step.object.uid === undefined) return inverse.action === 'delete' && sameJson(inverse.object, created);
        return inverse.action === 'fillSecret' && inverse.from !== 'desiredState' && inverse.from.copy === copyNameOf(step.object.name) && sameJson(inverse.object, step.object) && sameJson(inverse.keys, inverseKeys(step.keys));
      case 'reload':
        return inverse.action === 'reload' && sameJson(inverse.object, step.object) && inverse.port === step.port && inverse.path === step.path;
      default:
        return false;
    }
  });
}

/** "patch StatefulSet thanos-receive". */
export function nameStep({ action, object }: PlannedStep): string {
  return `${action} ${object.kind} ${object.namespace}/${object.name}`;
}
