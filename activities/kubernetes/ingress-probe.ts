import { z } from 'zod';
import { targetOf, type ClusterAccess } from '../cluster-access';
import type { Probe, ProbeAnswer } from '../probe';
import { changesTowards } from './changes';
import type { KubernetesObject } from './gateway';

const INPUT = z.strictObject({ target: z.string().default('grafanaIngress').describe('Role of an Ingress.') });

interface Backend {
  service?: { name?: string; port?: { number?: number; name?: string } };
}
interface IngressSpec {
  ingressClassName?: string;
  rules?: Array<{ host?: string; http?: { paths?: Array<{ backend?: Backend }> } }>;
  defaultBackend?: Backend;
}

/** Is an Ingress there, as it should be, of a class that exists, and does it lead to a Service's port that exists? */
export const ingressProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.ingress',
  title: 'An Ingress: its existence, class, hosts and backends, compared with the desired state',
  input: INPUT,
  fields: {
    exists: { type: 'boolean', text: 'the Ingress is there' },
    desiredKnown: { type: 'boolean', text: 'the desired state says how it should be' },
    matchesDesired: { type: 'boolean|null', text: 'it is as the desired state says; null when that is not known' },
    changedPaths: { type: 'list', text: 'fields that differ from the desired state' },
    hosts: { type: 'list', text: 'hosts that it has rules for' },
    ingressClass: { type: 'text|null', text: 'its class' },
    classExists: { type: 'boolean|null', text: 'the cluster has such a class; null when it names none' },
    backendsExist: { type: 'boolean|null', text: 'every Service and port that it leads to is there' },
    addressed: { type: 'boolean|null', text: 'a controller has given it an address' },
  },
  rbac: [
    { apiGroup: 'networking.k8s.io', resources: ['ingresses'], verbs: ['get'] },
    { apiGroup: 'networking.k8s.io', resources: ['ingressclasses'], verbs: ['get'] },
    // The Services that it names, which may be any.
    { apiGroup: '', resources: ['services'], verbs: ['get'], names: 'any' },
  ],
  async ask(access, { target: role }) {
    const target = targetOf(access, role);
    const name = `Ingress ${target.namespace}/${target.name}`;
    const [ingress, desired] = await Promise.all([access.kubernetes.read(target), access.desiredState.find(target)]);
    if (!ingress) return { fields: { ...ABSENT, desiredKnown: desired !== undefined, matchesDesired: desired ? false : null }, summary: `There is no ${name}${desired ? `, but ${desired.source} has one` : ''}.` };
    const spec = (ingress['spec'] ?? {}) as IngressSpec;
    const changes = desired && changesTowards(desired.manifest, ingress);
    const [classExists, backendsExist] = await Promise.all([hasClass(access, spec.ingressClassName), haveBackends(access, target.namespace, spec)]);
    const hosts = (spec.rules ?? []).flatMap(({ host }) => (host ? [host] : []));
    return {
      fields: {
        exists: true, desiredKnown: desired !== undefined, matchesDesired: changes ? changes.length === 0 : null, changedPaths: (changes ?? []).map(({ path }) => path), hosts,
        ingressClass: spec.ingressClassName ?? null, classExists, backendsExist, addressed: isAddressed(ingress),
      },
      summary: `${name} is there for ${hosts.join(', ') || 'any host'}, of the class ${spec.ingressClassName ?? '(default)'}${classExists === false ? ', which does not exist' : ''}${backendsExist ? '' : '; a Service or port that it leads to does not exist'}${changes && changes.length > 0 ? `; it differs from ${desired.source}` : ''}.`,
    };
  },
};

const ABSENT: ProbeAnswer['fields'] = { exists: false, changedPaths: [], hosts: [], ingressClass: null, classExists: null, backendsExist: null, addressed: null };

async function hasClass({ kubernetes }: ClusterAccess, name: string | undefined): Promise<boolean | null> {
  return name === undefined ? null : (await kubernetes.read({ apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', namespace: '', name })) !== undefined;
}

async function haveBackends({ kubernetes }: ClusterAccess, namespace: string, { rules = [], defaultBackend }: IngressSpec): Promise<boolean> {
  const backends = [...rules.flatMap(({ http }) => (http?.paths ?? []).map(({ backend }) => backend)), defaultBackend].flatMap((backend) => (backend?.service?.name ? [backend.service] : []));
  const found = await Promise.all(backends.map(async ({ name = '', port }) => {
    const service = await kubernetes.read({ apiVersion: 'v1', kind: 'Service', namespace, name });
    const ports = ((service?.['spec'] ?? {}) as { ports?: Array<{ name?: string; port: number }> }).ports ?? [];
    return ports.some((candidate) => (port?.number === undefined ? candidate.name === port?.name : candidate.port === port.number));
  }));
  return found.length > 0 && found.every(Boolean);
}

function isAddressed(ingress: KubernetesObject): boolean {
  const status = (ingress['status'] ?? {}) as { loadBalancer?: { ingress?: unknown[] } };
  return (status.loadBalancer?.ingress ?? []).length > 0;
}
