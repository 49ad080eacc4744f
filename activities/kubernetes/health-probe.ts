import { z } from 'zod';
import { failureTypeOf } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import type { Probe } from '../probe';
import { plainLine } from '../redact';
import { findWorkload, READS_WORKLOAD } from '../workload';
import { ROLES_INPUT, some, workloadsAmong } from '../survey';

const INPUT = z.strictObject({ targets: ROLES_INPUT });

/** Prometheus, Alertmanager and all of Thanos answer here; a receiver and an agent only once their WAL has been replayed. */
const READY = '/-/ready';
/** Programs that have a path of their own. */
const PATHS: Readonly<Record<string, string>> = { grafana: '/api/health' };
const MOST_PODS = 24;

interface Asked {
  role: string;
  pod: string;
  path: string;
  /** Absent where it answered well. */
  fault?: string;
  refused?: Error;
}

/** Do the programs answer by themselves, whatever Kubernetes thinks of their pods? Through the pod proxy (domain F12). */
export const healthProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.health',
  title: 'The health endpoints of all programs that run, asked one by one through the pod proxy',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'none of the roles has an HTTP port in this cluster' },
    asked: { type: 'number', unit: 'count', text: 'programs that were asked' },
    answering: { type: 'number', unit: 'count', text: 'programs that say that they are ready' },
    failing: { type: 'list', text: 'pods that run and do not say so' },
    failingRoles: { type: 'list', text: 'roles of those' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] }],
  async ask(access, { targets: roles }) {
    const wanted = workloadsAmong(access, roles).filter(({ target }) => target.ports['http'] !== undefined);
    const pods = (await Promise.all(wanted.map(async ({ role, target }) => ((await findWorkload(access, target))?.pods ?? []).filter((pod) => pod.running).map((pod) => ({ role, target, pod }))))).flat();
    const asked = await Promise.all(pods.slice(0, MOST_PODS).map(({ role, target, pod }) => askOne(access, role, { namespace: target.namespace, name: pod.name, port: target.ports['http']! })));
    const refused = asked.find((item) => item.refused);
    if (refused?.refused && asked.every((item) => item.refused)) throw refused.refused;
    const failing = asked.filter(({ fault }) => fault !== undefined);
    return {
      fields: {
        notApplicable: pods.length === 0,
        asked: asked.length,
        answering: asked.length - failing.length,
        failing: failing.map(({ pod }) => pod),
        failingRoles: [...new Set(failing.map(({ role }) => role))],
      },
      summary: pods.length === 0
        ? 'No program with a health endpoint runs.'
        : failing.length === 0 ? `All ${asked.length} programs that run say that they are ready.` : `${failing.length} of ${asked.length} programs that run do not say that they are ready: ${some(failing.map(({ pod }) => pod))}.`,
      ...(asked.length > 0 && { table: { columns: ['pod', 'path', 'answer'], rows: [...failing, ...asked.filter(({ fault }) => fault === undefined)].map(({ pod, path, fault }) => [pod, path, fault ?? 'ready']) } }),
    };
  },
};

async function askOne({ kubernetes }: ClusterAccess, role: string, { namespace, name, port }: { namespace: string; name: string; port: number }): Promise<Asked> {
  const path = PATHS[role] ?? READY;
  try {
    await kubernetes.proxyGet({ resource: 'pods', namespace, name, port, path });
    return { role, pod: name, path };
  } catch (error) {
    const type = failureTypeOf(error);
    if (!(error instanceof Error) || type === undefined) throw error;
    return { role, pod: name, path, fault: plainLine(error.message, 120), ...(type === 'NotAuthorized' && { refused: error }) };
  }
}
