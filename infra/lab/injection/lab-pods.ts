import type { ContainerStatus } from '../node/container-status';
import type { Pod } from '../api/types';
import type { PodState } from './fault-file';

type StatusOfPod = { readonly containerStatuses?: readonly ContainerStatus[]; readonly conditions?: ReadonlyArray<{ type: string; status: string }> };

/** Does a pod answer a question about its state? A pod that is going away answers none. */
export function isInState(pod: Pod, state: PodState): boolean {
  if (pod.metadata.deletionTimestamp) return false;
  if (state === 'any') return true;
  const status: StatusOfPod = (pod.status ?? {});
  const ready = status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
  if (state === 'oomKilled') return oomKilled(status);
  if (state === 'crashLooping') return !ready && crashLooping(status);
  return state === 'ready' ? ready : !ready;
}

function crashLooping({ containerStatuses = [] }: StatusOfPod): boolean {
  return containerStatuses.some(({ state }) => 'waiting' in state && state.waiting.reason === 'CrashLoopBackOff');
}

/** Killed for its memory, at its last end or for good. */
function oomKilled({ containerStatuses = [] }: StatusOfPod): boolean {
  return containerStatuses.some((container) => [container.state, container.lastState].some((state) => 'terminated' in state && state.terminated.reason === 'OOMKilled'));
}
