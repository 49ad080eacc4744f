import { z } from 'zod';
import { getJson } from '../axios-http';
import { notUnderstood } from '../http-failures';
import type { AlertmanagerGateway } from './gateway';

/** Alertmanager's API v2, `GET /api/v2/alerts`. */
const ALERTS = z.array(
  z.object({
    fingerprint: z.string(),
    labels: z.record(z.string(), z.string()),
    startsAt: z.string(),
    status: z.object({ state: z.enum(['active', 'suppressed', 'unprocessed']), silencedBy: z.array(z.string()).default([]) }),
    receivers: z.array(z.object({ name: z.string() })).default([]),
  }),
);

/** @param base URL from the configuration. @param timeoutMs the most that one call may take. */
export function axiosAlertmanagerGateway(base: string, timeoutMs = 10_000): AlertmanagerGateway {
  const system = 'Alertmanager';
  const path = '/api/v2/alerts';
  return {
    async activeAlerts(filter) {
      const params = new URLSearchParams({ active: 'true', silenced: 'true', inhibited: 'true', unprocessed: 'true' });
      for (const matcher of filter) params.append('filter', matcher);
      const answer = ALERTS.safeParse(await getJson({ base, path, params, system, timeoutMs }));
      if (!answer.success) throw notUnderstood({ system, request: `GET ${path}` }, 'it is no list of alerts');
      return answer.data.map(({ fingerprint, labels, startsAt, status: { state, silencedBy }, receivers }) => ({ fingerprint, labels, startsAt, state, silencedBy, receivers: receivers.map(({ name }) => name) }));
    },
  };
}
