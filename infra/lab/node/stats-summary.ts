import { statfsSync } from 'node:fs';
import { cpus, freemem, totalmem } from 'node:os';
import path from 'node:path';
import type { Pod } from '../api/types';
import { NODE_NAME } from '../settings';
import type { Usage } from './control-groups';

/** What the containers of a pod use; undefined where none runs. */
export type UsageOf = (podUid: string) => Pick<Usage, 'workingSetBytes' | 'rssBytes' | 'usageBytes' | 'cpuSeconds'> | undefined;

/**
 * What a kubelet says at `/stats/summary` (k8s.io/kubelet, stats/v1alpha1), as far as the lab knows it: memory and CPU of node and
 * pods, file systems of claims. Pods whose volumes are not attached yet are without them. CPU per second is the mean since the
 * last time that somebody asked, and is left out at the first.
 */
export function summaries(podsFolder: string, usageOf: UsageOf): (pods: readonly Pod[]) => object {
  const before = new Map<string, { at: number; cpuSeconds: number }>();
  const cpu = (id: string, cpuSeconds: number) => {
    const at = Date.now();
    const last = before.get(id);
    before.set(id, { at, cpuSeconds });
    const rate = last && at > last.at && cpuSeconds >= last.cpuSeconds ? { usageNanoCores: Math.round(((cpuSeconds - last.cpuSeconds) / ((at - last.at) / 1_000)) * 1e9) } : {};
    return { time: new Date(at).toISOString(), usageCoreNanoSeconds: Math.round(cpuSeconds * 1e9), ...rate };
  };
  return (pods) => ({
    node: { nodeName: NODE_NAME, cpu: cpu('node', machineCpuSeconds()), memory: { workingSetBytes: totalmem() - freemem() }, fs: statsOf(podsFolder) },
    pods: pods.map((pod) => {
      const { name, namespace, uid } = pod.metadata;
      const use = usageOf(uid);
      return {
        podRef: { name, namespace, uid },
        ...(use && { cpu: cpu(uid, use.cpuSeconds), memory: { workingSetBytes: use.workingSetBytes, rssBytes: use.rssBytes, usageBytes: use.usageBytes } }),
        volume: volumesOf(pod, podsFolder).map(({ name: volume, claim, ...room }) => ({ name: volume, pvcRef: { name: claim, namespace }, ...room })),
      };
    }),
  });
}

/** The file systems of a pod's claims that are attached. */
export function volumesOf({ metadata, spec }: Pod, podsFolder: string) {
  return (spec.volumes ?? []).flatMap((volume) => {
    const claim = volume.persistentVolumeClaim?.claimName;
    const room = claim === undefined ? undefined : statsOf(path.join(podsFolder, metadata.uid, 'volumes', volume.name));
    return claim === undefined || room === undefined ? [] : [{ name: volume.name, claim, ...room }];
  });
}

/** All that every processor has done since the machine began. */
function machineCpuSeconds(): number {
  return cpus().reduce((total, { times: { user, nice, sys, irq } }) => total + user + nice + sys + irq, 0) / 1_000;
}

function statsOf(folder: string) {
  try {
    const { blocks, bavail, bfree, bsize, files, ffree } = statfsSync(folder);
    return { time: new Date().toISOString(), capacityBytes: blocks * bsize, availableBytes: bavail * bsize, usedBytes: (blocks - bfree) * bsize, inodes: files, inodesFree: ffree, inodesUsed: files - ffree };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
