/** Memory of a workload's main containers, and how they ended. */
import type { JsonObject } from '../../workflows/contracts';
import type { Target } from '../clusters';
import { bytesOf } from '../quantity';
import type { PodView } from '../workload';

export interface ContainerMemory {
  pod: PodView;
  /** Where the container stands in the pod's spec. */
  index: number;
  /** As the spec says, and in bytes; undefined where there is none. */
  limit: string | undefined;
  request: string | undefined;
  limitBytes: number | undefined;
  requestBytes: number | undefined;
  oomKilled: boolean;
  /** When it was last killed for want of memory, RFC 3339. */
  oomKilledAt: string | undefined;
  /** It ended with 137 for another reason: a probe, or an end that took too long. */
  killedOtherwise: boolean;
  /** The node put the pod out for want of memory of its own. */
  evicted: boolean;
}

interface Ended {
  reason?: string;
  exitCode?: number;
  finishedAt?: string;
}

interface Status {
  reason?: string;
  containerStatuses?: Array<{ name?: string; state?: { terminated?: Ended }; lastState?: { terminated?: Ended } }>;
}

const KILLED = 137;

export function containerMemory(pod: PodView, target: Target): ContainerMemory {
  const spec = (pod.object['spec'] ?? {}) as { containers?: Array<{ name?: string; resources?: { limits?: JsonObject; requests?: JsonObject } }> };
  const status = (pod.object['status'] ?? {}) as Status;
  const containers = spec.containers ?? [];
  const index = Math.max(0, containers.findIndex(({ name }) => name === (pod.container ?? target.name)));
  const { limits, requests } = containers[index]?.resources ?? {};
  const found = status.containerStatuses?.find(({ name }) => name === containers[index]?.name) ?? status.containerStatuses?.[0];
  const ends = [found?.state?.terminated, found?.lastState?.terminated].filter((ended) => ended !== undefined);
  const oom = ends.find(({ reason }) => reason === 'OOMKilled');
  return {
    pod, index,
    limit: textOf(limits?.['memory']), request: textOf(requests?.['memory']),
    limitBytes: bytesOf(limits?.['memory']), requestBytes: bytesOf(requests?.['memory']),
    oomKilled: oom !== undefined,
    oomKilledAt: oom?.finishedAt,
    killedOtherwise: !oom && ends.some(({ exitCode }) => exitCode === KILLED),
    evicted: status.reason === 'Evicted',
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
