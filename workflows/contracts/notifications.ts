import type { Text } from './text';

/** When a person is paged. */
export type NotificationKind = 'opened' | 'needs-you' | 'reminder' | 'overdue' | 'recovered' | 'handed-over' | 'closed';

/** One page. `id` is stable over retries, so that a receiver can drop what it has seen. */
export interface Notification {
  id: string;
  kind: NotificationKind;
  publicId: string;
  cluster: string;
  severity: string;
  title: Text;
  text: Text;
  /** Where to look and decide. */
  url: string;
  at: string;
}

export interface NotificationResult {
  delivered: boolean;
  /** "webhook pager: 200", or why not. */
  detail: string;
}
