import { z } from 'zod';
import type { ClusterAccess } from '../cluster-access';
import type { Probe } from '../probe';
import { labelsOf } from '../workload';
import { absenceOf } from './absence';
import type { KubernetesObject } from './gateway';
import { namespacesOf, ROLES_INPUT, some, targetsAmong } from '../survey';

const INPUT = z.strictObject({ targets: ROLES_INPUT });
const SERVICES: ReadonlySet<string> = new Set(['Service']);

interface ServiceView {
  name: string;
  selected: number;
  ready: number;
  notReady: number;
}

/** "Service endpoints present": every Service at once, by its EndpointSlices (the Endpoints API is deprecated). */
export const endpointsProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.endpoints',
  title: 'The ready endpoints of all Services at once, compared with the pods that they select',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'none of the roles is a Service of this cluster' },
    services: { type: 'number', unit: 'count', text: 'Services that select pods' },
    absent: { type: 'list', text: 'roles whose Service should be there and is not' },
    withoutReady: { type: 'list', text: 'Services that lead nowhere: no ready endpoint' },
    incomplete: { type: 'list', text: 'Services of which a selected pod is no ready endpoint' },
    readyAddresses: { type: 'number', unit: 'count', text: 'ready addresses of all of them' },
  },
  rbac: [
    { apiGroup: '', resources: ['services', 'pods'], verbs: ['list'], names: 'any' },
    { apiGroup: 'discovery.k8s.io', resources: ['endpointslices'], verbs: ['list'] },
  ],
  async ask(access, { targets: roles }) {
    const wanted = targetsAmong(access, roles, SERVICES);
    const views = (await Promise.all(namespacesOf(access).map((namespace) => servicesOf(access, namespace)))).flat();
    const missing = wanted.filter(({ target }) => !views.some(({ key }) => key === `${target.namespace}/${target.name}`));
    const absences = await Promise.all(missing.map(async (item) => ({ role: item.role, absence: await absenceOf(access, item) })));
    const absent = absences.filter(({ absence }) => absence === 'absent').map(({ role }) => role);
    const named = new Set(wanted.map(({ target }) => `${target.namespace}/${target.name}`));
    const shown = views.filter(({ key, selects }) => selects && (roles === undefined || named.has(key))).map(({ view }) => view);
    const withoutReady = shown.filter(({ ready }) => ready === 0).map(({ name }) => name);
    const incomplete = shown.filter(({ ready, selected }) => ready < selected).map(({ name }) => name);
    return {
      fields: { notApplicable: shown.length === 0 && absent.length === 0, services: shown.length, absent, withoutReady, incomplete, readyAddresses: shown.reduce((total, { ready }) => total + ready, 0) },
      summary: sentence(shown, withoutReady, incomplete, absent),
      table: { columns: ['service', 'ready', 'not ready', 'pods selected'], rows: [...shown].sort((a, b) => a.ready - b.ready).map(({ name, ready, notReady, selected }) => [name, String(ready), String(notReady), String(selected)]) },
    };
  },
};

function sentence(shown: readonly ServiceView[], withoutReady: readonly string[], incomplete: readonly string[], absent: readonly string[]): string {
  const partly = incomplete.filter((name) => !withoutReady.includes(name));
  const parts = [
    ...(absent.length > 0 ? [`there is no Service for ${some(absent)}`] : []),
    ...(withoutReady.length > 0 ? [`no ready endpoint behind ${some(withoutReady)}`] : []),
    ...(partly.length > 0 ? [`fewer than selected behind ${some(partly)}`] : []),
  ];
  return parts.length === 0 ? `All ${shown.length} Services lead to every pod that they select.` : `Of ${shown.length} Services: ${parts.join('; ')}.`;
}

async function servicesOf(access: ClusterAccess, namespace: string): Promise<Array<{ key: string; selects: boolean; view: ServiceView }>> {
  const [services, slices, pods] = await Promise.all([
    access.kubernetes.list({ apiVersion: 'v1', kind: 'Service' }, namespace),
    access.kubernetes.list({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' }, namespace),
    access.kubernetes.list({ apiVersion: 'v1', kind: 'Pod' }, namespace),
  ]);
  return services.map((service) => {
    const { name } = service.metadata;
    const { selector = {} } = (service['spec'] ?? {}) as { selector?: Record<string, string> };
    const wanted = Object.entries(selector);
    const selects = (pod: KubernetesObject) => wanted.every(([key, value]) => labelsOf(pod)[key] === value) && pod.metadata['deletionTimestamp'] === undefined;
    const { ready, others } = addressesOf(slices.filter((slice) => labelsOf(slice)['kubernetes.io/service-name'] === name));
    return { key: `${namespace}/${name}`, selects: wanted.length > 0, view: { name, selected: wanted.length > 0 ? pods.filter(selects).length : 0, ready: ready.size, notReady: [...others].filter((address) => !ready.has(address)).length } };
  });
}

function addressesOf(slices: readonly KubernetesObject[]): { ready: Set<string>; others: Set<string> } {
  const endpoints = slices.flatMap((slice) => (slice as unknown as { endpoints?: Array<{ addresses?: string[]; conditions?: { ready?: boolean } }> }).endpoints ?? []);
  const of = (isReady: boolean) => new Set(endpoints.filter(({ conditions }) => (conditions?.ready !== false) === isReady).flatMap(({ addresses }) => addresses ?? []));
  return { ready: of(true), others: of(false) };
}
