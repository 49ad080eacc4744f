import { z } from 'zod';
import { portOf, targetOf } from '../cluster-access';
import type { Probe } from '../probe';
import { sumOf } from '../two-looks';
import { findWorkload, READS_WORKLOAD } from '../workload';

const INPUT = z.strictObject({ target: z.string().default('compactor').describe('Role of the compactor.') });

/** Does the compactor work? One that has halted stays up and does nothing, and the blocks that queries read get more and smaller. */
export const compactorProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'thanos.compactor',
  title: 'The compactor’s own metrics: has it halted, and how much is left to do',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'there is no such workload' },
    running: { type: 'number', unit: 'count', text: 'compactors that run; never more than one for a bucket' },
    halted: { type: 'boolean|null', text: 'it has halted; null when none answers' },
    todo: { type: 'number|null', unit: 'count', text: 'compactions that wait' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] }],
  async ask(access, { target: role }) {
    const target = targetOf(access, role);
    const workload = await findWorkload(access, target);
    const running = (workload?.pods ?? []).filter((pod) => pod.running && pod.state !== 'terminating');
    const samples = await Promise.all(running.map(({ name }) => access.metrics.scrape({ namespace: target.namespace, name, port: portOf(target, 'metrics') })));
    const halted = samples.length > 0 ? samples.some((list) => sumOf(list, 'thanos_compact_halted') > 0) : null;
    const todo = samples.length > 0 ? samples.reduce((total, list) => total + sumOf(list, 'thanos_compact_todo_compactions'), 0) : null;
    return {
      fields: { notApplicable: workload === undefined, running: running.length, halted, todo },
      summary: workload === undefined ? 'There is no compactor.' : halted === null ? 'No compactor runs.' : `The compactor ${halted ? 'has halted' : 'works'}; ${todo} compactions wait.`,
    };
  },
};
