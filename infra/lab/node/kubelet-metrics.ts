import type { Pod } from '../api/types';
import { volumesOf } from './stats-summary';

/** A kubelet's metrics of the claims' volumes, and what each is a field of. */
const VOLUME_METRICS = {
  kubelet_volume_stats_capacity_bytes: 'capacityBytes',
  kubelet_volume_stats_available_bytes: 'availableBytes',
  kubelet_volume_stats_used_bytes: 'usedBytes',
  kubelet_volume_stats_inodes: 'inodes',
  kubelet_volume_stats_inodes_free: 'inodesFree',
  kubelet_volume_stats_inodes_used: 'inodesUsed',
} as const;

/** `GET /metrics`: how full the claims' volumes are, which is what the Kubernetes mixin's alerts are about. */
export function kubeletMetrics(pods: readonly Pod[], podsFolder: string): string {
  const volumes = pods.flatMap((pod) => volumesOf(pod, podsFolder).map((volume) => ({ ...volume, namespace: pod.metadata.namespace ?? '' })));
  return Object.entries(VOLUME_METRICS)
    .map(([name, field]) => `# TYPE ${name} gauge\n${volumes.map((volume) => `${name}{namespace="${volume.namespace}",persistentvolumeclaim="${volume.claim}"} ${volume[field]}\n`).join('')}`)
    .join('');
}
