/** How Kustomize lays a patch over an object: strategic merge, JSON Patch. Pure. */
import { applyPatch, type Operation } from 'rfc6902';
import type { Json, JsonObject } from '../../../workflows/contracts';
import { isMap } from '../../desired-edit';

/** By which field the items of a list are one and the same; a list that is not here is replaced as a whole. From the types of k8s.io/api. */
const MERGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'], initContainers: ['name'], ephemeralContainers: ['name'], volumes: ['name'], env: ['name'], imagePullSecrets: ['name'],
  volumeMounts: ['mountPath'], volumeDevices: ['devicePath'], ports: ['containerPort', 'port'], hostAliases: ['ip'], topologySpreadConstraints: ['topologyKey'],
};

/** Groups whose types say how their lists merge; a patch of anything else replaces lists. */
const BUILT_IN = /^(?:|apps|batch|policy|autoscaling|networking\.k8s\.io|rbac\.authorization\.k8s\.io|storage\.k8s\.io)$/;

export function mergesLists(apiVersion: unknown): boolean {
  const group = typeof apiVersion === 'string' && apiVersion.includes('/') ? apiVersion.split('/')[0]! : '';
  return BUILT_IN.test(group);
}

/** Can a merge patch name one item of this list? */
export function isMergedList(name: string): boolean {
  return Object.hasOwn(MERGE_KEYS, name);
}

/** The object after a strategic merge patch; `undefined` where the patch removes it. */
export function mergePatch(object: JsonObject, patch: JsonObject): JsonObject | undefined {
  if (patch['$patch'] === 'delete') return undefined;
  return mergeMaps(object, patch, mergesLists(object['apiVersion']));
}

function mergeMaps(object: JsonObject, patch: JsonObject, lists: boolean): JsonObject {
  const { $patch: directive, ...fields } = patch;
  const merged: JsonObject = directive === 'replace' ? {} : { ...object };
  for (const [key, value] of Object.entries(fields)) {
    const now = merged[key];
    if (value === null) delete merged[key];
    else if (isMap(value)) merged[key] = mergeMaps(isMap(now) ? now : {}, value, lists);
    else if (Array.isArray(value) && lists && isMergedList(key)) merged[key] = mergeLists(Array.isArray(now) ? now : [], value, MERGE_KEYS[key]!);
    else merged[key] = value;
  }
  return merged;
}

function mergeLists(items: Json[], patch: Json[], keys: readonly string[]): Json[] {
  const sameItem = (a: Json, b: JsonObject) => isMap(a) && keys.some((key) => b[key] !== undefined && a[key] === b[key]);
  const named = patch.filter(isMap);
  const kept = named.filter((item) => item['$patch'] !== 'delete').map((item) => {
    const before = items.find((candidate) => sameItem(candidate, item));
    return mergeMaps(isMap(before) ? before : {}, item, true);
  });
  // What the patch names comes first, in the patch's order, as Kustomize has it.
  return [...kept, ...items.filter((candidate) => !named.some((item) => sameItem(candidate, item)))];
}

/** The object after a JSON Patch; unchanged, and said, where an operation does not fit. */
export function jsonPatch(object: JsonObject, operations: readonly Json[]): { object: JsonObject; failed?: string } {
  const copy = JSON.parse(JSON.stringify(object)) as JsonObject;
  const failed = applyPatch(copy, operations as unknown as Operation[]).find((error) => error !== null);
  return failed ? { object, failed: failed.message } : { object: copy };
}
