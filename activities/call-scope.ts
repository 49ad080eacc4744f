import { AsyncLocalStorage } from 'node:async_hooks';
import { asyncLocalStorage as activityContext } from '@temporalio/activity';
import { failure } from '../workflows/contracts';

const scope = new AsyncLocalStorage<AbortSignal>();

/** A gateway whose call is aborted knows who was silent, and says it at once; what does not listen is not waited for. */
const LAST_WORD_MS = 100;

/**
 * Runs `work` with a deadline. Everything asked inside through a gateway is aborted when it passes, or when Temporal
 * cancels the activity; work that does not listen is left behind, so the caller is answered in time either way.
 *
 * @throws UpstreamUnavailable when the deadline passes: the gateway's own, which names who did not answer, or else one of which
 * `what` completes "… did not finish within 10 s".
 */
export async function within<T>(milliseconds: number, what: string, work: () => Promise<T>): Promise<T> {
  const deadline = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      deadline.abort();
      timer = setTimeout(() => reject(failure('UpstreamUnavailable', `${what} did not finish within ${seconds(milliseconds)}; it was given up`)), LAST_WORD_MS);
    }, milliseconds);
  });
  const context = activityContext.getStore();
  const signals = [deadline.signal, scope.getStore(), context?.cancellationSignal].filter((signal) => signal !== undefined);
  try {
    const racers: Array<Promise<T>> = [scope.run(AbortSignal.any(signals), work), late];
    if (context) racers.push(context.cancelled);
    return await Promise.race(racers);
  } finally {
    clearTimeout(timer);
    deadline.abort();
  }
}

/** The signal for one call of a gateway: the scope's, and at most `milliseconds` from now. */
export function callSignal(milliseconds: number): AbortSignal {
  const own = AbortSignal.timeout(milliseconds);
  const outer = scope.getStore();
  return outer ? AbortSignal.any([outer, own]) : own;
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}
