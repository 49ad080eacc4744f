import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { actorOf, LOOK, WORK } from './access';
import type { GatewayDependencies } from './app';

const byCluster = z.object({ cluster: z.string().min(1).max(63) });

/** A silence that lasts longer than this is no maintenance: take the cluster out of the configuration. */
const LONGEST_PAUSE_MS = 30 * 24 * 3_600_000;

const pausing = z.strictObject({
  forMs: z.int().min(1_000).max(LONGEST_PAUSE_MS).describe('how long, in milliseconds'),
  reason: z.string().min(1).max(500),
});

/** Which clusters are heard of; planned silences. */
export function registerWatchdogs(instance: FastifyInstance, { watchdogs }: GatewayDependencies): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get('/api/v1/watchdogs', { config: { access: LOOK }, schema: { summary: 'Heartbeats of each cluster: the last one, and until when silence is tolerated', tags: ['alerts'] } }, async () => ({ watchdogs: await watchdogs.list() }));

  app.post('/api/v1/watchdogs/:cluster/pause', { config: { access: WORK }, schema: { summary: 'Plan a silence of the cluster: nobody is paged for it', tags: ['alerts'], params: byCluster, body: pausing } }, async (request) =>
    watchdogs.pause(request.params.cluster, { ...request.body, by: actorOf(request).name }));

  app.post('/api/v1/watchdogs/:cluster/resume', { config: { access: WORK }, schema: { summary: 'End a planned silence of the cluster', tags: ['alerts'], params: byCluster } }, ({ params }) => watchdogs.resume(params.cluster));
}
