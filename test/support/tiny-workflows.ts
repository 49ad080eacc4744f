import { condition, continueAsNew, defineSignal, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import { SEARCH_ATTRIBUTE_KEYS } from '../../workflows/contracts/search-attributes';

export { budgetWorkflow } from '../../workflows/budget.workflow';
export { leaseWorkflow } from '../../workflows/lease.workflow';

export const finish = defineSignal('finish');

/** Stands in for an incident: says who it is, continues as new as often as it is told, and ends by a signal. */
export async function tinyIncident(input: { publicId: string; outcome: string; continuations: number }): Promise<void> {
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTE_KEYS.publicId, value: input.publicId },
    { key: SEARCH_ATTRIBUTE_KEYS.outcome, value: input.outcome },
  ]);
  if (input.continuations > 0) await continueAsNew<typeof tinyIncident>({ ...input, continuations: input.continuations - 1 });
  // A signal that arrives before the last continuation would be lost.
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTE_KEYS.phase, value: 'last' }]);
  let finished = false;
  setHandler(finish, () => void (finished = true));
  await condition(() => finished);
}
