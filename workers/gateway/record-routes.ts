import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { editPostmortem, readPostmortem, regeneratePostmortem } from '../../activities/records/kept-postmortem';
import { failureTypeOf, type Locale } from '../../workflows/contracts';
import { actorOf, LOOK, WORK } from './access';
import type { GatewayDependencies } from './app';
import { byId } from './incident-routes';
import { Problem } from './problems';

const HTML = 'text/html; charset=utf-8';
const inLanguage = z.object({ locale: z.enum(['en', 'ko']).optional().describe('language; that of the record where it is left out') });
const edited = z.strictObject({
  markdown: z.string().min(1).max(500_000),
  locale: z.enum(['en', 'ko']),
  basedOn: z.string().regex(/^[0-9a-f]{64}$/).optional().describe('SHA-256 of the document that was opened; when it has changed since, nothing is saved'),
});

/** What stays of an incident: its postmortem and its whole history, from the record. */
export function registerRecords(instance: FastifyInstance, { incidents, records }: GatewayDependencies): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  const postmortem = async (id: string, locale: Locale | undefined) => {
    const { publicId, open } = (await incidents.view(id)).summary;
    const files = await readPostmortem(records, publicId, locale);
    if (!files) throw new Problem(404, `There is no postmortem of ${publicId} yet${open ? '; it is written when the incident closes' : ''}.`);
    return { publicId, files };
  };

  app.get('/api/v1/incidents/:id/postmortem', { config: { access: LOOK }, schema: { summary: 'The postmortem, as Markdown or as a page', tags: ['records'], params: byId, querystring: inLanguage.extend({ format: z.enum(['md', 'html']).default('md') }) } }, async ({ params, query }, reply) => {
    const { files } = await postmortem(params.id, query.locale);
    const { 'postmortem.md': markdown, 'postmortem.html': page } = files;
    return query.format === 'html' ? reply.type(HTML).serializer(String).send(page) : reply.type('text/markdown; charset=utf-8').serializer(String).send(markdown);
  });

  app.get('/incidents/:id/postmortem', { config: { access: LOOK }, schema: { hide: true, params: byId, querystring: inLanguage } }, async ({ params, query }, reply) =>
    reply.type(HTML).serializer(String).send((await postmortem(params.id, query.locale)).files['postmortem.html']));

  app.put('/api/v1/incidents/:id/postmortem', { config: { access: WORK }, schema: { summary: 'Save an edited postmortem: what differs from the generated one is kept, and survives regeneration', tags: ['records'], params: byId, body: edited } }, async (request) => {
    const { publicId } = (await incidents.view(request.params.id)).summary;
    const changed = await editPostmortem(records, publicId, { ...request.body, actor: actorOf(request).name, at: new Date().toISOString() }).catch((error: unknown) => {
      throw failureTypeOf(error) === 'Conflict' ? new Problem(409, (error as Error).message) : error;
    });
    if (!changed) throw new Problem(404, `There is no postmortem of ${publicId} yet.`);
    return { publicId, changed };
  });

  app.post('/api/v1/incidents/:id/postmortem/regenerate', { config: { access: WORK }, schema: { summary: 'Write the postmortem anew from the record; what people wrote stays', tags: ['records'], params: byId } }, async ({ params }) => {
    const { publicId } = await postmortem(params.id, undefined);
    const { files } = await regeneratePostmortem(records, publicId);
    return { publicId, files: files.filter((file) => file.startsWith('postmortem.')) };
  });

  app.get('/api/v1/incidents/:id/history', { config: { access: LOOK }, schema: { summary: "The workflow's history, as Temporal's own tools export it", tags: ['records'], params: byId } }, async ({ params }, reply) => {
    const { publicId, open } = (await incidents.view(params.id)).summary;
    const text = await records.read(publicId, 'history.json');
    if (text === undefined) throw new Problem(404, `There is no complete history of ${publicId} yet${open ? '; it is written when the incident closes' : '; it is written shortly after the close'}.`);
    return reply.type('application/json; charset=utf-8').serializer(String).send(text);
  });
}
