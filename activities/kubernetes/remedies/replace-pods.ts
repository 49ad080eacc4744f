import { z } from 'zod';
import { targetOf } from '../../cluster-access';
import { foreignStep, text, type DraftResult, type Judgement, type Remedy } from '../../remedy';
import { readWorkload, textOf } from '../../workload';
import { verdict } from './gates';
import { workloadOfSteps } from './pod-steps';
import { rollingGates, rollingRadius, rollingSteps } from './rolling';

const INPUT = z.strictObject({ target: z.string().describe('Role of the StatefulSet whose pods are replaced, one after the other.') });

/** Action A1 on every member: for what only a new process reads or lets go of. Never an agent: its restart skips what it has not sent (domain F3). */
export const replacePods: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.replacePods',
  title: 'Replaces the pods of a StatefulSet one after the other; the next goes only when the one before is ready again',
  input: INPUT,
  rbac: [
    { apiGroup: 'apps', resources: ['statefulsets'], verbs: ['get'] },
    { apiGroup: '', resources: ['pods/eviction'], verbs: ['create'] },
    { apiGroup: '', resources: ['pods'], verbs: ['get', 'list'] },
  ],
  mildestRisk: 'disruptive',
  leastRisk: () => 'disruptive',
  roles: ({ target }) => [target],

  async plan(access, { target: role }, { plannedAt }): Promise<DraftResult> {
    const target = targetOf(access, role);
    const kind = verdict('kind', target.kind === 'StatefulSet' && role !== 'agent', target.kind === 'StatefulSet' && role !== 'agent'
      ? text('It is a StatefulSet and no agent.', '에이전트가 아닌 StatefulSet입니다.')
      : text(`${target.kind} ${target.name} (${role}) is not restarted by itself: only StatefulSets are, and never an agent, which would skip what it has not sent.`, `${target.kind} ${target.name}(${role})은(는) 재시작하지 않습니다. StatefulSet만 가능하며 에이전트는 미전송 샘플을 건너뛰므로 제외됩니다.`));
    if (!kind.passed) return { kind: 'refused', gates: [kind], reason: kind.reason };
    const workload = await readWorkload(access, target);
    const since = Date.parse(plannedAt);
    // A pod that came after the plan was made for the first time has been replaced already.
    const old = workload.pods.filter((pod) => pod.state !== 'terminating' && !(Date.parse(textOf(pod.object.metadata['creationTimestamp'])) > since));
    if (old.length === 0) return { kind: 'unneeded', reason: text(`${target.name} has no pod to replace.`, `${target.name}에 교체할 파드가 없습니다.`) };
    return {
      kind: 'draft',
      steps: rollingSteps(old, target.namespace),
      inverse: [],
      ifNothingIsDone: text('Whatever only a new process takes up or lets go of stays as it is.', '새 프로세스만 반영할 수 있는 상태가 그대로 유지됩니다.'),
    };
  },

  async judge(access, { steps, executing }, allowed): Promise<Judgement> {
    const odd = steps.find(({ action }) => action !== 'evict');
    if (odd) throw foreignStep(replacePods.use, odd, 'it only evicts pods');
    const { role, workload } = await workloadOfSteps(access, replacePods.use, steps, allowed);
    if (role === 'agent' || workload.object.kind !== 'StatefulSet') throw foreignStep(replacePods.use, steps[0]!, 'it restarts StatefulSets only, and never an agent');
    return {
      risk: 'disruptive',
      gates: rollingGates(access, role, workload, steps, executing),
      blastRadius: rollingRadius(access, role, workload, steps.map(({ object }) => object.name)),
    };
  },
};
