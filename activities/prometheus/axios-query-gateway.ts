import { z } from 'zod';
import { getJson } from '../axios-http';
import { notUnderstood } from '../http-failures';
import type { QueryGateway, Sample } from './gateway';

/** Prometheus' and Thanos' HTTP API, `GET /api/v1/query`; a sample's value is `[seconds, "text"]`. */
const VECTOR_ANSWER = z.object({
  status: z.literal('success'),
  data: z.discriminatedUnion('resultType', [
    z.object({
      resultType: z.literal('vector'),
      result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]).optional() })),
    }),
    z.object({ resultType: z.literal('scalar'), result: z.tuple([z.number(), z.string()]) }),
  ]),
  warnings: z.array(z.string()).optional(),
});

const SPECIAL: Readonly<Record<string, number>> = { NaN: Number.NaN, '+Inf': Number.POSITIVE_INFINITY, '-Inf': Number.NEGATIVE_INFINITY };

/**
 * Asks Prometheus or Thanos Query. Thanos is told to fail rather than to answer partially (`partial_response=false`); a
 * Prometheus ignores that.
 * @param base URL from the configuration. @param timeoutMs the most that one query may take.
 */
export function axiosQueryGateway(base: string, system = 'Prometheus', timeoutMs = 10_000): QueryGateway {
  const asked = { system, request: 'GET /api/v1/query' };
  return {
    async query(promql) {
      const params = new URLSearchParams({ query: promql, partial_response: 'false', dedup: 'true', timeout: `${Math.ceil(timeoutMs / 1000)}s` });
      const answer = VECTOR_ANSWER.safeParse(await getJson({ base, path: '/api/v1/query', params, system, timeoutMs }));
      if (!answer.success) throw notUnderstood(asked, 'it is no instant vector');
      const { data, warnings } = answer.data;
      const rows = data.resultType === 'scalar' ? [{ metric: {}, value: data.result }] : data.result;
      // Native histograms have no plain value; nothing here asks for them.
      const samples = rows.flatMap(({ metric, value }) => (value ? [toSample(metric, value[1])] : []));
      return { samples, warnings: warnings ?? [] };
    },
  };
}

function toSample({ __name__: name = '', ...labels }: Record<string, string>, text: string): Sample {
  return { name, labels, value: SPECIAL[text] ?? Number(text) };
}
