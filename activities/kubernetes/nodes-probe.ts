import { z } from 'zod';
import type { Probe } from '../probe';
import type { KubernetesObject } from './gateway';
import { some } from '../survey';

interface NodeStatus {
  conditions?: Array<{ type: string; status: string; reason?: string; lastTransitionTime?: string }>;
  allocatable?: { cpu?: string; memory?: string };
}

/** Conditions of a node that say, when true, that something is short or wrong. */
const PRESSURES: ReadonlySet<string> = new Set(['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable']);

/** Are the machines there: one that is not takes everything on it along. */
export const nodesProbe: Probe<object> = {
  use: 'kubernetes.nodes',
  title: 'The nodes: which are not ready, short of something, or closed to new pods',
  input: z.strictObject({}),
  fields: {
    nodes: { type: 'number', unit: 'count', text: 'nodes of the cluster' },
    notReady: { type: 'list', text: 'nodes that are not Ready' },
    pressure: { type: 'list', text: 'what nodes are short of: "node-2 MemoryPressure"' },
    cordoned: { type: 'list', text: 'nodes that take no new pods' },
  },
  rbac: [{ apiGroup: '', resources: ['nodes'], verbs: ['list'] }],
  async ask({ kubernetes }) {
    const nodes = await kubernetes.list({ apiVersion: 'v1', kind: 'Node' }, '');
    const notReady = nodes.filter((node) => !isReady(node)).map(nameOf);
    const pressure = nodes.flatMap((node) => pressuresOf(node).map((type) => `${nameOf(node)} ${type}`));
    const cordoned = nodes.filter((node) => (node['spec'] as { unschedulable?: boolean } | undefined)?.unschedulable === true).map(nameOf);
    const parts = [
      ...(notReady.length > 0 ? [`not ready: ${some(notReady)}`] : []),
      ...(pressure.length > 0 ? [`short: ${some(pressure)}`] : []),
      ...(cordoned.length > 0 ? [`closed to new pods: ${some(cordoned)}`] : []),
    ];
    return {
      fields: { nodes: nodes.length, notReady, pressure, cordoned },
      summary: nodes.length === 0 ? 'The cluster has no node.' : parts.length > 0 ? `Of ${nodes.length} nodes: ${parts.join('; ')}.` : `All ${nodes.length} nodes are ready and short of nothing.`,
      table: { columns: ['node', 'ready', 'since', 'short of', 'cpu', 'memory'], rows: [...nodes].sort((a, b) => Number(isReady(a)) - Number(isReady(b))).map(toRow) },
    };
  },
};

function statusOf(node: KubernetesObject): NodeStatus {
  return (node['status'] ?? {}) as NodeStatus;
}

function readyCondition(node: KubernetesObject) {
  return statusOf(node).conditions?.find(({ type }) => type === 'Ready');
}

function isReady(node: KubernetesObject): boolean {
  return readyCondition(node)?.status === 'True';
}

function pressuresOf(node: KubernetesObject): string[] {
  return (statusOf(node).conditions ?? []).filter(({ type, status }) => PRESSURES.has(type) && status === 'True').map(({ type }) => type);
}

function nameOf(node: KubernetesObject): string {
  return node.metadata.name;
}

function toRow(node: KubernetesObject): string[] {
  const ready = readyCondition(node);
  const { allocatable } = statusOf(node);
  return [nameOf(node), ready ? (ready.status === 'True' ? 'yes' : `no (${ready.reason ?? ready.status})`) : 'unknown', ready?.lastTransitionTime ?? '', pressuresOf(node).join(', '), allocatable?.cpu ?? '', allocatable?.memory ?? ''];
}
