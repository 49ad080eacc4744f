import type { FastifyInstance } from 'fastify';
import { LOOK } from './access';
import type { GatewayDependencies } from './app';
import { escaped, htmlPage } from './html';
import type { IncidentSummary } from './incident-summary';

const MOST_SHOWN = 100;

/** A plain page with the open incidents, for a browser that was pointed here; no script, nothing loaded. */
export function registerIndexPage(app: FastifyInstance, { incidents, config }: GatewayDependencies): void {
  app.get('/', { config: { access: LOOK }, schema: { hide: true } }, async (_request, reply) => {
    const open = await incidents.list({ open: true, limit: MOST_SHOWN });
    return reply.type('text/html; charset=utf-8').serializer(String).send(page(open, config.locale));
  });
}

function page(open: readonly IncidentSummary[], locale: 'en' | 'ko'): string {
  const rows = open.map(
    (incident) =>
      `<tr><td><a href="/incidents/${escaped(incident.publicId)}">${escaped(incident.publicId)}</a></td><td>${escaped(incident.cluster)}</td><td>${escaped(incident.title[locale])}</td><td>${escaped(incident.phase)}${incident.needsYou ? ' <strong>needs you</strong>' : ''}</td><td>${escaped(incident.openedAt)}</td></tr>`,
  );
  const table = `<table><tr><th>Incident</th><th>Cluster</th><th>What</th><th>Phase</th><th>Opened</th></tr>${rows.join('')}</table>`;
  const body = `<h1>Open incidents</h1>${open.length > 0 ? table : '<p>None. Sleep well.</p>'}<p>In a terminal: <code>npx nightshift show latest</code></p>`;
  return htmlPage('Nightshift', locale, body);
}
