import type { Plan } from '../contracts/plan';
import type { FailureDomain } from '../contracts/vocabulary';
import { failureDomainOf } from './routing';

/**
 * How a lease was chosen before plans said it: by the name of the first object; undefined where that says nothing, and the
 * incident's own is meant. Kept for incidents that began so.
 */
export function domainByName({ steps }: Pick<Plan, 'steps'>): FailureDomain | undefined {
  const name = steps[0]?.object.name;
  const domain = name === undefined ? 'unknown' : failureDomainOf({ pod: name });
  return domain === 'unknown' ? undefined : domain;
}
