import type { Notification, NotificationKind } from '../../workflows/contracts';
import { axiosWhenNeeded } from '../axios-when-needed';
import { callSignal } from '../call-scope';
import { statusFailure, transportFailure } from '../http-failures';
import type { NotifyGateway } from './gateway';

/** A pager answers within a second; after this it is asked again. */
const TIMEOUT_MS = 10_000;
/** Only the status counts; whatever a receiver sends beyond this is not read. */
const ANSWER_LIMIT = 64 * 1024;

export interface WebhookReceiver {
  name: string;
  /** May hold a secret in its path or query: it is never logged or shown. */
  url: string;
  bearerToken?: string;
  /** Sent with every page; never logged. */
  headers?: Readonly<Record<string, string>>;
  kinds?: readonly NotificationKind[];
  /** Hears of an incident from this level of escalation on; 1 when absent. */
  level?: number;
}

/** Posts the notification as JSON, with its id as `Idempotency-Key` so that a receiver can drop what it has seen. */
export function webhookGateway({ name, url, bearerToken, headers, kinds, level }: WebhookReceiver): NotifyGateway {
  return {
    name,
    ...(kinds && { kinds }),
    ...(level !== undefined && { level }),
    deliver: async (notification) => {
      const asked = { system: `The notification receiver ${name}`, request: `POST of a page (${notification.kind})` };
      const answer = await axiosWhenNeeded()
        .post<unknown>(url, notification satisfies Notification, {
          headers: { ...headers, ...(bearerToken && { authorization: `Bearer ${bearerToken}` }), 'content-type': 'application/json', 'idempotency-key': notification.id },
          proxy: false,
          maxRedirects: 0,
          maxContentLength: ANSWER_LIMIT,
          responseType: 'text',
          validateStatus: () => true,
          signal: callSignal(TIMEOUT_MS),
        })
        .catch((error: unknown) => {
          throw transportFailure(error, asked);
        });
      if (answer.status >= 200 && answer.status < 300) return String(answer.status);
      const retryAfter: unknown = answer.headers['retry-after'];
      throw statusFailure(answer.status, asked, typeof retryAfter === 'string' ? { retryAfter } : {});
    },
  };
}
