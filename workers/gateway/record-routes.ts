import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { LOOK } from './access';
import type { GatewayDependencies } from './app';
import { byId } from './incident-routes';
import { Problem } from './problems';

/** What stays of an incident: its postmortem and its whole history, from the record. */
export function registerRecords(instance: FastifyInstance, { incidents, records }: GatewayDependencies): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.get('/api/v1/incidents/:id/postmortem', { config: { access: LOOK }, schema: { summary: 'The postmortem, as Markdown', tags: ['records'], params: byId } }, async ({ params }, reply) => {
    const { publicId, open } = (await incidents.view(params.id)).summary;
    const text = await records.read(publicId, 'postmortem.md');
    if (text === undefined) throw new Problem(404, `There is no postmortem of ${publicId} yet${open ? '; it is written when the incident closes' : ''}.`);
    return reply.type('text/markdown; charset=utf-8').serializer(String).send(text);
  });

  app.get('/api/v1/incidents/:id/history', { config: { access: LOOK }, schema: { summary: "The workflow's history, as Temporal's own tools export it", tags: ['records'], params: byId } }, async ({ params }, reply) => {
    const { publicId, open } = (await incidents.view(params.id)).summary;
    const text = await records.read(publicId, 'history.json');
    if (text === undefined) throw new Problem(404, `There is no complete history of ${publicId} yet${open ? '; it is written when the incident closes' : '; it is written shortly after the close'}.`);
    return reply.type('application/json; charset=utf-8').serializer(String).send(text);
  });
}
