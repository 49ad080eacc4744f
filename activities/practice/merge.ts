import { failure, type Json, type JsonObject } from '../../workflows/contracts';

/** Lists of these are merged item by item, as `kubectl patch` does with containers, env, conditions and the like. */
const KEYS_OF_LIST_ITEMS = ['name', 'type'] as const;

/**
 * A merge patch (RFC 7386) that also merges lists whose items have a name or a type. `null` removes a key, the text
 * `$replace(a, b)` changes a text in place, and `$append(x)` adds to a list.
 * @throws RunbookInvalid when there is nothing to replace or to add to
 */
export function merge(target: Json | undefined, patch: Json): Json {
  if (typeof patch === 'string') return editInPlace(target, patch);
  if (Array.isArray(patch)) return mergeLists(Array.isArray(target) ? target : [], patch);
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

function editInPlace(target: Json | undefined, patch: string): Json {
  const [, from, to] = /^\$replace\((.+), (.*)\)$/s.exec(patch) ?? [];
  if (from !== undefined && to !== undefined) {
    if (typeof target === 'string' && target.includes(from)) return target.replaceAll(from, to);
    throw failure('RunbookInvalid', `An example has ${patch}, but the practice cluster has no text with ${from} there.`);
  }
  const [, added] = /^\$append\((.*)\)$/s.exec(patch) ?? [];
  if (added === undefined) return patch;
  if (Array.isArray(target)) return [...target, added];
  throw failure('RunbookInvalid', `An example has ${patch}, but the practice cluster has no list there.`);
}

function mergeLists(target: Json[], patch: Json[]): Json[] {
  const key = KEYS_OF_LIST_ITEMS.find((name) => [...target, ...patch].every((item) => isObject(item) && typeof item[name] === 'string'));
  if (!key || target.length === 0) return patch;
  const merged = [...target];
  for (const item of patch as JsonObject[]) {
    const index = merged.findIndex((existing) => (existing as JsonObject)[key] === item[key]);
    if (index < 0) merged.push(item);
    else merged[index] = merge(merged[index], item);
  }
  return merged;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
