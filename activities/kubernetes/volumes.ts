/** Claims of a workload's pods, and how full their file systems are. Bounded: one question to each node. */
import { failureTypeOf, type JsonObject } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import type { Target } from '../clusters';
import type { RbacRule } from '../probe';
import { readWorkload, READS_WORKLOAD, textOf, unique, type PodView } from '../workload';
import type { KubernetesObject } from './gateway';
import { bytesOf } from '../quantity';

export interface VolumeUse {
  capacityBytes: number;
  usedBytes: number;
  availableBytes: number;
  /** Absent where the file system counts none. */
  inodes?: { total: number; used: number };
}

export interface Claim {
  name: string;
  uid: string;
  pod: string;
  phase: string;
  requested: string;
  requestedBytes: number;
  /** What the volume has, by the claim's status; 0 while it has none. */
  capacityBytes: number;
  storageClass: string | undefined;
  /** The StorageClass lets claims grow; undefined where it cannot be read or there is none. */
  expandable: boolean | undefined;
  /** Types of conditions that hold: Resizing, FileSystemResizePending, … */
  conditions: string[];
  /** Undefined where the kubelet did not say. */
  use: VolumeUse | undefined;
  object: KubernetesObject;
}

/**
 * `get` of `nodes/proxy` is more than reading numbers: whoever has it reaches everything that a kubelet serves. Kubernetes has
 * no smaller permission for the way through the API server (infra/docs/adr/0014).
 */
export const READS_VOLUMES: readonly RbacRule[] = [
  ...READS_WORKLOAD,
  { apiGroup: '', resources: ['persistentvolumeclaims'], verbs: ['get'] },
  { apiGroup: 'storage.k8s.io', resources: ['storageclasses'], verbs: ['get'] },
  { apiGroup: '', resources: ['nodes/proxy'], verbs: ['get'] },
];

interface PodVolume {
  pod: PodView;
  claim: string;
}

/** @throws TargetNotFound when there is no such workload, and what the gateway throws while objects are read. */
export async function claimsOf(access: ClusterAccess, target: Target): Promise<Claim[]> {
  const { pods } = await readWorkload(access, target);
  const mounted = pods.flatMap((pod) => claimNames(pod).map((claim): PodVolume => ({ pod, claim })));
  const [objects, uses] = await Promise.all([
    Promise.all(unique(mounted.map(({ claim }) => claim)).map((name) => access.kubernetes.read({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: target.namespace, name }))),
    usesOf(access, target.namespace, unique(mounted.map(({ pod }) => pod.node))),
  ]);
  const found = objects.filter((object) => object !== undefined);
  const expandable = await expandableClasses(access, unique(found.map(classOf)));
  return found.map((object) => {
    const { pod } = mounted.find(({ claim }) => claim === object.metadata.name)!;
    return claimFrom(object, pod.name, expandable, uses.get(object.metadata.name));
  });
}

/** Every claim of a namespace, mounted or not. @throws what the gateway throws while objects are read. */
export async function claimsIn(access: ClusterAccess, namespace: string): Promise<Claim[]> {
  const [objects, pods] = await Promise.all([
    access.kubernetes.list({ apiVersion: 'v1', kind: 'PersistentVolumeClaim' }, namespace),
    access.kubernetes.list({ apiVersion: 'v1', kind: 'Pod' }, namespace),
  ]);
  const mountedBy = (claim: string) => pods.find((object) => claimNames({ object }).includes(claim))?.metadata.name ?? '';
  const nodes = unique(pods.filter((object) => claimNames({ object }).length > 0).map((pod) => textOf((pod['spec'] as JsonObject | undefined)?.['nodeName'])));
  const [uses, expandable] = await Promise.all([usesOf(access, namespace, nodes), expandableClasses(access, unique(objects.map(classOf)))]);
  return objects.map((object) => claimFrom(object, mountedBy(object.metadata.name), expandable, uses.get(object.metadata.name)));
}

function claimNames({ object }: Pick<PodView, 'object'>): string[] {
  const { volumes = [] } = (object['spec'] ?? {}) as { volumes?: Array<{ persistentVolumeClaim?: { claimName?: string } }> };
  return unique(volumes.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName));
}

function classOf(claim: KubernetesObject): string | undefined {
  return (claim['spec'] as { storageClassName?: string } | undefined)?.storageClassName;
}

