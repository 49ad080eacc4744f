import { z } from 'zod';
import { quantile } from '../histogram';
import type { Probe } from '../probe';
import { lookTwice, sumOf } from '../two-looks';
import { READS_WORKLOAD } from '../workload';

const INPUT = z.strictObject({ target: z.string().default('query').describe('Role of Thanos Query.') });
const GATE = 'thanos_query_concurrent_gate_queries';
/** From this share on queries wait for their turn. */
const SATURATED = 0.9;

/** How busy Thanos Query is: its gate, and how long its queries take. */
export const queryLoadProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'thanos.queryLoad',
  title: 'How busy Thanos Query is: queries in flight against the most it may have, and how long they take',
  input: INPUT,
  fields: {
    answering: { type: 'number', unit: 'count', text: 'pods of Query that were read' },
    inFlight: { type: 'number', unit: 'count', text: 'queries in flight in the busiest' },
    max: { type: 'number|null', unit: 'count', text: 'the most that it may have' },
    saturated: { type: 'boolean|null', text: 'one of them has as many as it may, at both looks' },
    p99Seconds: { type: 'number|null', unit: 'seconds', text: '99 of 100 queries took less, between the two looks; null when there were none' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] }],
  async ask(access, { target }, { timeoutMs }) {
    const looks = await lookTwice(access, target, timeoutMs);
    const loads = looks.map(({ before, after }) => ({ max: sumOf(after, `${GATE}_max`), least: Math.min(sumOf(before, `${GATE}_in_flight`), sumOf(after, `${GATE}_in_flight`)), now: sumOf(after, `${GATE}_in_flight`) }));
    const latencies = looks.map(({ before, after }) => quantile(0.99, 'http_request_duration_seconds', after, before, ({ handler }) => handler === 'query' || handler === 'query_range')).filter((value) => value !== null);
    const p99Seconds = latencies.length > 0 ? Math.max(...latencies) : null;
    const inFlight = Math.max(0, ...loads.map(({ now }) => now));
    const max = loads.length > 0 ? Math.max(...loads.map((load) => load.max)) : null;
    return {
      fields: { answering: looks.length, inFlight, max, saturated: looks.length === 0 ? null : loads.some((load) => load.max > 0 && load.least >= load.max * SATURATED), p99Seconds },
      summary: looks.length === 0 ? 'No Thanos Query runs.' : `The busiest of ${looks.length} Thanos Query has ${inFlight} of at most ${max} queries in flight; ${p99Seconds === null ? 'none ended while it was looked at' : `99 of 100 took less than ${p99Seconds.toFixed(1)} s`}.`,
    };
  },
};
