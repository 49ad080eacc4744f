import { z } from 'zod';
import { failureTypeOf } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import { NO_DESIRED_STATE } from '../desired-state';
import type { Probe } from '../probe';
import { plainLine } from '../redact';
import { changesTowards } from './changes';
import { nameOf, ROLES_INPUT, some, targetsAmong, type RoleTarget } from '../survey';

const INPUT = z.strictObject({ targets: ROLES_INPUT });

/** Not Secrets: `kubernetes.secret` compares those, by keyed digests. */
const KINDS: ReadonlySet<string> = new Set(['ConfigMap', 'Service', 'Ingress', 'StatefulSet', 'Deployment', 'DaemonSet']);

type Standing = { state: 'same' } | { state: 'differs'; paths: string[] } | { state: 'absent' } | { state: 'nobody says' } | { state: 'cannot say'; why: string };
type Compared = RoleTarget & Standing & { source: string };

/** "ConfigMap and Secret consistency": is everything as the desired state says it should be? */
export const consistencyProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.consistency',
  title: 'ConfigMaps, Services, Ingresses and workloads compared with the desired state',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'no desired state is configured, so nothing can be compared' },
    compared: { type: 'number', unit: 'count', text: 'objects of which the desired state says how they should be' },
    differing: { type: 'list', text: 'objects that differ from it: "ConfigMap thanos-receive-hashring"' },
    differingRoles: { type: 'list', text: 'roles of those' },
    absent: { type: 'list', text: 'objects that it has and the cluster has not' },
    undecided: { type: 'list', text: 'objects that could not be compared' },
  },
  rbac: [
    { apiGroup: 'apps', resources: ['statefulsets', 'deployments', 'daemonsets'], verbs: ['get'] },
    { apiGroup: '', resources: ['services', 'configmaps'], verbs: ['get'] },
    { apiGroup: 'networking.k8s.io', resources: ['ingresses'], verbs: ['get'] },
  ],
  async ask(access, { targets: roles }) {
    if (access.desiredState === NO_DESIRED_STATE) {
      return { fields: { notApplicable: true, compared: 0, differing: [], differingRoles: [], absent: [], undecided: [] }, summary: 'No desired state is configured, so nothing says how objects should be.' };
    }
    const all = await Promise.all(targetsAmong(access, roles, KINDS).map((item) => compare(access, item)));
    const compared = all.filter(({ state }) => state !== 'nobody says');
    const named = (state: Standing['state']) => compared.filter((item) => item.state === state).map(({ target }) => nameOf(target));
    const [differing, absent, undecided] = [named('differs'), named('absent'), named('cannot say')];
    return {
      fields: { notApplicable: false, compared: compared.length, differing, differingRoles: compared.filter(({ state }) => state === 'differs' || state === 'absent').map(({ role }) => role), absent, undecided },
      summary: sentence(compared.length, differing, absent, undecided),
      ...(compared.length > 0 && { table: { columns: ['object', 'standing', 'fields', 'compared with'], rows: [...compared].sort((a, b) => Number(a.state === 'same') - Number(b.state === 'same')).map(toRow) } }),
    };
  },
};

async function compare({ kubernetes, desiredState }: ClusterAccess, item: RoleTarget): Promise<Compared> {
  try {
    const desired = await desiredState.find(item.target);
    if (!desired) return { ...item, state: 'nobody says', source: '' };
    const live = await kubernetes.read(item.target);
    if (!live) return { ...item, state: 'absent', source: desired.source };
    const paths = changesTowards(desired.manifest, live).map(({ path }) => path);
    return { ...item, ...(paths.length > 0 ? { state: 'differs', paths } : { state: 'same' }), source: desired.source };
  } catch (error) {
    // Two manifests for one object: the others can be compared all the same.
    if (failureTypeOf(error) !== 'InvalidInput' || !(error instanceof Error)) throw error;
    return { ...item, state: 'cannot say', why: error.message, source: '' };
  }
}

function sentence(compared: number, differing: readonly string[], absent: readonly string[], undecided: readonly string[]): string {
  const parts = [
    ...(absent.length > 0 ? [`missing: ${some(absent)}`] : []),
    ...(differing.length > 0 ? [`different: ${some(differing)}`] : []),
    ...(undecided.length > 0 ? [`not comparable: ${some(undecided)}`] : []),
  ];
  return parts.length === 0 ? `All ${compared} objects are as the desired state says.` : `Of ${compared} objects in the desired state: ${parts.join('; ')}.`;
}

function toRow(item: Compared): string[] {
  const detail = item.state === 'differs' ? item.paths.slice(0, 4).join(', ') : item.state === 'cannot say' ? plainLine(item.why, 120) : '';
  return [nameOf(item.target), item.state, detail, item.source];
}
