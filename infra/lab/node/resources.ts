import { quantity } from '../api/quantity';
import type { Resources } from '../api/types';

/** The memory limit of a container in bytes; undefined for none. */
export function memoryLimit(resources: Resources | undefined): number | undefined {
  const limit = resources?.limits?.['memory'];
  return limit === undefined ? undefined : quantity(limit);
}

export function sameResources(a: Resources | undefined, b: Resources | undefined): boolean {
  return JSON.stringify(a ?? {}) === JSON.stringify(b ?? {});
}
