import type { FastifyInstance } from 'fastify';
import type { GatewayDependencies } from './app';
import { Problem } from './problems';

/** A load balancer asks every few seconds and must be answered well within that. */
const READY_DEADLINE_MS = 2_000;

/** Liveness, readiness and the description of this API; open to anyone, and say nothing about incidents. */
export function registerHealth(app: FastifyInstance, { client }: GatewayDependencies): void {
  app.get('/healthz', { config: { access: 'anyone' }, schema: { summary: 'This process is alive', tags: ['health'] } }, () => ({ status: 'ok' }));

  app.get('/readyz', { config: { access: 'anyone' }, schema: { summary: 'Alerts can be accepted: Temporal answers', tags: ['health'] } }, async (request) => {
    try {
      await client.withDeadline(Date.now() + READY_DEADLINE_MS, () => client.workflowService.getSystemInfo({}));
    } catch (error) {
      request.log.warn({ err: error }, 'not ready');
      throw new Problem(503, 'Temporal does not answer.', {}, { 'retry-after': '5' });
    }
    return { status: 'ready' };
  });

  app.get('/openapi.json', { config: { access: 'anyone' }, schema: { hide: true } }, () => app.swagger());
}
