import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { deliver } from '../../activities/temporal/incidents-gateway';
import { LOOK, WORK } from './access';
import { readAlertmanagerBody } from './alertmanager-body';
import type { GatewayDependencies } from './app';
import { alertsReceived } from '../metrics';
import { groupByIncident, isHeartbeat } from './delivery';

const answer = z.object({
  accepted: z.int().describe('alerts that Temporal has persisted'),
  quarantined: z.int().describe('alerts that could not be understood; GET /api/v1/quarantine shows them'),
  heartbeats: z.int().describe('Watchdog alerts; they open no incident: their absence does'),
  planned: z.int().describe('alerts that say what a planned silence of their cluster explains; they open nothing'),
  resolvedUnknown: z.int().describe('resolved alerts of which no incident is open'),
  incidents: z.array(z.object({ cluster: z.string(), failureDomain: z.string(), workflowId: z.string() })),
});

/** Where Alertmanager's alerts come in. Answers 200 only when Temporal has persisted every valid alert. */
export function registerWebhooks(app: FastifyInstance, { client, config, quarantine, watchdogs }: GatewayDependencies): void {
  app.post(
    '/webhooks/alertmanager',
    { config: { access: WORK }, schema: { summary: 'Alertmanager webhook (version 4)', tags: ['alerts'], response: { 200: answer } } },
    async (request): Promise<z.output<typeof answer>> => {
      const at = new Date().toISOString();
      const { alerts, invalid, truncated } = readAlertmanagerBody(request.body);
      const beats = alerts.filter(isHeartbeat);
      const heartbeats = beats.length;
      const planned = await watchdogs.explained(alerts, at);
      const [delivered] = await Promise.all([
        deliver(client, groupByIncident(alerts.filter((alert) => !isHeartbeat(alert) && !planned.has(alert)), config), { at, truncated }),
        watchdogs.heard(beats, at),
      ]);
      await quarantine.add(invalid, at);
      const known = delivered.filter((delivery) => delivery.known);
      const counts = { accepted: known.reduce((sum, { alerts: count }) => sum + count, 0), quarantined: invalid.length, heartbeats, planned: planned.size };
      const resolvedUnknown = alerts.length - heartbeats - planned.size - counts.accepted;
      for (const [result, count] of Object.entries({ ...counts, resolvedUnknown })) alertsReceived.inc({ result }, count);
      request.log.info({ ...counts, resolvedUnknown, truncated, incidents: known.map(({ workflowId }) => workflowId) }, 'alerts accepted');
      return { ...counts, resolvedUnknown, incidents: known.map(({ cluster, failureDomain, workflowId }) => ({ cluster, failureDomain, workflowId })) };
    },
  );

  app.get('/api/v1/quarantine', { config: { access: LOOK }, schema: { summary: 'Alerts that could not be understood, latest first', tags: ['alerts'] } }, () => quarantine.list(MOST_SHOWN));
}

const MOST_SHOWN = 100;
