import { z } from 'zod';
import { failure, type FieldChange, type GateVerdict, type PlannedStep } from '../../../workflows/contracts';
import { targetOf, type ClusterAccess } from '../../cluster-access';
import type { Target } from '../../clusters';
import { bytesOf, quantityOf, showBytes } from '../../quantity';
import { foreignStep, text, type AllowedTargets, type DraftResult, type Judgement, type Remedy } from '../../remedy';
import { READS_WORKLOAD, readWorkload, type Workload } from '../../workload';
import { inverseChanges } from '../changes';
import { containerMemory, type ContainerMemory } from '../container-memory';
import { verdict } from './gates';
import { podOf, workloadOfSteps } from './pod-steps';

const INPUT = z.strictObject({ target: z.string().describe('Role of the workload whose pods were killed for want of memory.') });

/** Twice as much is what replaying the WAL of a full head may need beside the head itself (T#2107). */
const FACTOR = 2;
/** Of a node's memory; the rest is the system's and its other pods'. */
const NODE_SHARE = 0.5;

type PatchStep = Extract<PlannedStep, { action: 'patch' }>;

/**
 * Action A8: pods that were killed for want of memory get twice as much in place, request and limit together, so that the
 * node counts on it. Only those pods, and only until they are made anew: the template stays as it is, for a permanent fix to
 * change. The resize subresource needs Kubernetes 1.33, and is stable since 1.35.
 */
export const resizeMemory: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.resizeMemory',
  title: 'Doubles memory request and limit, in place, of the pods that were killed for want of it, where their nodes have room',
  input: INPUT,
  rbac: [
    ...READS_WORKLOAD,
    { apiGroup: '', resources: ['pods'], verbs: ['get'] },
    { apiGroup: '', resources: ['pods/resize'], verbs: ['patch'] },
    { apiGroup: '', resources: ['nodes'], verbs: ['get'] },
  ],
  mildestRisk: 'disruptive',
  leastRisk: () => 'disruptive',
  roles: ({ target }) => [target],

  async plan(access, { target: role }): Promise<DraftResult> {
    const target = targetOf(access, role);
    const workload = await readWorkload(access, target);
    const killed = workload.pods.map((pod) => containerMemory(pod, target)).filter(({ oomKilled }) => oomKilled);
    // Resized already: what is to be done now is to wait.
    const small = killed.filter((memory) => memory.limitBytes !== undefined && memory.limitBytes < wantedBytes(workload, memory));
    if (small.length === 0) return nothingSmall(workload, killed);
    const steps = small.map((memory) => stepOf(access, workload, memory));
    return {
      kind: 'draft',
      steps,
      inverse: [...steps].reverse().map((step): PatchStep => ({ ...step, id: `undo-${step.id}`, changes: inverseChanges(step.changes), reason: text('As much memory as before the plan.', '계획 이전의 메모리로 되돌립니다.') })),
      ifNothingIsDone: text(`${small.map(({ pod }) => pod.name).join(', ')} is killed again each time it has read as far as before.`, `${small.map(({ pod }) => pod.name).join(', ')}은(는) 같은 지점까지 읽을 때마다 다시 강제 종료됩니다.`),
    };
  },

  async judge(access, { steps }, allowed): Promise<Judgement> {
    const { target, workload } = await placeOf(access, steps, allowed);
    const gates: GateVerdict[] = [];
    for (const step of steps as PatchStep[]) {
      const pod = podOf(step, workload);
      // Made anew meanwhile, from the template: the step has nothing to act on.
      if (!pod) throw failure('Conflict', `Pod ${step.object.name} is another than the one that was planned for; plan again`);
      const memory = containerMemory(pod, target);
      requireOwnChanges(step, workload, memory);
      gates.push(killedGate(memory), await roomGate(access, memory, bytesOf(step.changes[0]?.new) ?? Number.POSITIVE_INFINITY));
    }
    const names = steps.map(({ object }) => object.name);
    return {
      risk: 'disruptive',
      gates,
      blastRadius: { pods: [], text: text(`Memory of ${names.join(', ')} only, and only until those pods are made anew; no ready pod is restarted.`, `${names.join(', ')}의 메모리만 바뀌며, 해당 파드를 새로 만들면 원래대로 돌아갑니다. 준비된 파드는 재시작하지 않습니다.`) },
    };
  },

  /** Taking memory back from a pod that uses it kills it. */
  async judgeUndo(access, { steps }, allowed) {
    const { workload } = await placeOf(access, steps, allowed);
    const ready = steps.map((step) => podOf(step, workload)).filter((pod) => pod?.ready);
    return [verdict('notInUse', ready.length === 0, ready.length === 0
      ? text('No pod that is ready loses memory.', '준비된 파드의 메모리는 줄이지 않습니다.')
      : text(`${ready.map((pod) => pod?.name).join(', ')} is ready and may use what it was given: it is not taken back.`, `${ready.map((pod) => pod?.name).join(', ')}이(가) 준비 상태로 늘린 메모리를 사용 중일 수 있어 되돌리지 않습니다.`))];
  },
};

/** Of the template's limit, so that a second plan does not double what the first has doubled. */
function wantedBytes({ object }: Workload, { index, limitBytes = 0 }: ContainerMemory): number {
  const template = ((object['spec'] as { template?: { spec?: { containers?: Array<{ resources?: { limits?: { memory?: string } } }> } } } | undefined)?.template?.spec?.containers ?? [])[index];
  return FACTOR * (bytesOf(template?.resources?.limits?.memory) ?? limitBytes);
}

