import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Role } from '../../workflows/contracts';
import { Problem } from './problems';
import type { Actor, UserDirectory } from './users';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call this route; `anyone` needs no token. */
    access?: 'anyone' | Role[];
  }
  interface FastifyRequest {
    actor: Actor | null;
  }
}

/** Roles that may look; everybody with a token. */
export const LOOK: Role[] = ['viewer', 'responder', 'approver', 'admin'];
/** Roles that may open incidents and work on them. */
export const WORK: Role[] = ['responder', 'approver', 'admin'];
/** Roles that may decide. */
export const DECIDE: Role[] = ['approver', 'admin'];

/** Checks where a request comes from and its token before the body is read; a route that says nothing about access is closed. */
export function registerAccess(app: FastifyInstance, users: UserDirectory): void {
  app.decorateRequest('actor', null);
  app.addHook('onRequest', async (request) => {
    if (request.is404) return;
    if (!SAFE_METHODS.has(request.method) && isFromOtherSite(request)) throw new Problem(403, OTHER_SITE);
    const access = request.routeOptions.config.access ?? [];
    if (access === 'anyone') return;
    const actor = users.identify(tokenOf(request));
    if (!actor) throw unauthorized();
    if (!actor.roles.some((role) => access.includes(role))) {
      throw new Problem(403, `${actor.name} may not do this: it takes the role ${access.join(' or ') || 'none'}, and ${actor.name} has ${actor.roles.join(', ')}.`);
    }
    request.actor = actor;
  });
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const OTHER_SITE = "A page of another site has sent this with a browser's credentials; nothing was done. Use the nightshift command, or a client that is no browser.";

/** A browser that knows the token adds it to whatever any site makes it send, so what changes something may come from nobody's page but ours. */
function isFromOtherSite({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  // Older browsers say the origin only; behind a proxy that rewrites the host, nobody's page is ours.
  return headers.origin !== undefined && (!URL.canParse(headers.origin) || new URL(headers.origin).host !== headers.host);
}

/** The caller of a route that is not open to anyone. */
export function actorOf(request: FastifyRequest): Actor {
  if (!request.actor) throw unauthorized();
  return request.actor;
}

function unauthorized(): Problem {
  const detail = 'Send "Authorization: Bearer <token>", or the token as the password of basic authentication. On one machine it stands in the file "token" of the data directory.';
  return new Problem(401, detail, {}, { 'www-authenticate': 'Basic realm="Nightshift: the password is the token in the data directory", charset="UTF-8"' });
}

/** A bearer token, or the password of basic authentication, which browsers and some Alertmanagers send. */
function tokenOf(request: FastifyRequest): string {
  const [scheme, value = ''] = (request.headers.authorization ?? '').split(' ', 2);
  if (scheme?.toLowerCase() === 'bearer') return value;
  if (scheme?.toLowerCase() !== 'basic') return '';
  return Buffer.from(value, 'base64').toString('utf8').split(':').slice(1).join(':');
}
