import { z } from 'zod';
import { failure, type JsonObject } from '../../workflows/contracts';
import type { Probe, ProbeAnswer } from '../probe';
import { bytesOf, showBytes } from '../quantity';
import type { KubernetesObject } from './gateway';
import { coresOf, resourceUse, type ResourceUse, type Use } from './resource-use';
import { namespacesOf, some } from '../survey';

/** Of a limit or a node's allocatable: beyond this somebody should look. */
const NEAR = 0.9;
/** Kubelets begin to evict at 10 % free (nodefs.available). */
const DISK_SHORT = 0.15;

interface Row {
  name: string;
  use: Use;
  cpuRatio: number | undefined;
  memoryRatio: number | undefined;
}

/** `kubectl top pods` and `top nodes`, with limits beside them. */
export const usageProbe: Probe<object> = {
  use: 'kubernetes.usage',
  title: 'CPU and memory that pods and nodes use, against their limits (metrics API, else kubelets)',
  input: z.strictObject({}),
  fields: {
    source: { type: 'text', text: 'who said it: "metrics API" or "kubelet"' },
    pods: { type: 'number', unit: 'count', text: 'pods whose use is known' },
    nodes: { type: 'number', unit: 'count', text: 'nodes whose use is known' },
    known: { type: 'boolean', text: 'the CPU or memory of at least one pod or node is known' },
    podsNearMemoryLimit: { type: 'list', text: 'pods that use more than 90 % of their memory limit' },
    podsNearCpuLimit: { type: 'list', text: 'pods that use more than 90 % of their CPU limit' },
    nodesShortOfMemory: { type: 'list', text: 'nodes that use more than 90 % of their memory' },
    nodesShortOfCpu: { type: 'list', text: 'nodes that use more than 90 % of their CPU' },
    nodesShortOfDisk: { type: 'list', text: 'nodes with less than 15 % of their disk free, where the kubelet says so' },
    highestMemoryRatio: { type: 'number|null', unit: 'ratio', text: 'the largest share of a memory limit in use; null when no pod has one or its use is not known' },
    silentNodes: { type: 'list', text: 'nodes whose kubelet did not answer' },
  },
  rbac: [
    { apiGroup: '', resources: ['pods', 'nodes'], verbs: ['list'] },
    { apiGroup: '', resources: ['nodes/proxy'], verbs: ['get'] },
    { apiGroup: 'metrics.k8s.io', resources: ['pods', 'nodes'], verbs: ['list'] },
  ],
  async ask(access) {
    const { kubernetes } = access;
    const namespaces = namespacesOf(access);
    const [nodes, ...lists] = await Promise.all([kubernetes.list({ apiVersion: 'v1', kind: 'Node' }, ''), ...namespaces.map((namespace) => kubernetes.list({ apiVersion: 'v1', kind: 'Pod' }, namespace))]);
    const use = await resourceUse(access, namespaces, nodes.map(({ metadata }) => metadata.name));
    const pods = lists.flat().flatMap((pod): Row[] => rowOf(`${pod.metadata.namespace}/${pod.metadata.name}`, pod.metadata.name, use.pods, limitsOf(pod)));
    const machines = nodes.flatMap((node): Row[] => rowOf(node.metadata.name, node.metadata.name, use.nodes, allocatableOf(node)));
    const known = [...pods, ...machines].some(({ use: { cores, bytes } }) => cores !== undefined || bytes !== undefined);
    if (!known) throw failure('UpstreamUnavailable', `Neither the metrics API nor a kubelet says what pods and nodes use (asked: ${use.source}); install metrics-server, or allow nodes/proxy`);
    return answer(use, pods, machines);
  },
};

