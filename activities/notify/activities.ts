import { asyncLocalStorage, type Info } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { msOptionalToNumber } from '@temporalio/common/lib/time';
import { FAILURES, failure, failureTypeOf, type Notification, type NotificationResult, type NotifyActivities } from '../../workflows/contracts';
import { NOBODY_TO_PAGE, type NotifyGateway } from './gateway';

/** What one receiver did with a page. */
type Outcome = { receiver: string; said: string } & ({ delivered: true } | { delivered: false; retry?: ApplicationFailure });

/**
 * Pages every receiver that wants this kind of notification, and whose level of escalation has been reached. A receiver that refuses for good is reported and not asked
 * again; where asking again can help, the activity fails and is retried, and leaves out those that have it already.
 */
export function createNotifyActivities({ receivers }: { receivers: readonly NotifyGateway[] }): NotifyActivities {
  return {
    notifyPage: async (notification) => {
      if (receivers.length === 0) return { delivered: false, detail: NOBODY_TO_PAGE };
      const wanted = receivers.filter(({ kinds, level = 1 }) => (kinds === undefined || kinds.includes(notification.kind)) && level <= notification.level);
      if (wanted.length === 0) return { delivered: false, detail: `no notification receiver of level ${notification.level} wants to hear of "${notification.kind}"` };
      return summarize(await deliverAll(wanted, notification), asyncLocalStorage.getStore()?.info);
    },
  };
}

async function deliverAll(receivers: readonly NotifyGateway[], notification: Notification): Promise<Outcome[]> {
  const context = asyncLocalStorage.getStore();
  // An attempt before this one has left the names of the receivers that it reached.
  const reached = new Map<string, string>(Array.isArray(context?.info.heartbeatDetails) ? (context.info.heartbeatDetails as Array<[string, string]>) : []);
  return Promise.all(
    receivers.map(async (receiver) => {
      const before = reached.get(receiver.name);
      if (before !== undefined) return { receiver: receiver.name, said: before, delivered: true } as const;
      const outcome = await deliverTo(receiver, notification);
      if (outcome.delivered) {
        reached.set(receiver.name, outcome.said);
        context?.heartbeat([...reached]);
      }
      return outcome;
    }),
  );
}

async function deliverTo(receiver: NotifyGateway, notification: Notification): Promise<Outcome> {
  try {
    return { receiver: receiver.name, said: await receiver.deliver(notification), delivered: true };
  } catch (error) {
    const type = failureTypeOf(error);
    if (!(error instanceof ApplicationFailure) || type === undefined) throw error;
    return { receiver: receiver.name, said: error.message, delivered: false, ...(FAILURES[type].retried && { retry: error }) };
  }
}

/**
 * A page that has reached somebody is delivered, also where another receiver never took it.
 * @throws a failure that is retried when a receiver may take the page later; it says who has it already
 */
function summarize(outcomes: readonly Outcome[], info: Info | undefined): NotificationResult {
  const detail = outcomes.map(({ receiver, said }) => `${receiver}: ${said}`).join('; ');
  const delivered = outcomes.some((outcome) => outcome.delivered);
  const retry = outcomes.flatMap((outcome) => (outcome.delivered || !outcome.retry ? [] : [outcome.retry]))[0];
  if (!retry) return { delivered, detail };
  const wait: unknown = retry.nextRetryDelay;
  if (delivered && info && isLastAttempt(info, typeof wait === 'number' ? wait : 0)) return { delivered, detail };
  throw failure(failureTypeOf(retry) ?? 'UpstreamUnavailable', detail, { cause: retry, ...(typeof wait === 'number' && { nextRetryMs: wait }) });
}

/** Would another attempt, which begins after the longest wait there may be, still end in time? If not, this one has the last word. */
function isLastAttempt({ scheduledTimestampMs, scheduleToCloseTimeoutMs, startToCloseTimeoutMs, retryPolicy }: Info, askedToWaitMs: number): boolean {
  if (scheduleToCloseTimeoutMs === 0) return false;
  const longestWaitMs = Math.max(msOptionalToNumber(retryPolicy?.maximumInterval) ?? 0, askedToWaitMs);
  return Date.now() + longestWaitMs + startToCloseTimeoutMs > scheduledTimestampMs + scheduleToCloseTimeoutMs;
}
