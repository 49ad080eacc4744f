import type { Json, JsonObject } from '../../workflows/contracts';

/** Lists of these are merged item by item, as `kubectl patch` does with containers, env, conditions and the like. */
const KEYS_OF_LIST_ITEMS = ['name', 'type'] as const;

/** A merge patch (RFC 7386) that also merges lists whose items have a name or a type. `null` removes a key. */
export function merge(target: Json | undefined, patch: Json): Json {
  if (Array.isArray(patch)) return mergeLists(Array.isArray(target) ? target : [], patch);
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = merge(merged[key], value);
  }
  return merged;
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
