import { allHandlersFinished, ApplicationFailure, condition, continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow';
import type { Spending } from './contracts';
import { spend, spendings } from './contracts/budget-messages';
import { recent, spendFault, spendFrom } from './domain/budget';

/**
 * Counts what was carried out in one cluster without a person, for all of its incidents. One update decides and counts, so
 * that two incidents cannot both take what is left. Closes when a day's spendings are forgotten; the next one starts it anew.
 */
export async function budgetWorkflow(input: { cluster: string; spent?: Spending[] }): Promise<void> {
  let spent = input.spent ?? [];
  let asked = 0;
  setHandler(
    spend,
    (request) => {
      asked += 1;
      const after = spendFrom(spent, request, Date.now());
      spent = after.spendings;
      return after.answer;
    },
    { validator: (request) => {
      const fault = spendFault(request);
      if (fault) throw ApplicationFailure.create({ type: 'Refused', message: fault, nonRetryable: true });
    } },
  );
  setHandler(spendings, () => spent);
  for (;;) {
    const before = asked;
    const busy = await condition(() => asked !== before, FORGOTTEN_AFTER);
    spent = recent(spent, Date.now());
    if (!busy && spent.length === 0) break;
    if (asked > UPDATES_PER_RUN || workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof budgetWorkflow>({ cluster: input.cluster, spent });
    }
  }
  await condition(allHandlersFinished);
}

/** As long as the longest window. */
const FORGOTTEN_AFTER = '24 hours';
/** A run takes 2,000 updates at most. */
const UPDATES_PER_RUN = 1_000;
