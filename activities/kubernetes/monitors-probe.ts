import { z } from 'zod';
import { failureTypeOf } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import { targetOf } from '../cluster-access';
import type { Probe } from '../probe';
import { plainLine } from '../redact';
import { labelsOf, unique } from '../workload';
import { changesTowards } from './changes';
import type { KubernetesObject, ObjectType } from './gateway';

const INPUT = z.strictObject({
  monitors: z.array(z.string()).default(['nodeExporterMonitor', 'kubeStateMetricsMonitor']).describe('Roles of ServiceMonitors and PodMonitors that there should be.'),
});

const GROUP = 'monitoring.coreos.com';
const MONITORS = { ServiceMonitor: 'serviceMonitorSelector', PodMonitor: 'podMonitorSelector' } as const;
const RESOURCES: ObjectType[] = [{ apiVersion: `${GROUP}/v1alpha1`, kind: 'PrometheusAgent' }, { apiVersion: `${GROUP}/v1`, kind: 'Prometheus' }];
/** How the operator says that it leaves a monitor out. */
const REJECTED_EVENT = /InvalidConfiguration|Rejected|SelectionFailed/;

interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: Array<{ key: string; operator: string; values?: string[] }>;
}

/** Why a job is not in the agent's configuration although somebody wrote a monitor for it (prometheus-operator's troubleshooting guide). */
export const monitorsProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.monitors',
  title: 'ServiceMonitors and PodMonitors: missing, not selected by the agent’s resource, rejected by the operator, or naming a port that no Service has',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'the cluster has no such kinds: the agent is configured by a file' },
    monitors: { type: 'number', unit: 'count', text: 'monitors there are' },
    missing: { type: 'list', text: 'roles of monitors that the desired state has and the cluster does not' },
    differing: { type: 'list', text: 'roles of monitors that are not as the desired state says' },
    selectors: { type: 'number', unit: 'count', text: 'Prometheus and PrometheusAgent resources whose selectors were compared' },
    unselected: { type: 'list', text: 'monitors whose labels no such resource selects' },
    rejected: { type: 'list', text: 'monitors that the operator rejects' },
    portMissing: { type: 'list', text: 'ServiceMonitors of which no endpoint names a port of a Service that they select' },
    matchNoService: { type: 'list', text: 'ServiceMonitors whose selector matches no Service' },
  },
  rbac: [
    { apiGroup: GROUP, resources: ['servicemonitors', 'podmonitors'], verbs: ['get'] },
    // All that there are, also where none of them is configured as a target.
    { apiGroup: GROUP, resources: ['servicemonitors', 'podmonitors'], verbs: ['list'], names: 'any' },
    { apiGroup: GROUP, resources: ['prometheusagents', 'prometheuses'], verbs: ['list'] },
    { apiGroup: '', resources: ['services', 'events'], verbs: ['list'], names: 'any' },
  ],
  async ask(access, { monitors: roles }) {
    const { namespace } = access.config;
    const lists = await Promise.all(Object.keys(MONITORS).map((kind) => listIfKnown(access, { apiVersion: `${GROUP}/v1`, kind }, namespace)));
    if (lists.every((list) => list === undefined)) return { fields: { ...NONE, notApplicable: true }, summary: 'This cluster has no ServiceMonitors or PodMonitors: the agent is configured by a file.' };
    const monitors = lists.flatMap((list) => list ?? []);
    const [resources, services, events, drifts] = await Promise.all([
      Promise.all(RESOURCES.map((type) => listIfKnown(access, type, namespace))).then((found) => found.flatMap((list) => list ?? [])),
      access.kubernetes.list({ apiVersion: 'v1', kind: 'Service' }, namespace),
      access.kubernetes.list({ apiVersion: 'v1', kind: 'Event' }, namespace),
      Promise.all(roles.filter((role) => Object.hasOwn(access.config.targets, role)).map(async (role) => ({ role, drift: await driftOf(access, role) }))),
    ]);
    const names = (matches: (monitor: KubernetesObject) => boolean) => monitors.filter(matches).map(nameOf);
    const serviceMonitors = monitors.filter(({ kind }) => kind === 'ServiceMonitor');
    const fields = {
      notApplicable: false, monitors: monitors.length,
      missing: drifts.filter(({ drift }) => drift === 'missing').map(({ role }) => role),
      differing: drifts.filter(({ drift }) => drift === 'differs').map(({ role }) => role),
      selectors: resources.length,
      unselected: resources.length === 0 ? [] : names((monitor) => !resources.some((resource) => selects(resource, monitor))),
      rejected: names((monitor) => isRejected(monitor, events)),
      portMissing: serviceMonitors.filter((monitor) => servicesOf(monitor, services).length > 0 && !namesAPort(monitor, servicesOf(monitor, services))).map(nameOf),
      matchNoService: serviceMonitors.filter((monitor) => servicesOf(monitor, services).length === 0).map(nameOf),
    };
    return { fields, summary: summarize(fields), table: { columns: ['monitor', 'labels', 'says'], rows: monitors.map((monitor) => [nameOf(monitor), JSON.stringify(labelsOf(monitor)), plainLine(saidOf(monitor, events), 120)]) } };
  },
};

