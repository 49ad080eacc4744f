import { z } from 'zod';
import { failureTypeOf } from '../../workflows/contracts';
import { portOf, targetOf } from '../cluster-access';
import type { Probe } from '../probe';
import { pageOf } from '../program-json';
import { findWorkload, READS_WORKLOAD } from '../workload';

const INPUT = z.strictObject({ target: z.string().default('grafana').describe('Role of Grafana.') });
const HEALTH = z.looseObject({ database: z.string(), version: z.string().default('') });

/** Is Grafana itself well, asked past Ingress and Service? What stands between users and it is not its fault then. */
export const grafanaHealthProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'grafana.health',
  title: 'Grafana’s own health, asked of its pods through the API server, past Ingress and Service',
  input: INPUT,
  fields: {
    running: { type: 'number', unit: 'count', text: 'pods that run' },
    healthy: { type: 'number', unit: 'count', text: 'of those, the ones that answer and have their database' },
    silent: { type: 'number', unit: 'count', text: 'of those, the ones that do not answer, or answer that they are not well' },
    version: { type: 'text|null', text: 'version of the first that answers' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] }],
  async ask(access, { target: role }) {
    const target = targetOf(access, role);
    const running = ((await findWorkload(access, target))?.pods ?? []).filter((pod) => pod.running && pod.state !== 'terminating');
    const answers = await Promise.all(running.map(({ name }) =>
      pageOf(access, { namespace: target.namespace, pod: name, port: portOf(target, 'http'), path: '/api/health' }, HEALTH).catch((error: unknown) => {
        // 503 is how it says that its database is away; a refused connection, that it does not listen.
        if (failureTypeOf(error) === 'UpstreamUnavailable') return undefined;
        throw error;
      })));
    const healthy = answers.filter((answer) => answer?.database === 'ok').length;
    return {
      fields: { running: running.length, healthy, silent: running.length - healthy, version: answers.find((answer) => answer?.version)?.version ?? null },
      summary: running.length === 0 ? 'No pod of Grafana runs.' : `${healthy} of ${running.length} pods of Grafana that run answer that they and their database are well.`,
    };
  },
};
