import type { Text } from './text';

/** When a person is paged. */
export const NOTIFICATION_KINDS = ['opened', 'needs-you', 'reminder', 'overdue', 'break-glass', 'recovered', 'handed-over', 'closed', 'report'] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

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
  /** How far the wait for somebody has been escalated: 1 is whoever is on call, each level above adds more receivers. */
  level: number;
  at: string;
}

export interface NotificationResult {
  delivered: boolean;
  /** "webhook pager: 200", or why not. */
  detail: string;
}
