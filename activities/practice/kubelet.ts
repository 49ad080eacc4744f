import { failure } from '../../workflows/contracts';
import type { KubernetesObject, NodePath } from '../kubernetes/gateway';
import { bytesOf } from '../quantity';
import { at, textsAt } from './objects';

/** How many bytes of a claim's volume are in use, as an example says; a healthy volume is a third full. */
const USED = 'practice/used';
/** The same for inodes. */
const INODES_USED = 'practice/inodes-used';
const USED_WHEN_HEALTHY = 1 / 3;
/** As mke2fs makes them: one for so many bytes, so that a volume that grows has more. */
const BYTES_PER_INODE = 16_384;
const INODES_USED_WHEN_HEALTHY = 0.01;
/** Below this a volume counts as healthy: what is bigger than it was is no fault. */
const HEALTHY_RATIO = 0.8;

/** What a container of a pod uses of its memory limit, as an example says. */
const MEMORY_USED = 'practice/memory-used';
const MEMORY_WHEN_HEALTHY = '160Mi';
const NODE_MEMORY = '6Gi';

/** What a kubelet says of its node, its pods and their volumes; the practice cluster has one node. */
export function answerKubelet(objects: readonly KubernetesObject[], { name, path }: NodePath): string {
  if (path.replace(/^\/+/, '') !== 'stats/summary') throw failure('TargetNotFound', `The practice cluster's kubelet of ${name} has no ${path}`);
  const claims = objects.filter(({ kind }) => kind === 'PersistentVolumeClaim');
  const pods = objects.filter((object) => object.kind === 'Pod' && at(object, 'status', 'phase') === 'Running');
  const node = { nodeName: name, cpu: { usageNanoCores: 4e8 }, memory: { workingSetBytes: bytesOf(NODE_MEMORY) } };
  return JSON.stringify({ node, pods: [{ podRef: {}, volume: claims.map(volumeStats) }, ...pods.map(podStats)] });
}

function podStats(pod: KubernetesObject) {
  const { name, namespace = '' } = pod.metadata;
  return { podRef: { name, namespace }, cpu: { usageNanoCores: 3e7 }, memory: { workingSetBytes: bytesOf(textsAt(pod, 'metadata', 'annotations')[MEMORY_USED] ?? MEMORY_WHEN_HEALTHY) } };
}

function volumeStats(claim: KubernetesObject) {
  const capacityBytes = capacityOf(claim);
  const usedBytes = Math.min(capacityBytes, usedOf(claim));
  const inodes = inodesOf(claim);
  const inodesUsed = Math.min(inodes, inodesUsedOf(claim));
  return { pvcRef: { name: claim.metadata.name, namespace: claim.metadata.namespace ?? '' }, capacityBytes, usedBytes, availableBytes: capacityBytes - usedBytes, inodes, inodesUsed, inodesFree: inodes - inodesUsed };
}

function inodesOf(claim: KubernetesObject): number {
  return Math.floor(capacityOf(claim) / BYTES_PER_INODE);
}

function inodesUsedOf(claim: KubernetesObject): number {
  const used = textsAt(claim, 'metadata', 'annotations')[INODES_USED];
  return used === undefined ? Math.round(inodesOf(claim) * INODES_USED_WHEN_HEALTHY) : Number(used);
}

function capacityOf(claim: KubernetesObject): number {
  return bytesOf(at(claim, 'status', 'capacity', 'storage')) ?? 0;
}

function usedOf(claim: KubernetesObject): number {
  return bytesOf(textsAt(claim, 'metadata', 'annotations')[USED]) ?? capacityOf(claim) * USED_WHEN_HEALTHY;
}

/** Is there room on the volume again, whatever its size was before? */
export function hasRoom(claim: KubernetesObject): boolean {
  return usedOf(claim) / Math.max(1, capacityOf(claim)) < HEALTHY_RATIO && inodesUsedOf(claim) / Math.max(1, inodesOf(claim)) < HEALTHY_RATIO;
}

/** A claim as the volume's driver leaves it after it was asked to grow. */
export function resized(claim: KubernetesObject): KubernetesObject {
  const storage = at(claim, 'spec', 'resources', 'requests', 'storage');
  return typeof storage === 'string' ? { ...claim, status: { ...(claim['status'] as object), phase: 'Bound', capacity: { storage } } } : claim;
}
