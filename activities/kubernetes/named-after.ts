import type { ObjectReference } from '../../workflows/contracts';
import type { Target } from '../clusters';
import { copyNameOf } from './secrets';

/** Kinds that have pods and claims. */
export const WORKLOADS: ReadonlySet<string> = new Set(['StatefulSet', 'Deployment', 'DaemonSet']);

/** An object is a target itself, or is named after one: pods and claims of a workload, the copy of a Secret. */
export function isNamedAfter(object: ObjectReference, { kind, name }: Pick<Target, 'kind' | 'name'>): boolean {
  if (object.kind === 'Pod') return WORKLOADS.has(kind) && object.name.startsWith(`${name}-`);
  if (object.kind === 'PersistentVolumeClaim') return WORKLOADS.has(kind) && object.name.includes(`-${name}-`);
  return object.kind === kind && (object.name === name || (kind === 'Secret' && object.name === copyNameOf(name)));
}
