import type { Pod } from './api/types';
import type { ContainerStatus } from './node/container-status';

/** One pod, as a person wants to see it. */
export interface PodRow {
  readonly namespace: string;
  readonly name: string;
  readonly ready: boolean;
  /** Reason that a container waits for, else the pod's phase. */
  readonly state: string;
  readonly restarts: number;
  readonly ip: string;
}

/** Reads `kubectl get pods -o json`. */
export function podRows(json: string): PodRow[] {
  const { items } = JSON.parse(json) as { items: Pod[] };
  return items.map(({ metadata, status }) => {
    const containers = ((status as { containerStatuses?: ContainerStatus[] } | undefined)?.containerStatuses ?? []) as readonly ContainerStatus[];
    const waiting = containers.flatMap(({ state }) => ('waiting' in state ? [state.waiting.reason] : []))[0];
    return {
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      ready: status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false,
      state: metadata.deletionTimestamp ? 'Terminating' : (waiting ?? status?.phase ?? 'Unknown'),
      restarts: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
      ip: status?.podIP ?? '',
    };
  });
}
