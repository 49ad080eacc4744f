import { stripVTControlCharacters } from 'node:util';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { incidentView } from '../cli/views/incident';
import { LOOK } from './access';
import type { GatewayDependencies } from './app';
import { escaped, htmlPage } from './html';
import { byId } from './incident-routes';

/** Where the link of a page leads: the same screen that `nightshift show` prints, for a browser. */
export function registerIncidentPage(instance: FastifyInstance, { incidents, config: { locale } }: GatewayDependencies): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  app.get('/incidents/:id', { config: { access: LOOK }, schema: { hide: true, params: byId } }, async ({ params }, reply) => {
    const view = await incidents.view(params.id);
    const { publicId, title } = view.summary;
    const text = view.source === 'visibility' ? `${publicId}  ${title[locale]}\n\nNo worker answers; Temporal has the incident safe. It goes on as soon as a worker is back.` : incidentView({ ...view.status, ...(view.source === 'workflow' && { retrying: view.retrying }) }, locale);
    const body = `<p><a href="/">all open incidents</a></p><pre>${escaped(stripVTControlCharacters(text))}</pre>`;
    return reply.type('text/html; charset=utf-8').serializer(String).send(htmlPage(`${publicId} · Nightshift`, locale, body));
  });
}
