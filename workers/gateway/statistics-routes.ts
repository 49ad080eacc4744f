import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { monthAt } from '../../activities/records/months';
import { readStatistics } from '../../activities/records/read-statistics';
import { LOOK } from './access';
import type { GatewayDependencies } from './app';

const month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'expected a month such as 2026-11');

/** A month in numbers, from the records; of the configuration's time zone. */
export function registerStatistics(instance: FastifyInstance, { records, config }: GatewayDependencies): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const querystring = z.object({ month: month.optional(), practice: z.stringbool().default(false) });

  app.get('/api/v1/statistics', { config: { access: LOOK }, schema: { summary: 'A month in numbers: problems, times, remedies; from records alone', tags: ['records'], querystring } }, async ({ query, log }) => {
    const wanted = query.month ?? monthAt(new Date(), config.timeZone);
    const { months, unreadable, indexProblem } = await readStatistics(records, [wanted], config.timeZone, { practice: query.practice });
    if (indexProblem !== undefined) log.warn({ indexProblem }, 'the index of the records could not be kept');
    return { statistics: months[0], unreadable: unreadable.map(({ publicId }) => publicId) };
  });
}
