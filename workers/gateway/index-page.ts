import type { FastifyInstance } from 'fastify';
import { LOOK } from './access';
import type { GatewayDependencies } from './app';
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
      `<tr><td>${escaped(incident.publicId)}</td><td>${escaped(incident.cluster)}</td><td>${escaped(incident.title[locale])}</td><td>${escaped(incident.phase)}${incident.needsYou ? ' <strong>needs you</strong>' : ''}</td><td>${escaped(incident.openedAt)}</td></tr>`,
  );
  const table = `<table><tr><th>Incident</th><th>Cluster</th><th>What</th><th>Phase</th><th>Opened</th></tr>${rows.join('')}</table>`;
  return `<!doctype html><html lang="${locale}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Nightshift</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem;max-width:70rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .8rem;border-bottom:1px solid #ccc}</style>
<h1>Open incidents</h1>${open.length > 0 ? table : '<p>None. Sleep well.</p>'}<p>In a terminal: <code>npx nightshift show latest</code></p></html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