function claimFrom(object: KubernetesObject, pod: string, expandable: ReadonlyMap<string, boolean>, use: VolumeUse | undefined): Claim {
  const spec = (object['spec'] ?? {}) as { resources?: { requests?: { storage?: string } } };
  const status = (object['status'] ?? {}) as { phase?: string; capacity?: { storage?: string }; conditions?: Array<{ type: string; status: string }> };
  const requested = spec.resources?.requests?.storage ?? '0';
  const storageClass = classOf(object);
  return {
    name: object.metadata.name,
    uid: object.metadata.uid ?? '',
    pod,
    phase: status.phase ?? 'Unknown',
    requested,
    requestedBytes: bytesOf(requested) ?? 0,
    capacityBytes: bytesOf(status.capacity?.storage) ?? 0,
    storageClass,
    expandable: storageClass === undefined ? undefined : expandable.get(storageClass),
    conditions: (status.conditions ?? []).filter((condition) => condition.status === 'True').map(({ type }) => type),
    use,
    object,
  };
}

/** A class that may not be read is not known, which is no reason to know nothing. */
async function expandableClasses(access: ClusterAccess, names: readonly string[]): Promise<ReadonlyMap<string, boolean>> {
  const classes = await Promise.all(names.map((name) => access.kubernetes.read({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', namespace: '', name }).catch(unlessRefused)));
  return new Map(classes.filter((found) => found !== undefined).map((found) => [found.metadata.name, found['allowVolumeExpansion'] === true]));
}

interface Summary {
  pods?: Array<{
    podRef?: { namespace?: string };
    volume?: Array<{ pvcRef?: { name?: string; namespace?: string }; capacityBytes?: number; usedBytes?: number; availableBytes?: number; inodes?: number; inodesUsed?: number }>;
  }>;
}

/** By claim, from each node's kubelet (stats/summary); a node that does not answer leaves its claims unknown. */
async function usesOf(access: ClusterAccess, namespace: string, nodes: readonly string[]): Promise<ReadonlyMap<string, VolumeUse>> {
  const summaries = await Promise.all(nodes.map((name) => access.kubernetes.proxyGet({ resource: 'nodes', name, path: '/stats/summary' }).then(parseSummary).catch(unlessAway)));
  const volumes = summaries.flatMap((summary) => summary?.pods ?? []).flatMap(({ volume = [] }) => volume);
  return new Map(volumes.flatMap(({ pvcRef, capacityBytes, usedBytes, availableBytes, inodes, inodesUsed }): Array<[string, VolumeUse]> => {
    if (pvcRef?.namespace !== namespace || pvcRef.name === undefined || !capacityBytes || availableBytes === undefined) return [];
    return [[pvcRef.name, {
      capacityBytes,
      // What a file system keeps for root is not free for anybody, so used is not capacity less available.
      usedBytes: usedBytes ?? capacityBytes - availableBytes,
      availableBytes,
      ...(inodes && inodesUsed !== undefined && { inodes: { total: inodes, used: inodesUsed } }),
    }]];
  }));
}

function parseSummary(text: string): Summary | undefined {
  try {
    return JSON.parse(text) as Summary;
  } catch {
    return undefined;
  }
}

function unlessRefused(error: unknown): undefined {
  if (failureTypeOf(error) === 'NotAuthorized') return undefined;
  throw error;
}

function unlessAway(error: unknown): undefined {
  const type = failureTypeOf(error);
  if (type === 'NotAuthorized' || type === 'UpstreamUnavailable' || type === 'TargetNotFound' || type === 'UpstreamRejected') return undefined;
  throw error;
}

/** 0 to 1, as free space is for programs; undefined where nobody said. */
export function fullness({ use }: Pick<Claim, 'use'>): number | undefined {
  return use && 1 - use.availableBytes / use.capacityBytes;
}

export function inodeFullness({ use }: Pick<Claim, 'use'>): number | undefined {
  return use?.inodes && use.inodes.used / use.inodes.total;
}

/** It has been asked to grow and has not grown yet. */
export function resizing({ requestedBytes, capacityBytes, conditions }: Claim): boolean {
  return capacityBytes > 0 && (requestedBytes > capacityBytes || conditions.includes('FileSystemResizePending') || conditions.includes('Resizing'));
}