function answer(use: ResourceUse, pods: readonly Row[], machines: readonly Row[]): ProbeAnswer {
  const near = (rows: readonly Row[], ratio: 'cpuRatio' | 'memoryRatio') => rows.filter((row) => (row[ratio] ?? 0) > NEAR).map(({ name }) => name);
  const byMemory = [...pods].sort((a, b) => (b.memoryRatio ?? -1) - (a.memoryRatio ?? -1) || (b.use.bytes ?? 0) - (a.use.bytes ?? 0));
  const nodesShortOfDisk = [...use.nodes].filter(([, { diskFreeRatio }]) => diskFreeRatio !== undefined && diskFreeRatio < DISK_SHORT).map(([name]) => name);
  const fields = {
    source: use.source,
    pods: pods.length,
    nodes: machines.length,
    known: true,
    podsNearMemoryLimit: near(pods, 'memoryRatio'),
    podsNearCpuLimit: near(pods, 'cpuRatio'),
    nodesShortOfMemory: near(machines, 'memoryRatio'),
    nodesShortOfCpu: near(machines, 'cpuRatio'),
    nodesShortOfDisk,
    highestMemoryRatio: byMemory[0]?.memoryRatio ?? null,
    silentNodes: use.silent,
  };
  return { fields, summary: sentence(fields, byMemory, use), table: { columns: ['what', 'cpu', 'of its CPU', 'memory', 'of its memory'], rows: [...machines, ...byMemory].map(toRow) } };
}

type Lists = Record<'podsNearMemoryLimit' | 'podsNearCpuLimit' | 'nodesShortOfMemory' | 'nodesShortOfCpu' | 'nodesShortOfDisk', string[]>;

function sentence(fields: Lists, byMemory: readonly Row[], use: ResourceUse): string {
  const tight = [
    ['pods near their memory limit', fields.podsNearMemoryLimit], ['pods near their CPU limit', fields.podsNearCpuLimit], ['nodes short of memory', fields.nodesShortOfMemory],
    ['nodes short of CPU', fields.nodesShortOfCpu], ['nodes short of disk', fields.nodesShortOfDisk],
  ] as const;
  const said = tight.filter(([, names]) => names.length > 0).map(([what, names]) => `${what}: ${some(names)}`);
  const [first] = byMemory;
  const most = first?.memoryRatio === undefined ? 'no pod has a memory limit' : `the most of a memory limit is used by ${first.name}: ${percent(first.memoryRatio)}`;
  const silent = use.silent.length > 0 ? `; no answer from the kubelet of ${some(use.silent)}` : '';
  return `${said.length > 0 ? said.join('; ') : `No pod and no node is near its limits; ${most}`}${silent} (${use.source}).`;
}

function rowOf(key: string, name: string, uses: ReadonlyMap<string, Use>, most: Use): Row[] {
  const use = uses.get(key);
  if (!use) return [];
  const ratio = (used: number | undefined, limit: number | undefined) => (used === undefined || !limit ? undefined : used / limit);
  return [{ name, use, cpuRatio: ratio(use.cores, most.cores), memoryRatio: ratio(use.bytes, most.bytes) }];
}

/** A pod's limits; undefined where one of its containers has none, because that one may take what it likes. */
function limitsOf(pod: KubernetesObject): Use {
  const { containers = [] } = (pod['spec'] ?? {}) as { containers?: Array<{ resources?: { limits?: JsonObject } }> };
  const sum = (of: (limits: JsonObject | undefined) => number | undefined) => containers.reduce<number | undefined>((total, { resources }) => {
    const limit = of(resources?.limits);
    return total === undefined || limit === undefined ? undefined : total + limit;
  }, containers.length > 0 ? 0 : undefined);
  return { cores: sum((limits) => (limits?.['cpu'] === undefined ? undefined : coresOf(limits['cpu']))), bytes: sum((limits) => (limits?.['memory'] === undefined ? undefined : bytesOf(limits['memory']))) };
}

function allocatableOf(node: KubernetesObject): Use {
  const { allocatable } = (node['status'] ?? {}) as { allocatable?: JsonObject };
  return { cores: coresOf(allocatable?.['cpu']), bytes: bytesOf(allocatable?.['memory']) };
}

function toRow({ name, use: { cores, bytes }, cpuRatio, memoryRatio }: Row): string[] {
  return [name, cores === undefined ? 'unknown' : `${Math.round(cores * 1000)}m`, cpuRatio === undefined ? 'no limit' : percent(cpuRatio), bytes === undefined ? 'unknown' : showBytes(bytes), memoryRatio === undefined ? 'no limit' : percent(memoryRatio)];
}

function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}
