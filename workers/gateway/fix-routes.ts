import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { FIXES_FILE } from '../../activities/records/store';
import { permanentFixWorkflowId, type PermanentFixStatus } from '../../workflows/contracts';
import { permanentFixStatus, retryFixes, settleFix } from '../../workflows/contracts/permanent-fix-messages';
import { actorOf, LOOK, WORK } from './access';
import type { GatewayDependencies } from './app';
import { byId } from './incident-routes';
import { Problem } from './problems';

/** A worker answers within a workflow task; after this nobody is there. */
const DEADLINE_MS = 5_000;

const settled = z.strictObject({
  state: z.enum(['merged', 'applied', 'declined']).describe('merged: the repository says so; applied: the cluster has it'),
  reason: z.string().min(1).max(500).optional().describe('why; needed for declined'),
});

/** What becomes of an incident's permanent fixes. */
export function registerFixes(instance: FastifyInstance, { client, incidents, records }: GatewayDependencies): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const publicIdOf = async (id: string) => (await incidents.view(id)).summary.publicId;
  const tell = async (publicId: string, call: () => Promise<PermanentFixStatus>): Promise<PermanentFixStatus> => {
    try {
      return await client.withDeadline(Date.now() + DEADLINE_MS, call);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw new Problem(409, `No fix of ${publicId} is open any more.`);
      if (error instanceof WorkflowUpdateFailedError) throw new Problem(409, `${error.cause?.message ?? 'It was refused'}.`);
      throw error;
    }
  };

  app.get('/api/v1/incidents/:id/fixes', { config: { access: LOOK }, schema: { summary: 'The permanent fixes and what became of them', tags: ['records'], params: byId } }, async ({ params }): Promise<PermanentFixStatus> => {
    const publicId = await publicIdOf(params.id);
    try {
      return await client.withDeadline(Date.now() + DEADLINE_MS, () => client.workflow.getHandle(permanentFixWorkflowId(publicId)).query(permanentFixStatus));
    } catch (error) {
      const kept = await records.read(publicId, FIXES_FILE);
      if (kept !== undefined) return JSON.parse(kept) as PermanentFixStatus;
      if (error instanceof WorkflowNotFoundError) throw new Problem(404, `No permanent fix of ${publicId} has been proposed.`);
      throw error;
    }
  });

  app.post('/api/v1/incidents/:id/fixes/:fix', { config: { access: WORK }, schema: { summary: 'Say what became of a fix: merged, applied, or declined with a reason', tags: ['records'], params: byId.extend({ fix: z.string().max(61) }), body: settled } }, async (request) => {
    const publicId = await publicIdOf(request.params.id);
    const { state, reason } = request.body;
    return tell(publicId, () => client.workflow.getHandle(permanentFixWorkflowId(publicId)).executeUpdate(settleFix, { args: [{ fix: request.params.fix, state, actor: actorOf(request).name, ...(reason !== undefined && { reason }) }] }));
  });

  app.post('/api/v1/incidents/:id/retry-fixes', { config: { access: WORK }, schema: { summary: 'Try at once again to bring the fixes into the repository', tags: ['records'], params: byId } }, async ({ params }) => {
    const publicId = await publicIdOf(params.id);
    return tell(publicId, () => client.workflow.getHandle(permanentFixWorkflowId(publicId)).executeUpdate(retryFixes));
  });
}
