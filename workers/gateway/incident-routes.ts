import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { DecisionAnswer, MessageName, Role } from '../../workflows/contracts';
import { actorOf, DECIDE, LOOK, WORK } from './access';
import type { GatewayDependencies } from './app';
import { incidentSummary } from './incident-summary';
import type { Sender } from './messages';
import { Problem } from './problems';

export const byId = z.object({ id: z.string().max(64).describe('a public ID, a unique beginning of one, or "latest"') });

const reason = z.strictObject({ reason: z.string().max(500).optional() });

const takeOver = reason.extend({ forMs: z.int().min(1_000).max(24 * 3_600_000).optional().describe('milliseconds after which Nightshift goes on by itself') });

const decision = z.strictObject({
  verdict: z.enum(['approve', 'reject']),
  planHash: z.string().regex(/^[0-9a-f]{64}$/, 'expected the 64 hexadecimal digits of the plan that was shown').describe('hash of the plan that was shown'),
  reason: z.string().max(500).optional(),
  breakGlass: z.literal(true).optional().describe('approves alone where policy provides for it; takes a reason, is recorded and pages everybody'),
}).refine(({ verdict, breakGlass }) => verdict === 'approve' || !breakGlass, { path: ['breakGlass'], error: 'there is no glass to break for a rejection' });

/** What people may tell an incident besides decisions: path → message, who may, and what it carries. */
const MESSAGES: ReadonlyArray<{ path: string; message: MessageName; access: Role[]; body: z.ZodObject; summary: string }> = [
  { path: 'notes', message: 'addNote', access: WORK, body: z.strictObject({ text: z.string().min(1).max(4_000) }), summary: 'Add a note to the timeline' },
  { path: 'remedy', message: 'chooseRemedy', access: WORK, body: z.strictObject({ remedy: z.string().min(1).max(100), reason: z.string().max(500).optional() }), summary: 'Choose another remedy of the runbook' },
  { path: 'take-over', message: 'takeOver', access: WORK, body: takeOver, summary: 'Take the incident over: nothing is executed any more, or, with forMs, for so long' },
  { path: 'resume', message: 'resume', access: WORK, body: reason, summary: 'Give the incident back to Nightshift' },
  { path: 'cancel', message: 'cancelIncident', access: DECIDE, body: reason, summary: 'Cancel the incident' },
];

/** The incident API. Lists come from visibility; one incident is asked itself. */
export function registerIncidents(instance: FastifyInstance, { incidents, messenger }: GatewayDependencies): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const filter = z.object({
    cluster: z.string().max(63).optional(),
    phase: z.string().max(20).optional(),
    outcome: z.string().max(20).optional(),
    class: z.string().max(40).optional(),
    open: z.stringbool().optional(),
    limit: z.coerce.number().int().min(1).max(500).default(50),
  });

  app.get(
    '/api/v1/incidents',
    { config: { access: LOOK }, schema: { summary: 'Incidents: open ones first, then by when they closed', tags: ['incidents'], querystring: filter, response: { 200: z.object({ incidents: z.array(incidentSummary) }) } } },
    async ({ query: { class: incidentClass, ...rest } }) => ({ incidents: await incidents.list({ ...rest, incidentClass }) }),
  );

  app.get(
    '/api/v1/incidents/:id',
    { config: { access: LOOK }, schema: { summary: 'One incident: its whole state; without a worker, its line in the list and workerAway: true', tags: ['incidents'], params: byId } },
    async ({ params }) => {
      const view = await incidents.view(params.id);
      if (view.source === 'visibility') return { ...view.summary, workerAway: true, detail: 'No worker answers; this is what Temporal itself knows.' };
      const retrying = view.source === 'workflow' && view.retrying.length > 0 ? { retrying: view.retrying } : {};
      return { ...view.status, ...retrying, open: view.summary.open, source: view.source, workerAway: false };
    },
  );

  app.post(
    '/api/v1/incidents/:id/decisions',
    { config: { access: DECIDE }, schema: { summary: 'Approve or reject the plan that was shown', tags: ['incidents'], params: byId, body: decision } },
    async (request) => {
      const { params, body } = request;
      const status = await messenger.openIncident(params.id);
      if (!status.plan) throw new Problem(409, `The incident ${status.publicId} has no plan; it is in phase ${status.phase}.`);
      if (status.plan.hash !== body.planHash) {
        throw new Problem(409, `The plan that stands is not the one that was shown: look again, then decide on ${status.plan.hash.slice(0, 12)}….`, { planHash: status.plan.hash });
      }
      const answer = await messenger.send<DecisionAnswer>(status, 'decide', body, senderOf(request));
      return { publicId: status.publicId, ...answer };
    },
  );

  for (const { path, message, access, body, summary } of MESSAGES) {
    app.post(`/api/v1/incidents/:id/${path}`, { config: { access }, schema: { summary, tags: ['incidents'], params: byId, body: body.nullish() } }, async (request) => {
      const status = await messenger.openIncident(request.params.id);
      await messenger.send(status, message, request.body ?? {}, senderOf(request));
      return { publicId: status.publicId, done: path };
    });
  }
}

/** The CLI says so in its user agent; everything else is the API. */
function senderOf(request: FastifyRequest): Sender {
  return { actor: actorOf(request), channel: request.headers['user-agent']?.startsWith('nightshift-cli') ? 'cli' : 'api' };
}
