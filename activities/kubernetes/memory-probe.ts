import { z } from 'zod';
import { targetOf } from '../cluster-access';
import type { Probe } from '../probe';
import { showBytes } from '../quantity';
import { findWorkload, READS_WORKLOAD } from '../workload';
import { containerMemory, type ContainerMemory } from './container-memory';

const INPUT = z.strictObject({ target: z.string().describe('Role of a StatefulSet, Deployment or DaemonSet.') });

/** Killed once may be chance; twice without ever becoming ready is a loop. */
const RESTARTS_OF_A_LOOP = 2;

/** Who was killed for want of memory, against which limits (domain 4.4): 137 without that reason is another kill. */
export const memoryProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.memory',
  title: 'Memory of a workload’s pods: killed for want of it, by the node, in a loop; limits and requests',
  input: INPUT,
  fields: {
    exists: { type: 'boolean', text: 'the workload itself is there' },
    oomKilled: { type: 'boolean', text: 'a container was killed for want of memory, now or at its last end' },
    oomKilledNames: { type: 'list', text: 'pods of which a container was' },
    oomLoop: { type: 'boolean', text: 'such a pod is not ready and was restarted again and again' },
    secondsSinceOom: { type: 'number|null', unit: 'seconds', text: 'since the last such kill' },
    killedOtherwise: { type: 'boolean', text: 'a container ended with 137 for another reason: a failing probe, or an end that took too long' },
    evicted: { type: 'boolean', text: 'a node put a pod out for want of memory of its own' },
    limitBytes: { type: 'number|null', text: 'smallest memory limit, in bytes; null where a pod has none' },
    requestBytes: { type: 'number|null', text: 'smallest memory request, in bytes; null where a pod has none' },
    limitsDiffer: { type: 'boolean', text: 'pods have different limits: a rollout, or a resize' },
    restarts: { type: 'number', unit: 'count', text: 'most restarts of one container' },
  },
  rbac: [...READS_WORKLOAD],
  async ask(access, { target: role }) {
    const target = targetOf(access, role);
    const workload = await findWorkload(access, target);
    const memories = (workload?.pods ?? []).map((pod) => containerMemory(pod, target));
    const killed = memories.filter(({ oomKilled }) => oomKilled);
    const limits = memories.map(({ limitBytes }) => limitBytes);
    const times = killed.map(({ oomKilledAt }) => Date.parse(oomKilledAt ?? '')).filter(Number.isFinite);
    return {
      fields: {
        exists: workload !== undefined,
        oomKilled: killed.length > 0,
        oomKilledNames: killed.map(({ pod }) => pod.name),
        oomLoop: killed.some(({ pod }) => !pod.ready && pod.restarts >= RESTARTS_OF_A_LOOP),
        secondsSinceOom: times.length > 0 ? Math.max(0, Math.round((access.clock.now().getTime() - Math.max(...times)) / 1_000)) : null,
        killedOtherwise: memories.some(({ killedOtherwise }) => killedOtherwise),
        evicted: memories.some(({ evicted }) => evicted),
        limitBytes: smallest(limits),
        requestBytes: smallest(memories.map(({ requestBytes }) => requestBytes)),
        limitsDiffer: new Set(limits).size > 1,
        restarts: Math.max(0, ...memories.map(({ pod }) => pod.restarts)),
      },
      summary: summarize(target.name, memories, killed),
      table: { columns: ['pod', 'limit', 'request', 'restarts', 'killed for want of memory'], rows: memories.map(({ pod, limit, request, oomKilled, oomKilledAt }) => [pod.name, limit ?? 'none', request ?? 'none', String(pod.restarts), oomKilled ? (oomKilledAt ?? 'yes') : 'no']) },
    };
  },
};

function smallest(values: ReadonlyArray<number | undefined>): number | null {
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length && known.length > 0 ? Math.min(...known) : null;
}

function summarize(name: string, memories: readonly ContainerMemory[], killed: readonly ContainerMemory[]): string {
  const limit = smallest(memories.map(({ limitBytes }) => limitBytes));
  const size = limit === null ? 'without a limit' : `at a limit of ${showBytes(limit)}`;
  if (killed.length > 0) return `${killed.length} of ${memories.length} pods of ${name} were killed for want of memory (${killed.map(({ pod }) => pod.name).join(', ')}), ${size}.`;
  return memories.length === 0 ? `${name} has no pod.` : `No pod of ${name} was killed for want of memory; they run ${size}.`;
}
