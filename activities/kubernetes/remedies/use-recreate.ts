import { z } from 'zod';
import type { FieldChange } from '../../../workflows/contracts';
import { targetOf } from '../../cluster-access';
import { foreignStep, text, type DraftResult, type Judgement, type Remedy } from '../../remedy';
import { readWorkload, type Workload } from '../../workload';
import { inverseChanges, valueAt } from '../changes';
import { ownerGate, verdict } from './gates';
import { CHANGES_DEPLOYMENT, referenceTo, refuse, requireChanges, soleSubject } from './patch-workload';
import { exclusiveClaims } from './restart-rollout';

const INPUT = z.strictObject({ target: z.string().describe('Role of a Deployment whose pods share a volume that one node at a time may mount.') });
const STRATEGY = '/spec/strategy';

/** For `Multi-Attach error`: the old pod goes before the new one comes, so that the volume can move. */
export const useRecreate: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.useRecreate',
  title: 'Sets a Deployment’s strategy to Recreate, so that the old pod lets go of the volume before the new one mounts it',
  input: INPUT,
  rbac: [...CHANGES_DEPLOYMENT, { apiGroup: '', resources: ['persistentvolumeclaims'], verbs: ['get'] }],
  mildestRisk: 'disruptive',
  leastRisk: () => 'disruptive',
  roles: ({ target }) => [target],

  async plan(access, { target: role }): Promise<DraftResult> {
    const target = targetOf(access, role);
    if (target.kind !== 'Deployment') return refuse('kind', `${target.kind} ${target.name} is no Deployment.`, `${target.kind} ${target.name}은(는) Deployment가 아닙니다.`);
    const workload = await readWorkload(access, target);
    const changes = changesOf(workload);
    if (changes.length === 0) return { kind: 'unneeded', reason: text(`${target.name} is recreated already: its old pod goes first.`, `${target.name}은(는) 이미 Recreate 전략을 사용합니다.`) };
    const step = { id: 'use-recreate', action: 'patch' as const, object: referenceTo(workload), changes, reason: text('The old pod is taken away before the new one starts.', '새 파드를 시작하기 전에 기존 파드를 종료합니다.') };
    return {
      kind: 'draft', steps: [step],
      inverse: [{ ...step, id: 'undo-use-recreate', changes: inverseChanges(changes), reason: text('The strategy goes back to what it was.', '전략을 계획 이전 상태로 되돌립니다.') }],
      ifNothingIsDone: text('The new pod waits for a volume that the old one holds, for ever.', '새 파드가 기존 파드가 점유한 볼륨을 계속 기다립니다.'),
    };
  },

  async judge(access, { steps }, allowed): Promise<Judgement> {
    const { target, workload, step } = await soleSubject(access, useRecreate.use, steps, allowed);
    if (target.kind !== 'Deployment') throw foreignStep(useRecreate.use, step, 'it changes Deployments only');
    requireChanges(useRecreate.use, step, workload, changesOf(workload), ({ path, new: value }) => path === STRATEGY && (value as { type?: string } | undefined)?.type === 'Recreate');
    const exclusive = await exclusiveClaims(access, workload);
    const pods = workload.pods.map(({ name }) => name);
    return {
      risk: 'disruptive',
      gates: [ownerGate(workload.object), verdict('exclusiveVolume', exclusive.length > 0, exclusive.length > 0
        ? text(`${exclusive.join(', ')} can be mounted on one node only.`, `${exclusive.join(', ')} 볼륨은 한 노드에서만 마운트됩니다.`)
        : text(`Nothing that ${target.name} mounts is bound to one node: the strategy is not what keeps it from starting.`, `${target.name}이(가) 마운트하는 볼륨 중 한 노드로 제한된 것이 없으므로 전략 문제가 아닙니다.`))],
      blastRadius: { pods, text: text(`${target.name} is away between its old pod and its new one.`, `기존 파드 종료와 새 파드 시작 사이에 ${target.name}이(가) 중단됩니다.`) },
    };
  },
};

function changesOf({ object }: Workload): FieldChange[] {
  const old = valueAt(object, STRATEGY);
  if ((old as { type?: string } | undefined)?.type === 'Recreate') return [];
  return [{ path: STRATEGY, ...(old !== undefined && { old }), new: { type: 'Recreate' } }];
}