function nothingSmall({ object }: Workload, killed: readonly ContainerMemory[]): DraftResult {
  const name = object.metadata.name;
  if (killed.length === 0) return { kind: 'unneeded', reason: text(`No pod of ${name} was killed for want of memory.`, `${name}에 메모리 부족으로 강제 종료된 파드가 없습니다.`) };
  const unlimited = killed.filter(({ limitBytes }) => limitBytes === undefined);
  if (unlimited.length === 0) {
    const gate = verdict('onceOnly', false, text(`${killed.map(({ pod }) => pod.name).join(', ')} has twice its template's memory already and was killed all the same: more is not the answer.`, `${killed.map(({ pod }) => pod.name).join(', ')}은(는) 이미 템플릿의 두 배를 받았으나 다시 강제 종료되었습니다. 메모리를 더 늘려도 해결되지 않습니다.`));
    return { kind: 'refused', gates: [gate], reason: gate.reason };
  }
  const gate = verdict('limit', false, text(`${unlimited.map(({ pod }) => pod.name).join(', ')} has no memory limit of its own: its node ran out.`, `${unlimited.map(({ pod }) => pod.name).join(', ')}에 메모리 제한이 없습니다. 노드의 메모리가 부족한 것입니다.`));
  return { kind: 'refused', gates: [gate], reason: gate.reason };
}

function changesOf(workload: Workload, { index, limit, request, ...memory }: ContainerMemory): FieldChange[] {
  const wanted = quantityOf(wantedBytes(workload, { index, limit, request, ...memory }));
  const path = `/spec/containers/${index}/resources`;
  return [
    { path: `${path}/limits/memory`, ...(limit !== undefined && { old: limit }), new: wanted },
    // A pod without a request has its limit for one.
    { path: `${path}/requests/memory`, ...(request !== undefined && { old: request }), new: wanted },
  ];
}

function stepOf(access: ClusterAccess, workload: Workload, memory: ContainerMemory): PatchStep {
  const { pod, limit } = memory;
  return {
    id: `resize-${pod.name}`,
    action: 'patch',
    object: { apiVersion: 'v1', kind: 'Pod', namespace: pod.object.metadata.namespace ?? access.config.namespace, name: pod.name, uid: pod.uid },
    changes: changesOf(workload, memory),
    reason: text(`${pod.name} was killed for want of memory at ${limit}; it gets ${quantityOf(wantedBytes(workload, memory))}, request and limit alike.`, `${pod.name}이(가) ${limit}에서 메모리 부족으로 강제 종료되었습니다. 요청과 제한을 모두 ${quantityOf(wantedBytes(workload, memory))}(으)로 늘립니다.`),
  };
}

async function placeOf(access: ClusterAccess, steps: readonly PlannedStep[], allowed: AllowedTargets): Promise<{ target: Target; workload: Workload }> {
  const odd = steps.find(({ action }) => action !== 'patch');
  if (odd) throw foreignStep(resizeMemory.use, odd, 'it resizes pods only');
  const { role, workload } = await workloadOfSteps(access, resizeMemory.use, steps, allowed);
  return { target: allowed.get(role)!, workload };
}

/** Request and limit of the one container, to the very size that this remedy gives, from what they are or already are that. */
function requireOwnChanges(step: PatchStep, workload: Workload, memory: ContainerMemory): void {
  const wanted = quantityOf(wantedBytes(workload, memory));
  const paths = changesOf(workload, memory).map(({ path }) => path);
  const own = step.changes.length === paths.length && step.changes.every(({ path, new: to }, at) => path === paths[at] && to === wanted);
  if (!own) throw foreignStep(resizeMemory.use, step, `it sets memory request and limit to ${wanted} only`);
}

function killedGate({ pod, oomKilled }: ContainerMemory): GateVerdict {
  return verdict('onlyKilled', oomKilled, oomKilled
    ? text(`${pod.name} was killed for want of memory.`, `${pod.name}은(는) 메모리 부족으로 강제 종료되었습니다.`)
    : text(`${pod.name} was not killed for want of memory: it is not resized. The evidence is stale; diagnose again.`, `${pod.name}은(는) 메모리 부족으로 종료된 것이 아니므로 변경하지 않습니다. 다시 진단하십시오.`));
}

/** What a node cannot hold, its kubelet defers or refuses; one pod may not take most of it either way. */
async function roomGate(access: ClusterAccess, { pod }: ContainerMemory, wanted: number): Promise<GateVerdict> {
  const node = await access.kubernetes.read({ apiVersion: 'v1', kind: 'Node', namespace: '', name: pod.node });
  const allocatable = bytesOf((node?.['status'] as { allocatable?: { memory?: string } } | undefined)?.allocatable?.memory);
  if (allocatable === undefined) return verdict('nodeRoom', false, text(`The node ${pod.node || '(none)'} does not say how much memory it has for pods.`, `노드 ${pod.node || '(없음)'}의 할당 가능 메모리를 알 수 없습니다.`));
  const passed = wanted <= allocatable * NODE_SHARE;
  return verdict('nodeRoom', passed, passed
    ? text(`The node ${pod.node} has ${showBytes(allocatable)} for pods, ${pod.name} gets ${showBytes(wanted)} of it.`, `노드 ${pod.node}의 할당 가능 메모리 ${showBytes(allocatable)} 중 ${pod.name}에 ${showBytes(wanted)}.`)
    : text(`${showBytes(wanted)} for ${pod.name} is more than half of what the node ${pod.node} has for pods (${showBytes(allocatable)}): move it to a larger node instead.`, `${pod.name}에 ${showBytes(wanted)}은(는) 노드 ${pod.node}의 할당 가능 메모리(${showBytes(allocatable)})의 절반을 넘습니다. 더 큰 노드로 옮기십시오.`));
}
