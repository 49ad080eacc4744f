import { z } from 'zod';
import { portOf, targetOf } from '../cluster-access';
import type { Probe } from '../probe';
import { pageOf } from '../program-json';
import { plainLine } from '../redact';
import { findWorkload, READS_WORKLOAD, unique } from '../workload';

const INPUT = z.strictObject({ target: z.string().default('query').describe('Role of Thanos Query.') });
const ENDPOINT = z.looseObject({ name: z.string().default(''), lastError: z.unknown() });
const ANSWER = z.looseObject({ data: z.record(z.string(), z.array(ENDPOINT).nullish()) });

/** Which of the endpoints that Query asks are not well, by its own word. */
export const storesProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'thanos.stores',
  title: 'Thanos Query’s endpoints by its own word: which stores and receivers it does not reach, and why',
  input: INPUT,
  fields: {
    asked: { type: 'boolean', text: 'a Query was ready to be asked' },
    endpoints: { type: 'number', unit: 'count', text: 'endpoints that it knows' },
    unhealthy: { type: 'list', text: 'names of those with an error' },
    unhealthyTypes: { type: 'list', text: 'their types: store, receive, rule, sidecar, query' },
    types: { type: 'list', text: 'types of all that it knows' },
    errors: { type: 'list', text: 'what it says of them' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] }],
  async ask(access, { target: role }) {
    const target = targetOf(access, role);
    const ready = ((await findWorkload(access, target))?.pods ?? []).find((pod) => pod.ready);
    if (!ready) return { fields: { asked: false, endpoints: 0, unhealthy: [], unhealthyTypes: [], types: [], errors: [] }, summary: 'No Thanos Query is ready, so none can be asked for its endpoints.' };
    const { data } = await pageOf(access, { namespace: target.namespace, pod: ready.name, port: portOf(target, 'http'), path: '/api/v1/stores' }, ANSWER);
    const all = Object.entries(data).flatMap(([type, list]) => (list ?? []).map(({ name, lastError }) => ({ type, name, error: textOf(lastError) })));
    const unhealthy = all.filter(({ error }) => error !== '');
    return {
      fields: {
        asked: true, endpoints: all.length, unhealthy: unhealthy.map(({ name }) => name), unhealthyTypes: unique(unhealthy.map(({ type }) => type)), types: unique(all.map(({ type }) => type)),
        errors: unique(unhealthy.map(({ error }) => plainLine(error, 240))),
      },
      summary: unhealthy.length === 0 ? `Thanos Query reaches all ${all.length} endpoints.` : `Thanos Query does not reach ${unhealthy.map(({ type, name }) => `${name} (${type})`).join(', ')}.`,
      ...(unhealthy.length > 0 && { table: { columns: ['type', 'endpoint', 'error'], rows: unhealthy.map(({ type, name, error }) => [type, name, plainLine(error, 120)]) } }),
    };
  },
};

/** An error is a text, an object with a message, or an empty object; null where there is none. */
function textOf(error: unknown): string {
  if (error === null || error === undefined) return '';
  if (typeof error === 'string') return error;
  const { message } = error as { message?: unknown };
  return typeof message === 'string' ? message : 'an error without words';
}
