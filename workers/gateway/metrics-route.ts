import type { FastifyInstance } from 'fastify';
import { countFromZero, registry, webhooksRefused } from '../metrics';
import { LOOK } from './access';

/** What this process measures about itself, for a Prometheus with a token; names of incidents and people are in none of it. */
export function registerMetrics(app: FastifyInstance): void {
  countFromZero();
  app.addHook('onResponse', async (request, reply) => {
    if (request.routeOptions.url === '/webhooks/alertmanager' && reply.statusCode !== 200) webhooksRefused.inc({ status: String(reply.statusCode) });
  });
  app.get('/metrics', { config: { access: LOOK }, schema: { summary: 'Metrics of the gateway', tags: ['health'] } }, async (_request, reply) => reply.type(registry.contentType).serializer(String).send(await registry.metrics()));
}
