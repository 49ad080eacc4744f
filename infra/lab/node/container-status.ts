import type { Container, Pod, Resources } from '../api/types';
import type { Exit } from './container-process';

/** What a container is doing, in the words of `status.containerStatuses[].state`. */
export type ContainerState =
  | { readonly waiting: { readonly reason: string; readonly message?: string } }
  | { readonly running: { readonly startedAt: string } }
  | { readonly terminated: Terminated };

export interface Terminated {
  readonly exitCode: number;
  readonly reason: string;
  readonly signal?: number;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly containerID: string;
}

/** One entry of `status.containerStatuses`. */
export interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly imageID: string;
  readonly containerID?: string;
  readonly restartCount: number;
  readonly ready: boolean;
  readonly started: boolean;
  readonly state: ContainerState;
  /** What the running container has, which follows the specification when that is resized. */
  readonly resources?: Resources;
  readonly allocatedResources?: Readonly<Record<string, string>>;
  readonly lastState: Record<string, never> | { readonly terminated: Terminated };
}

/** Kubernetes' times have whole seconds. */
export const kubernetesTime = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

export function terminated(exit: Exit, containerID: string): Terminated {
  return { exitCode: exit.exitCode, reason: exit.oomKilled ? 'OOMKilled' : exit.exitCode === 0 ? 'Completed' : 'Error', startedAt: kubernetesTime(exit.startedAt), finishedAt: kubernetesTime(exit.finishedAt), containerID };
}

/** Status of a container that has not begun. */
export function waitingStatus(container: Container, reason: string, restartCount = 0): ContainerStatus {
  return { name: container.name, image: container.image, imageID: '', restartCount, ready: false, started: false, state: { waiting: { reason } }, lastState: {} };
}

/** What the API server last knew of a container; a restarted node agent goes on counting from there. */
export function knownStatus(pod: Pod, name: string): Pick<ContainerStatus, 'restartCount' | 'containerID'> | undefined {
  const status = pod.status as { containerStatuses?: ContainerStatus[]; initContainerStatuses?: ContainerStatus[] } | undefined;
  return [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find((known) => known.name === name);
}
