import Fastify, { type FastifyInstance } from 'fastify';
import type { NightshiftConfig } from './config';
import { registry } from './metrics';

/** A worker has no other port: this one answers Prometheus and nobody else. Absent where none is configured. */
export async function serveMetrics({ metrics }: Pick<NightshiftConfig, 'metrics'>): Promise<FastifyInstance | undefined> {
  if (!metrics) return undefined;
  const app: FastifyInstance = Fastify({ logger: false });
  app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  await app.listen(metrics);
  return app;
}
