/** CPU and memory that pods and nodes use: from the metrics API (metrics-server) where there is one, else from the kubelets. */
import { z } from 'zod';
import { failureTypeOf } from '../../workflows/contracts';
import { notUnderstood } from '../http-failures';
import type { ClusterAccess } from '../cluster-access';
import { bytesOf } from '../quantity';

export interface Use {
  /** CPU cores; undefined where nobody says. */
  cores: number | undefined;
  bytes: number | undefined;
}

export interface ResourceUse {
  source: 'metrics API' | 'kubelet';
  nodes: Map<string, Use & { diskFreeRatio?: number }>;
  /** By `namespace/name`. */
  pods: Map<string, Use>;
  /** Nodes whose kubelet did not answer. */
  silent: string[];
  /** Why the first of those did not. */
  because?: string;
}

const UNITS: Readonly<Record<string, number>> = { n: 1e-9, u: 1e-6, m: 1e-3, '': 1 };

/** `250m`, `1.5`, `12345678n`: cores; undefined for what is no quantity. */
export function coresOf(quantity: unknown): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([num]?)$/.exec(String(quantity)) ?? [];
  return number === undefined ? undefined : Number(number) * UNITS[unit]!;
}

const METRICS = 'metrics.k8s.io/v1beta1';

/** @throws what the gateway throws where neither the metrics API nor any kubelet answers. */
export async function resourceUse(access: ClusterAccess, namespaces: readonly string[], nodes: readonly string[]): Promise<ResourceUse> {
  return (await fromMetricsApi(access, namespaces)) ?? fromKubelets(access, nodes);
}

/** Undefined where the cluster has no metrics API, it is away, or it may not be asked. */
async function fromMetricsApi({ kubernetes }: ClusterAccess, namespaces: readonly string[]): Promise<ResourceUse | undefined> {
  try {
    const [nodes, ...pods] = await Promise.all([kubernetes.list({ apiVersion: METRICS, kind: 'NodeMetrics' }, ''), ...namespaces.map((namespace) => kubernetes.list({ apiVersion: METRICS, kind: 'PodMetrics' }, namespace))]);
    // metrics-server has nothing to say until it has scraped twice.
    if (nodes.length === 0) return undefined;
    return {
      source: 'metrics API',
      nodes: new Map(nodes.map((node) => [node.metadata.name, useOf((node as unknown as { usage?: Usage }).usage)])),
      pods: new Map(pods.flat().map((pod) => [`${pod.metadata.namespace}/${pod.metadata.name}`, total(((pod as unknown as { containers?: Array<{ usage?: Usage }> }).containers ?? []).map(({ usage }) => useOf(usage)))])),
      silent: [],
    };
  } catch (error) {
    if (failureTypeOf(error) === undefined) throw error;
    return undefined;
  }
}

interface Usage {
  cpu?: string;
  memory?: string;
}

function useOf(usage: Usage | undefined): Use {
  return { cores: coresOf(usage?.cpu), bytes: bytesOf(usage?.memory) };
}

function total(uses: readonly Use[]): Use {
  const sum = (values: ReadonlyArray<number | undefined>) => (values.every((value) => value === undefined) ? undefined : values.reduce<number>((so, value) => so + (value ?? 0), 0));
  return { cores: sum(uses.map(({ cores }) => cores)), bytes: sum(uses.map(({ bytes }) => bytes)) };
}

const STATS = z.object({ cpu: z.object({ usageNanoCores: z.number().optional() }).optional(), memory: z.object({ workingSetBytes: z.number().optional() }).optional() });
/** k8s.io/kubelet, stats/v1alpha1, as far as it is read here. */
const SUMMARY = z.object({
  node: STATS.extend({ fs: z.object({ availableBytes: z.number().optional(), capacityBytes: z.number().optional() }).optional() }).optional(),
  pods: z.array(STATS.extend({ podRef: z.object({ name: z.string().optional(), namespace: z.string().optional() }) })).default([]),
});

async function fromKubelets({ kubernetes }: ClusterAccess, nodes: readonly string[]): Promise<ResourceUse> {
  const found: ResourceUse = { source: 'kubelet', nodes: new Map(), pods: new Map(), silent: [] };
  let first: Error | undefined;
  for (const [node, answer] of await Promise.all(nodes.map(async (name) => [name, await kubernetes.proxyGet({ resource: 'nodes', name, path: '/stats/summary' }).then((text) => parse(name, text)).catch((error: unknown) => ({ error }))] as const))) {
    if ('error' in answer) {
      if (failureTypeOf(answer.error) === undefined || !(answer.error instanceof Error)) throw answer.error;
      found.silent.push(node);
      first ??= answer.error;
      continue;
    }
    const { fs } = answer.node ?? {};
    found.nodes.set(node, { ...statsOf(answer.node), ...(fs?.capacityBytes && fs.availableBytes !== undefined && { diskFreeRatio: fs.availableBytes / fs.capacityBytes }) });
    for (const pod of answer.pods) if (pod.podRef.name) found.pods.set(`${pod.podRef.namespace ?? ''}/${pod.podRef.name}`, statsOf(pod));
  }
  if (first !== undefined && found.nodes.size === 0) throw first;
  return { ...found, ...(first && { because: first.message }) };
}

function statsOf(stats: z.infer<typeof STATS> | undefined): Use {
  const nano = stats?.cpu?.usageNanoCores;
  return { cores: nano === undefined ? undefined : nano / 1e9, bytes: stats?.memory?.workingSetBytes };
}

function parse(node: string, text: string): z.infer<typeof SUMMARY> {
  const asked = { system: `the kubelet of ${node}`, request: 'GET /stats/summary' };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw notUnderstood(asked, 'it is no JSON');
  }
  const parsed = SUMMARY.safeParse(json);
  if (!parsed.success) throw notUnderstood(asked, 'it is no summary of a node');
  return parsed.data;
}
