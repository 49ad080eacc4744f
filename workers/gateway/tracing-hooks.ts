import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Tracing } from '../tracing';

/**
 * A span for each request that tells incidents something; what only looks is none of a trace's business. It is begun when
 * the body has been read, because reading loses the context that the handler is to run in.
 */
export function registerTracing(app: FastifyInstance, tracing: Tracing): void {
  const ends = new WeakMap<FastifyRequest, (failure?: string) => void>();
  app.addHook('preHandler', (request, _reply, done) => {
    if (request.method === 'GET' || request.method === 'HEAD') return done();
    tracing.serve(`${request.method} ${request.routeOptions.url ?? '(unknown)'}`, request.headers, (end) => {
      ends.set(request, end);
      done();
    });
  });
  app.addHook('onResponse', async (request, reply) => {
    ends.get(request)?.(reply.statusCode >= 500 ? `answered ${reply.statusCode}` : undefined);
  });
  app.addHook('onClose', () => tracing.flush());
}
