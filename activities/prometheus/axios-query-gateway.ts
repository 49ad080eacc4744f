import { z } from 'zod';
import { getJson } from '../axios-http';
import { notUnderstood } from '../http-failures';
import type { QueryGateway, QueryOptions, Sample } from './gateway';

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

const MATRIX_ANSWER = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), values: z.array(z.tuple([z.number(), z.string()])).optional() })),
  }),
  warnings: z.array(z.string()).optional(),
});

/**
 * Asks Prometheus or Thanos Query. Thanos is told to fail rather than to answer partially (`partial_response=false`),
 * unless asked otherwise; a Prometheus ignores that.
 * @param base URL from the configuration. @param timeoutMs the most that one query may take.
 */
export function axiosQueryGateway(base: string, system = 'Prometheus', timeoutMs = 10_000): QueryGateway {
  const common = ({ partial = false }: QueryOptions) => ({ partial_response: String(partial), dedup: 'true', timeout: `${Math.ceil(timeoutMs / 1000)}s` });
  const get = (path: string, params: Record<string, string>) => getJson({ base, path, params: new URLSearchParams(params), system, timeoutMs });
  return {
    async query(promql, options = {}) {
      const path = '/api/v1/query';
      const answer = VECTOR_ANSWER.safeParse(await get(path, { query: promql, ...common(options) }));
      if (!answer.success) throw notUnderstood({ system, request: `GET ${path}` }, 'it is no instant vector');
      const { data, warnings } = answer.data;
      const rows = data.resultType === 'scalar' ? [{ metric: {}, value: data.result }] : data.result;
      // Native histograms have no plain value; nothing here asks for them.
      const samples = rows.flatMap(({ metric, value }) => (value ? [toSample(metric, value[1])] : []));
      return { samples, warnings: warnings ?? [] };
    },
    async queryRange(promql, { start, end, stepSeconds }, options = {}) {
      const path = '/api/v1/query_range';
      const answer = MATRIX_ANSWER.safeParse(await get(path, { query: promql, start: String(start), end: String(end), step: String(stepSeconds), ...common(options) }));
      if (!answer.success) throw notUnderstood({ system, request: `GET ${path}` }, 'it is no matrix');
      const { data, warnings } = answer.data;
      return { series: data.result.map(({ metric, values = [] }) => ({ labels: toSample(metric, '0').labels, points: values.map(([at, text]): [number, number] => [at, valueOf(text)]) })), warnings: warnings ?? [] };
    },
  };
}

function toSample({ __name__: name = '', ...labels }: Record<string, string>, text: string): Sample {
  return { name, labels, value: valueOf(text) };
}

function valueOf(text: string): number {
  return SPECIAL[text] ?? Number(text);
}