const NONE = { monitors: 0, missing: [], differing: [], selectors: 0, unselected: [], rejected: [], portMissing: [], matchNoService: [] };

function summarize({ monitors, missing, differing, unselected, rejected, portMissing, matchNoService }: { monitors: number } & Record<'missing' | 'differing' | 'unselected' | 'rejected' | 'portMissing' | 'matchNoService', string[]>): string {
  const said = [['missing', missing], ['not as the desired state says', differing], ['not selected', unselected], ['rejected by the operator', rejected], ['naming a port that no Service has', portMissing], ['matching no Service', matchNoService]] as const;
  const faults = said.filter(([, names]) => names.length > 0).map(([what, names]) => `${what}: ${names.join(', ')}`);
  return faults.length === 0 ? `All ${monitors} monitors are selected and lead to a Service.` : `Of ${monitors} monitors: ${faults.join('; ')}.`;
}

/** Undefined where the cluster does not know the kind. */
async function listIfKnown({ kubernetes }: ClusterAccess, type: ObjectType, namespace: string): Promise<KubernetesObject[] | undefined> {
  return kubernetes.list(type, namespace).catch((error: unknown) => {
    if (failureTypeOf(error) === 'TargetNotFound') return undefined;
    throw error;
  });
}

async function driftOf(access: ClusterAccess, role: string): Promise<'missing' | 'differs' | undefined> {
  const target = targetOf(access, role);
  const desired = await access.desiredState.find(target);
  if (!desired) return undefined;
  const live = await access.kubernetes.read(target);
  if (!live) return 'missing';
  return changesTowards(desired.manifest, live).length > 0 ? 'differs' : undefined;
}

/** An absent selector selects nothing, an empty one everything (prometheus-operator API reference). */
function selects(resource: KubernetesObject, monitor: KubernetesObject): boolean {
  const selector = ((resource['spec'] ?? {}) as Record<string, Selector | undefined>)[MONITORS[monitor.kind as keyof typeof MONITORS]];
  return selector !== undefined && matches(selector, labelsOf(monitor));
}

function matches({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Record<string, string>): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value) && matchExpressions.every(({ key, operator, values = [] }) => {
    const value = labels[key];
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    const among = value !== undefined && values.includes(value);
    return operator === 'In' ? among : !among;
  });
}

function servicesOf(monitor: KubernetesObject, services: readonly KubernetesObject[]): KubernetesObject[] {
  const selector = ((monitor['spec'] ?? {}) as { selector?: Selector }).selector ?? {};
  return services.filter((service) => matches(selector, labelsOf(service)));
}

/** A monitor names a Service's port by its name, or a pod's by `targetPort`, of which a Service need not know. */
function namesAPort(monitor: KubernetesObject, services: readonly KubernetesObject[]): boolean {
  const endpoints = ((monitor['spec'] ?? {}) as { endpoints?: Array<{ port?: string; targetPort?: string | number }> }).endpoints ?? [];
  const ports = services.flatMap((service) => ((service['spec'] ?? {}) as { ports?: Array<{ name?: string }> }).ports ?? []).map(({ name }) => name);
  return endpoints.length === 0 || endpoints.some(({ port, targetPort }) => targetPort !== undefined || ports.includes(port));
}

/** By the operator's event, or by the conditions that it writes into a monitor's status (feature gate, 0.86 and later). */
function isRejected(monitor: KubernetesObject, events: readonly KubernetesObject[]): boolean {
  return saidOf(monitor, events) !== '';
}

function saidOf(monitor: KubernetesObject, events: readonly KubernetesObject[]): string {
  const said = events.find((event) => {
    const { involvedObject, type, reason = '' } = event as unknown as { involvedObject?: { kind?: string; name?: string }; type?: string; reason?: string };
    return type === 'Warning' && involvedObject?.kind === monitor.kind && involvedObject.name === monitor.metadata.name && REJECTED_EVENT.test(reason);
  });
  const bindings = ((monitor['status'] ?? {}) as { bindings?: Array<{ conditions?: Array<{ type: string; status: string; message?: string }> }> }).bindings ?? [];
  const refused = bindings.flatMap(({ conditions = [] }) => conditions).find(({ type, status }) => type === 'Accepted' && status === 'False');
  return String((said as { message?: string } | undefined)?.message ?? refused?.message ?? (refused ? 'not accepted' : ''));
}

function nameOf({ kind, metadata }: KubernetesObject): string {
  return unique([kind, metadata.name]).join(' ');
}
