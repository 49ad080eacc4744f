import type { Client } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { deliver, type Delivered } from '../../activities/temporal/incidents-gateway';
import { publicIdOf, type Alert } from '../../workflows/contracts';
import { failureTypeOf } from '../../workflows/contracts/failures';
import { PRACTICE } from '../config/clusters';
import { actorOf, LOOK, WORK } from './access';
import { fingerprintOf } from './alertmanager-body';
import type { GatewayDependencies } from './app';
import { groupByIncident } from './delivery';
import { byId } from './incident-routes';
import { Problem } from './problems';

/** Marks an alert that a person opened: no Alertmanager will ever resolve it. */
const OPENED_BY = 'nightshift_opened_by';

const labelName = z.string().regex(/^[a-zA-Z_]\w{0,99}$/, 'expected a label name');

const opening = z.strictObject({
  alertname: z.string().min(1).max(200).describe('routes the incident as the alert of this name would be'),
  cluster: z.string().regex(/^[A-Za-z0-9][\w.-]{0,62}$/).optional(),
  severity: z.string().max(50).default('critical'),
  summary: z.string().max(500).optional(),
  labels: z.record(labelName, z.string().max(500)).default({}),
});

const opened = z.object({ publicId: z.string(), workflowId: z.string(), cluster: z.string(), failureDomain: z.string(), joined: z.boolean().describe('an open incident has taken it') });

/** Opening and resolving by hand, and the practice cluster's examples. */
export function registerOpening(instance: FastifyInstance, dependencies: GatewayDependencies): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { incidents, messenger, practice } = dependencies;

  app.post('/api/v1/incidents', { config: { access: WORK }, schema: { summary: 'Open an incident by hand', tags: ['incidents'], body: opening, response: { 200: opened } } }, async (request) => {
    const { alertname, cluster, severity, summary, labels } = request.body;
    const all = { ...labels, alertname, severity, [OPENED_BY]: actorOf(request).name, ...(cluster && { cluster }) };
    return open(dependencies, { fingerprint: fingerprintOf(all), status: 'firing', labels: all, annotations: summary ? { summary } : {}, startsAt: new Date().toISOString() });
  });

  app.post('/api/v1/incidents/:id/resolve', { config: { access: WORK }, schema: { summary: 'Say that what was opened by hand is over; on the practice cluster, repair it', tags: ['incidents'], params: byId } }, async ({ params }) => {
    const { publicId, alerts, practice: practised } = await messenger.openIncident(params.id);
    if (practised) practice?.heal();
    const byHand = alerts.filter(({ status, labels }) => status === 'firing' && labels[OPENED_BY]);
    if (byHand.length === 0 && !practised) throw new Problem(409, `No alert of ${publicId} that was opened by hand is firing; Alertmanager resolves the others.`);
    if (byHand.length > 0) await send(dependencies, byHand.map(({ firstSeenAt: _, ...alert }) => ({ ...alert, status: 'resolved', endsAt: new Date().toISOString() })));
    return { publicId, resolved: byHand.length };
  });

  app.get('/api/v1/practice/examples', { config: { access: LOOK }, schema: { summary: 'What can be practised', tags: ['practice'] } }, () => ({ examples: practiceOr404(practice).examples() }));

  app.post(
    '/api/v1/practice/incidents',
    { config: { access: WORK }, schema: { summary: 'Break the practice cluster as an example says, and open the incident', tags: ['practice'], body: z.strictObject({ example: z.string().min(1).max(200) }), response: { 200: opened } } },
    async ({ body }) => {
      const stage = practiceOr404(practice);
      const [playing] = await incidents.list({ cluster: PRACTICE, open: true, limit: 1 });
      if (playing) throw new Problem(409, `The practice incident ${playing.publicId} is still open, and one is played at a time. End it first: npx nightshift resolve ${playing.publicId}`);
      try {
        return await open(dependencies, stage.play(body.example));
      } catch (error) {
        if (failureTypeOf(error) === 'InvalidInput' && error instanceof Error) throw new Problem(404, error.message);
        throw error;
      }
    },
  );
}

function practiceOr404<Stage>(practice: Stage | undefined): Stage {
  if (!practice) throw new Problem(404, 'This Nightshift has no practice cluster: set "practice: true" in nightshift.yaml.');
  return practice;
}

async function open(dependencies: GatewayDependencies, alert: Alert): Promise<z.output<typeof opened>> {
  const [delivered] = await send(dependencies, [alert]);
  if (!delivered?.runId) throw new Error('A firing alert was delivered without a run.');
  const { cluster, failureDomain, workflowId } = delivered;
  return { ...(await identify(dependencies.client, delivered, Date.parse(alert.startsAt))), workflowId, cluster, failureDomain };
}

function send({ client, config }: GatewayDependencies, alerts: Alert[]): Promise<Delivered[]> {
  return deliver(client, groupByIncident(alerts, config), { at: new Date().toISOString(), truncated: 0 });
}

/** The public ID of the incident that took an alert, which may be older than the alert. */
async function identify(client: Client, { workflowId, runId }: Delivered, openedAt: number): Promise<{ publicId: string; joined: boolean }> {
  const { raw, runId: described, startTime } = await client.workflow.getHandle(workflowId, runId).describe();
  const firstRunId = raw.workflowExecutionInfo?.firstRunId || described;
  const first = firstRunId === described ? startTime : (await client.workflow.getHandle(workflowId, firstRunId).describe()).startTime;
  return { publicId: publicIdOf(firstRunId, first), joined: first.getTime() < openedAt };
}
