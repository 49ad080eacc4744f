import type { LeadingCause } from '../contracts/incident';

/** The causes that led to the present class, first to last; without classes that found nothing and were only looked at first. */
export function wayHere({ ledFrom = [] }: { ledFrom?: LeadingCause[] | undefined }): LeadingCause[] {
  return ledFrom.filter(({ nothingToMend }) => !nothingToMend);
}
