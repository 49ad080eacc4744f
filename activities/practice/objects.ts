import type { Json, JsonObject } from '../../workflows/contracts';
import type { KubernetesObject } from '../kubernetes/gateway';
import { isObject } from './merge';

/** The value at a path of keys; undefined where the path leads nowhere. */
export function at(value: Json | undefined, ...path: string[]): Json | undefined {
  return path.reduce<Json | undefined>((current, key) => (isObject(current) ? current[key] : undefined), value);
}

export function listAt(value: Json | undefined, ...path: string[]): JsonObject[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found.filter(isObject) : [];
}

export function textsAt(value: Json | undefined, ...path: string[]): Record<string, string> {
  const found = at(value, ...path);
  return isObject(found) ? (found as Record<string, string>) : {};
}

export function numberAt(value: Json | undefined, ...path: string[]): number {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : 0;
}

/** Do these labels satisfy an equality selector? An empty selector selects nothing, as a Service's does. */
export function selects(selector: Record<string, string>, labels: Record<string, string>): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

export function labelsOf(object: KubernetesObject): Record<string, string> {
  return textsAt(object, 'metadata', 'labels');
}

export function isReady(pod: KubernetesObject): boolean {
  return listAt(pod, 'status', 'conditions').some((condition) => condition['type'] === 'Ready' && condition['status'] === 'True');
}

export function sameObject(object: KubernetesObject, other: { kind: string; name: string; namespace?: string }): boolean {
  return object.kind === other.kind && object.metadata.name === other.name && (other.namespace === undefined || (object.metadata.namespace ?? '') === other.namespace);
}

export function ownerUid(object: KubernetesObject): string | undefined {
  const uid = listAt(object, 'metadata', 'ownerReferences')[0]?.['uid'];
  return typeof uid === 'string' ? uid : undefined;
}
