import type { Notification, NotificationKind } from '../../workflows/contracts';

/** Said of every page where nobody is to be paged; whoever shows pages says it once. */
export const NOBODY_TO_PAGE = 'no notification receiver is configured';

/** One place that pages people. Adding a kind of receiver: implement this in a file of its own; the conformance table in `test/unit/notify` applies to it. */
export interface NotifyGateway {
  /** As configured; appears in the timeline, so it holds no address. */
  readonly name: string;
  /** Which notifications it wants; every kind when absent. */
  readonly kinds?: readonly NotificationKind[];
  /** Hears of an incident from this level of escalation on; 1 when absent. */
  readonly level?: number;
  /**
   * Delivers one page, and may be asked again with the same `id`.
   * @returns what to say about it: "200"
   * @throws failures of the taxonomy: retried ones where asking again can help
   */
  deliver(notification: Notification): Promise<string>;
}
