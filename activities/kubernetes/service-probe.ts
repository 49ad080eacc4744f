import { z } from 'zod';
import { targetOf, type ClusterAccess } from '../cluster-access';
import type { Target } from '../clusters';
import type { Probe } from '../probe';
import { labelsOf } from '../workload';
import { changesTowards } from './changes';
import type { KubernetesObject } from './gateway';

const INPUT = z.strictObject({ target: z.string().describe('Role of a Service.') });

interface ServicePort {
  name?: string;
  port: number;
}
interface Slice {
  endpoints?: Array<{ addresses?: string[]; conditions?: { ready?: boolean } }>;
}

/** Is a Service there, as it should be, and does it lead anywhere? */
export const serviceProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.service',
  title: 'A Service: its existence, ports, selector and ready endpoints, compared with the desired state',
  input: INPUT,
  fields: {
    exists: { type: 'boolean', text: 'the Service is there' },
    portsPresent: { type: 'boolean|null', text: 'it has every port that the configuration names for writes; null when it is not there' },
    selectedPods: { type: 'number', unit: 'count', text: 'pods that its selector matches, ready or not' },
    readyEndpoints: { type: 'number', unit: 'count', text: 'addresses that its EndpointSlices call ready' },
    desiredKnown: { type: 'boolean', text: 'the desired state says how it should be' },
    matchesDesired: { type: 'boolean|null', text: 'it is as the desired state says; null when that is not known' },
    changedPaths: { type: 'list', text: 'fields that differ from the desired state' },
  },
  rbac: [
    { apiGroup: '', resources: ['services'], verbs: ['get'] },
    { apiGroup: '', resources: ['pods'], verbs: ['list'] },
    { apiGroup: 'discovery.k8s.io', resources: ['endpointslices'], verbs: ['list'] },
  ],
  async ask(access, { target: role }) {
    const target = targetOf(access, role);
    const [service, desired] = await Promise.all([access.kubernetes.read(target), access.desiredState.find(target)]);
    const name = `Service ${target.namespace}/${target.name}`;
    if (!service) {
      return {
        fields: { exists: false, portsPresent: null, selectedPods: 0, readyEndpoints: 0, desiredKnown: desired !== undefined, matchesDesired: desired ? false : null, changedPaths: [] },
        summary: `There is no ${name}${desired ? `, but ${desired.source} has one` : ''}.`,
      };
    }
    const [selectedPods, readyEndpoints] = await Promise.all([countSelected(access, target, service), countReady(access, target)]);
    const changes = desired && changesTowards(desired.manifest, service);
    return {
      fields: {
        exists: true,
        portsPresent: hasPort(service, target),
        selectedPods,
        readyEndpoints,
        desiredKnown: desired !== undefined,
        matchesDesired: changes ? changes.length === 0 : null,
        changedPaths: (changes ?? []).map(({ path }) => path),
      },
      summary: `${name} is there and has ${readyEndpoints} ready endpoint${readyEndpoints === 1 ? '' : 's'}; its selector matches ${selectedPods} pod${selectedPods === 1 ? '' : 's'}${changes && changes.length > 0 ? `; it differs from ${desired.source}` : ''}.`,
    };
  },
};

function hasPort(service: KubernetesObject, target: Target): boolean {
  const ports = ((service['spec'] as { ports?: ServicePort[] } | undefined)?.ports ?? []).map(({ port }) => port);
  const wanted = target.ports['write'] === undefined ? Object.values(target.ports) : [target.ports['write']];
  return wanted.every((port) => ports.includes(port));
}

async function countSelected(access: ClusterAccess, target: Target, service: KubernetesObject): Promise<number> {
  const selector = (service['spec'] as { selector?: Record<string, string> } | undefined)?.selector;
  if (!selector || Object.keys(selector).length === 0) return 0;
  const pods = await access.kubernetes.list({ apiVersion: 'v1', kind: 'Pod' }, target.namespace, selector);
  return pods.filter((pod) => Object.entries(selector).every(([key, value]) => labelsOf(pod)[key] === value)).length;
}

async function countReady(access: ClusterAccess, target: Target): Promise<number> {
  const slices = await access.kubernetes.list({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' }, target.namespace, { 'kubernetes.io/service-name': target.name });
  const ready = slices.flatMap((slice) => (slice as unknown as Slice).endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
  return new Set(ready.flatMap(({ addresses }) => addresses ?? [])).size;
}
