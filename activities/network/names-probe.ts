import { z } from 'zod';
import type { Probe } from '../probe';
import { some, targetsAmong } from '../survey';

const SERVICES: ReadonlySet<string> = new Set(['Service']);
/** Every cluster has it: where even this does not resolve, the cluster's DNS is away. */
const CONTROL = 'kubernetes.default.svc';

/** Does DNS work? Asked where the worker runs, which is beside the pipeline's own programs. */
export const namesProbe: Probe<object> = {
  use: 'network.names',
  title: 'DNS: whether the names of the pipeline’s Services resolve, asked from the worker in the cluster',
  input: z.strictObject({}),
  fields: {
    notApplicable: { type: 'boolean', text: 'the worker runs outside of the cluster, whose names it cannot resolve' },
    asked: { type: 'number', unit: 'count', text: 'names that were asked for' },
    unresolved: { type: 'list', text: 'names of Services that do not resolve' },
    dnsAnswers: { type: 'boolean|null', text: 'the name that every cluster has resolves; null outside of the cluster' },
  },
  rbac: [],
  async ask(access) {
    const { names } = access;
    if (!names) {
      return { fields: { notApplicable: true, asked: 0, unresolved: [], dnsAnswers: null }, summary: 'The worker runs outside of the cluster and cannot resolve its names; the agent’s log says whether the agent can.' };
    }
    const wanted = [...new Set(targetsAmong(access, undefined, SERVICES).map(({ target }) => `${target.name}.${target.namespace}.svc`))];
    const found = await Promise.all([CONTROL, ...wanted].map(async (name) => ({ name, addresses: await names.addresses(name) })));
    const dnsAnswers = found[0]!.addresses.length > 0;
    const unresolved = found.slice(1).filter(({ addresses }) => addresses.length === 0).map(({ name }) => name);
    return {
      fields: { notApplicable: false, asked: wanted.length, unresolved, dnsAnswers },
      summary: !dnsAnswers
        ? `Not even ${CONTROL} resolves: the cluster’s DNS is away.`
        : unresolved.length > 0 ? `${unresolved.length} of ${wanted.length} names of Services do not resolve: ${some(unresolved)}.` : `All ${wanted.length} names of Services resolve.`,
      table: { columns: ['name', 'addresses'], rows: found.map(({ name, addresses }) => [name, addresses.join(', ') || 'none']) },
    };
  },
};
