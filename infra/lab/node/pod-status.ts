import type { Pod, PodCondition } from '../api/types';
import { NODE_IP } from '../settings';
import { kubernetesTime, type ContainerStatus } from './container-status';

export interface PodFacts {
  readonly podIp: string | undefined;
  readonly startedAt: Date;
  readonly initialized: boolean;
  readonly init: readonly ContainerStatus[];
  readonly containers: readonly ContainerStatus[];
  /** The pod's containers have ended for good. */
  readonly finished: boolean;
  /** Why limits that were asked for are not in force. */
  readonly resizeErrors: readonly string[];
}

/** Is there only while a resize is not done. */
const RESIZING = 'PodResizeInProgress';

/** `status` of a pod as its node reports it. Conditions that others own, such as PodScheduled, are carried over. */
export function podStatus(pod: Pod, facts: PodFacts, now = new Date()): Record<string, unknown> {
  const unready = facts.containers.filter(({ ready }) => !ready).map(({ name }) => name);
  const notReady = facts.finished ? 'PodFailed' : 'ContainersNotReady';
  const detail = { reason: notReady, message: `containers with unready status: [${unready.join(' ')}]` };
  const ready = facts.initialized && unready.length === 0;
  const own: PodCondition[] = [
    { type: 'PodReadyToStartContainers', status: facts.podIp ? 'True' : 'False' },
    facts.initialized ? { type: 'Initialized', status: 'True' } : { type: 'Initialized', status: 'False', reason: 'ContainersNotInitialized', message: `containers with incomplete status: [${facts.init.map(({ name }) => name).join(' ')}]` },
    { type: 'Ready', status: ready ? 'True' : 'False', ...(ready ? {} : detail) },
    { type: 'ContainersReady', status: ready ? 'True' : 'False', ...(ready ? {} : detail) },
    ...(facts.resizeErrors.length > 0 ? [{ type: RESIZING, status: 'True' as const, reason: 'Error', message: facts.resizeErrors.join('; ') }] : []),
  ];
  return {
    phase: phase(facts),
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    conditions: mergeConditions((pod.status?.conditions ?? []).filter(({ type }) => type !== RESIZING || facts.resizeErrors.length > 0), own, now),
    hostIP: NODE_IP,
    hostIPs: [{ ip: NODE_IP }],
    ...(facts.podIp ? { podIP: facts.podIp, podIPs: [{ ip: facts.podIp }] } : {}),
    startTime: kubernetesTime(facts.startedAt),
    ...(facts.init.length > 0 ? { initContainerStatuses: facts.init } : {}),
    containerStatuses: facts.containers,
  };
}

function phase({ containers, finished, initialized, init }: PodFacts): string {
  if (finished) return [...init, ...containers].every(({ state }) => 'terminated' in state && state.terminated.exitCode === 0) ? 'Succeeded' : 'Failed';
  // A crash-looping pod is Running: it has run, and will again.
  const everRan = containers.some(({ state, restartCount, lastState }) => 'running' in state || 'terminated' in state || 'terminated' in lastState || restartCount > 0);
  return initialized && everRan ? 'Running' : 'Pending';
}

/** A condition's time is that of its last change of status, not of its last report. */
export function mergeConditions(known: readonly PodCondition[], own: readonly PodCondition[], now: Date): PodCondition[] {
  const ownTypes = new Set(own.map(({ type }) => type));
  const dated = own.map((condition) => {
    const before = known.find(({ type }) => type === condition.type);
    return { ...condition, lastTransitionTime: before?.status === condition.status && before.lastTransitionTime ? before.lastTransitionTime : kubernetesTime(now) };
  });
  return [...known.filter(({ type }) => !ownTypes.has(type)), ...dated];
}
