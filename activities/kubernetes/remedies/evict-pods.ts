import { z } from 'zod';
import { failureTypeOf, type GateVerdict, type PlannedStep } from '../../../workflows/contracts';
import { targetOf, type ClusterAccess } from '../../cluster-access';
import { foreignStep, text, type DraftResult, type Judgement, type Remedy } from '../../remedy';
import { READS_WORKLOAD, readWorkload, type PodView, type Workload } from '../../workload';
import { podsRadius, quorumGate, templateGate, verdict } from './gates';
import { podOf, workloadOfSteps } from './pod-steps';

const INPUT = z.strictObject({
  target: z.string().describe('Role of the workload whose broken pods are evicted.'),
  only: z.literal('notReady').default('notReady').describe('A ready pod is never evicted.'),
});

/** Action A1: each broken pod is evicted, so that its controller makes a new one. A ready pod is never touched. */
export const evictPods: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.evictPods',
  title: 'Evicts the broken pods of a workload, one after the other; never a ready one',
  input: INPUT,
  rbac: [
    { apiGroup: '', resources: ['pods/eviction'], verbs: ['create'] },
    ...READS_WORKLOAD,
    { apiGroup: '', resources: ['pods'], verbs: ['get', 'delete'] },
  ],
  mildestRisk: 'disruptive',
  leastRisk: () => 'disruptive',
  roles: ({ target }) => [target],

  async plan(access, { target: role }): Promise<DraftResult> {
    const workload = await readWorkload(access, targetOf(access, role));
    const broken = workload.pods.filter((pod) => pod.state === 'broken');
    if (broken.length === 0) return nothingBroken(workload);
    const template = templateGate(workload);
    if (!template.passed) return { kind: 'refused', gates: [template], reason: template.reason };
    const steps = await Promise.all(broken.map((pod) => evictionStep(access, pod)));
    return {
      kind: 'draft',
      steps,
      inverse: [],
      ifNothingIsDone: text(
        `${broken.map((pod) => pod.name).join(', ')} will go on failing: the cause does not go away by itself.`,
        `${broken.map((pod) => pod.name).join(', ')}이(가) 계속 실패합니다. 원인은 저절로 사라지지 않습니다.`,
      ),
    };
  },

  async judge(access, { steps }, allowed): Promise<Judgement> {
    for (const step of steps) if (step.action !== 'evict' && step.action !== 'delete') throw foreignStep(evictPods.use, step, 'it only evicts and deletes pods');
    const { role, workload } = await workloadOfSteps(access, evictPods.use, steps, allowed);
    const present = steps.map((step) => podOf(step, workload)).filter((pod) => pod !== undefined);
    return {
      risk: 'disruptive',
      gates: evictionGates(access, role, workload, present),
      blastRadius: podsRadius(access, role, workload, steps.map(({ object }) => object.name)),
    };
  },
};

function nothingBroken({ object, pods }: Workload): DraftResult {
  const coming = pods.filter((pod) => !pod.ready).map((pod) => `${pod.name} (${pod.state})`);
  const name = object.metadata.name;
  return {
    kind: 'unneeded',
    reason: coming.length > 0
      ? text(`No pod of ${name} is broken; not ready yet: ${coming.join(', ')}.`, `${name}에 고장 난 파드가 없습니다. 아직 준비되지 않음: ${coming.join(', ')}.`)
      : text(`All pods of ${name} are ready.`, `${name}의 모든 파드가 준비되었습니다.`),
  };
}

/**
 * By eviction; where a disruption budget protects even broken pods (its default), by deletion of exactly this pod.
 * Any other refusal shows in the plan's own dry run.
 */
export async function evictionStep(access: ClusterAccess, pod: PodView): Promise<PlannedStep> {
  const object = { apiVersion: 'v1', kind: 'Pod', namespace: pod.object.metadata.namespace ?? access.config.namespace, name: pod.name, uid: pod.uid };
  const why = [...pod.waitingReasons, ...pod.terminatedReasons].join(', ') || 'it fails again and again';
  const refusedByBudget = await access.kubernetes.evict(object, { dryRun: true }).then(
    () => false,
    (error: unknown) => failureTypeOf(error) === 'RateLimited',
  );
  return refusedByBudget
    ? { id: `delete-${pod.name}`, action: 'delete', object, reason: text(`${pod.name} is broken (${why}). Its disruption budget refuses the eviction although the pod serves nobody, so this very pod is deleted.`, `${pod.name} 고장(${why}). PDB가 서비스하지 않는 파드의 축출도 거부하므로 이 파드만 삭제합니다.`) }
    : { id: `evict-${pod.name}`, action: 'evict', object, reason: text(`${pod.name} is broken (${why}); a new pod replaces it.`, `${pod.name} 고장(${why}). 새 파드로 교체됩니다.`) };
}

/** A pod that is removed must be broken, and what replaces it must have a template that works. */
export function evictionGates(access: ClusterAccess, role: string, workload: Workload, pods: readonly PodView[]): GateVerdict[] {
  const spared = pods.filter((pod) => pod.state !== 'broken' && pod.state !== 'terminating');
  const readyBefore = workload.pods.filter((pod) => pod.ready).length;
  const readyDuring = readyBefore - pods.filter((pod) => pod.ready).length;
  const gates = [
    verdict('onlyBroken', spared.length === 0, spared.length === 0
      ? text('Every pod that is removed is broken.', '제거되는 파드는 모두 고장 상태입니다.')
      : text(`${spared.map((pod) => `${pod.name} is ${pod.state}`).join(', ')}: only broken pods are removed. The evidence is stale; diagnose again.`, `${spared.map((pod) => `${pod.name}: ${pod.state}`).join(', ')}. 고장 난 파드만 제거할 수 있습니다. 다시 진단하십시오.`)),
    templateGate(workload),
  ];
  if (role === 'receiver') gates.push(quorumGate(access, { members: workload.members, readyBefore, readyDuring }));
  if (role === 'agent') gates.push(agentGate(pods));
  return gates;
}

/** Domain F3: a restart skips what a running agent has not sent yet; one that does not run has lost it already. */
function agentGate(pods: readonly PodView[]): GateVerdict {
  const running = pods.filter((pod) => pod.running);
  return verdict('unsentSamples', running.length === 0, running.length === 0
    ? text('No agent that runs is restarted: there is nothing left to protect.', '실행 중인 에이전트를 재시작하지 않습니다.')
    : text(`${running.map((pod) => pod.name).join(', ')} runs and may hold samples that were not sent: an agent is not restarted.`, `${running.map((pod) => pod.name).join(', ')}이(가) 실행 중이며 미전송 샘플이 있을 수 있어 재시작하지 않습니다.`));
}
