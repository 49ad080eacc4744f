/** Replacing pods one after the other, ready ones included: the next goes only when the one before is ready again. */
import { failure, type BlastRadius, type GateVerdict, type PlannedStep } from '../../../workflows/contracts';
import type { ClusterAccess } from '../../cluster-access';
import { readyNeeded } from '../../quorum';
import { text } from '../../remedy';
import type { PodView, Workload } from '../../workload';
import { quorumGate, templateGate, verdict } from './gates';

/** A receiver replays its write-ahead log before it is ready: minutes for gigabytes of it (domain 4.4). In milliseconds. */
export const REPLAY_PATIENCE_MS = 15 * 60_000;
/** How soon to look again whether the pod before is ready, in milliseconds. */
const POLL_MS = 5_000;

/** Those that are not ready first, for they take nothing away; then from the highest ordinal down, as a StatefulSet's controller goes. */
export function rollingOrder(pods: readonly PodView[]): PodView[] {
  return [...pods].sort((a, b) => Number(a.ready) - Number(b.ready) || b.name.localeCompare(a.name, 'en', { numeric: true }));
}

export function rollingSteps(pods: readonly PodView[], namespace: string): PlannedStep[] {
  return rollingOrder(pods).map((pod): PlannedStep => ({
    id: `evict-${pod.name}`,
    action: 'evict',
    object: { apiVersion: 'v1', kind: 'Pod', namespace, name: pod.name, uid: pod.uid },
    patienceMs: REPLAY_PATIENCE_MS,
    reason: text(`${pod.name} is replaced by a new pod, once every pod replaced before it is ready again.`, `앞서 교체한 파드가 모두 준비된 뒤 ${pod.name}을(를) 새 파드로 교체합니다.`),
  }));
}

/**
 * Judges a rolling replacement: while planning as the sequence that it will be, and before each eviction on live state.
 * @throws NotYetConverged while a pod that was replaced before is not ready yet
 */
export function rollingGates(access: ClusterAccess, role: string, workload: Workload, steps: readonly PlannedStep[], executing?: PlannedStep): GateVerdict[] {
  const evictions = steps.filter(({ action }) => action === 'evict');
  const at = executing ? evictions.findIndex(({ id }) => id === executing.id) : 0;
  const replaced = evictions.slice(0, Math.max(0, at)).map(({ object }) => object.name);
  const coming = replaced.map((name) => workload.pods.find((pod) => pod.name === name && pod.ready) ?? name).filter((pod) => typeof pod === 'string');
  const broken = workload.pods.filter((pod) => coming.includes(pod.name) && pod.state === 'broken').map(({ name }) => name);
  const gates = [templateGate(workload), successorsGate(broken)];
  if (broken.length === 0 && coming.length > 0) {
    throw failure('NotYetConverged', `${coming.join(', ')} is not ready again yet (a receiver replays its write-ahead log first); ${executing?.object.name ?? 'the next'} waits`, { nextRetryMs: POLL_MS });
  }
  const remaining = evictions.slice(Math.max(0, at)).map(({ object }) => workload.pods.find((pod) => pod.name === object.name && pod.uid === object.uid)).filter((pod) => pod !== undefined);
  // A pod that has gone already takes nothing away any more.
  const now = executing ? remaining.filter(({ name }) => name === executing.object.name) : remaining;
  if (role === 'receiver') gates.push(quorumGate(access, { members: workload.members, ...worstMoment(workload, now) }));
  return gates;
}

/** One pod at a time; each is ready again before the next goes, so those that were not ready count once their turn is over. */
function worstMoment({ pods }: Workload, sequence: readonly PodView[]): { readyBefore: number; readyDuring: number } {
  const readyBefore = pods.filter(({ ready }) => ready).length;
  const repaired = sequence.filter(({ ready }) => !ready).length;
  const takesOneAway = sequence.some(({ ready }) => ready);
  return { readyBefore, readyDuring: Math.min(readyBefore, readyBefore + repaired - (takesOneAway ? 1 : 0)) };
}

function successorsGate(broken: readonly string[]): GateVerdict {
  return verdict('successorsReady', broken.length === 0, broken.length === 0
    ? text('Every pod that was replaced so far is ready again before the next one goes.', '앞서 교체한 파드가 준비된 뒤에만 다음 파드를 교체합니다.')
    : text(`${broken.join(', ')} does not come up again: the other pods keep running and none of them is replaced.`, `${broken.join(', ')}이(가) 다시 기동하지 못하므로 나머지 파드는 교체하지 않고 유지합니다.`));
}

export function rollingRadius(access: ClusterAccess, role: string, workload: Workload, pods: readonly string[]): BlastRadius {
  const present = workload.pods.filter((pod) => pods.includes(pod.name));
  const moment = worstMoment(workload, present);
  const needed = readyNeeded(workload.members, access.config.replicationFactor);
  return {
    pods: [...pods],
    ...(role === 'receiver' && { quorum: { ...moment, needed, members: workload.members } }),
    text: text(
      `${pods.length} of ${workload.members} pods of ${workload.object.metadata.name}, one after the other (${pods.join(', ') || 'none'}); at most one ready pod is away at a time.${role === 'receiver' ? ' Requests in flight to it are answered 503 and sent again.' : ''}`,
      `${workload.object.metadata.name} 파드 ${workload.members}개 중 ${pods.length}개를 하나씩 교체합니다(${pods.join(', ') || '없음'}). 동시에 중단되는 준비된 파드는 최대 1개입니다.${role === 'receiver' ? ' 처리 중이던 요청은 503으로 응답되어 재전송됩니다.' : ''}`,
    ),
  };
}
