import { z } from 'zod';
import { failureTypeOf } from '../../workflows/contracts';
import type { Clock } from '../cluster-access';
import type { Probe, ProbeAnswer } from '../probe';
import type { QueryGateway, Range } from '../prometheus/gateway';

const INPUT = z.strictObject({ query: z.string().default('count(up)').describe('A cheap query that is asked of both.') });

/** How far back is asked, in seconds: enough to be split and cached. */
const BACK_S = 3_600;
const STEP_S = 30;
/** The frontend may take this many times as long, or this much longer. */
const TIMES = 3;
const LONGER_S = 1;
/** It lacks more than this share of the points. */
const GAPPED = 0.1;

const NOTHING: ProbeAnswer['fields'] = { directAnswers: null, frontendAnswers: null, directSeconds: null, frontendSeconds: null, slower: null, gapped: null };

interface Answer {
  seconds: number;
  points: number;
}

/** The same question through the frontend and past it: what only one of them gets wrong is the frontend's, or its cache's (T#8641). */
export const frontendProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'thanos.frontend',
  title: 'The query frontend compared with Query itself: does it answer, as fast, and with as many points',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'not both of query and frontend are configured' },
    directAnswers: { type: 'boolean|null', text: 'Query itself answers' },
    frontendAnswers: { type: 'boolean|null', text: 'the frontend answers' },
    directSeconds: { type: 'number|null', unit: 'seconds', text: 'how long Query took' },
    frontendSeconds: { type: 'number|null', unit: 'seconds', text: 'how long the frontend took' },
    slower: { type: 'boolean|null', text: 'the frontend took much longer' },
    gapped: { type: 'boolean|null', text: 'the frontend’s answer lacks points that Query has' },
  },
  rbac: [],
  async ask({ query: direct, frontend, clock }, { query }) {
    if (!direct || !frontend) return { fields: { notApplicable: true, ...NOTHING }, summary: 'Query and its frontend are not both configured for this cluster.' };
    const end = Math.floor(clock.now().getTime() / 1000 / STEP_S) * STEP_S;
    const range = { start: end - BACK_S, end, stepSeconds: STEP_S };
    const [plain, through] = await Promise.all([timed(direct, query, range, clock), timed(frontend, query, range, clock)]);
    const slower = plain && through ? through.seconds > Math.max(plain.seconds * TIMES, plain.seconds + LONGER_S) : null;
    const gapped = plain && through ? through.points < plain.points * (1 - GAPPED) : null;
    return {
      fields: { notApplicable: false, directAnswers: plain !== undefined, frontendAnswers: through !== undefined, directSeconds: plain?.seconds ?? null, frontendSeconds: through?.seconds ?? null, slower, gapped },
      summary: `Query ${say(plain)}; its frontend ${say(through)}.`,
    };
  },
};

function say(answer: Answer | undefined): string {
  return answer ? `answers in ${answer.seconds.toFixed(1)} s with ${answer.points} points` : 'does not answer';
}

async function timed(gateway: QueryGateway, query: string, range: Range, clock: Clock): Promise<Answer | undefined> {
  const begun = clock.now().getTime();
  try {
    const { series } = await gateway.queryRange(query, range, { partial: true });
    return { seconds: (clock.now().getTime() - begun) / 1000, points: series.reduce((total, { points }) => total + points.length, 0) };
  } catch (error) {
    const type = failureTypeOf(error);
    if (type === 'UpstreamUnavailable' || type === 'UpstreamRejected' || type === 'TargetNotFound') return undefined;
    throw error;
  }
}
