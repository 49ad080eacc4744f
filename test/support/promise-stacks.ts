import { globalHandlers } from '@temporalio/worker/lib/workflow/vm-shared';

/**
 * A worker in the test's own thread keeps the stack of every promise of this thread, for a query that no test asks; under
 * Jest, which looks each line up in its source maps, that is a third of the time. Call it before such a worker is made.
 */
export function keepNoPromiseStacks(): void {
  globalHandlers.installed = true;
}
