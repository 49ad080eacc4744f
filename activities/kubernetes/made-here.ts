import type { StepResult } from '../../workflows/contracts';
import { FIELD_MANAGER, type KubernetesObject } from './gateway';

/** Nightshift is among those who wrote it. */
export function madeByNightshift({ metadata }: KubernetesObject): boolean {
  return ((metadata['managedFields'] ?? []) as Array<{ manager?: string }>).some(({ manager }) => manager === FIELD_MANAGER);
}

/** For the answer of a step that makes an object: what an undo may remove. */
export function uidOf({ metadata: { uid } }: KubernetesObject): Pick<StepResult, 'uid'> {
  return uid === undefined ? {} : { uid };
}

/** Of an object that a step was to make and found: the answer of an earlier try may have been lost, and there was nothing before. */
export function uidIfOurs(found: KubernetesObject): Pick<StepResult, 'uid'> {
  return madeByNightshift(found) ? uidOf(found) : {};
}
