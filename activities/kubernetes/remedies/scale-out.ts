import { z } from 'zod';
import type { FieldChange } from '../../../workflows/contracts';
import { targetOf } from '../../cluster-access';
import { foreignStep, text, type DraftResult, type Judgement, type Remedy } from '../../remedy';
import { readWorkload, type Workload } from '../../workload';
import { inverseChanges } from '../changes';
import { ownerGate, templateGate, verdict } from './gates';
import { CHANGES_DEPLOYMENT, referenceTo, refuse, requireChanges, soleSubject } from './patch-workload';

/** These hold nothing and are all alike. A compactor is never two. */
const SCALABLE = ['query', 'frontend'] as const;
const INPUT = z.strictObject({ target: z.enum(SCALABLE).describe('Role of a Deployment that holds nothing.') });

const PATH = '/spec/replicas';
/** What needs more than this needs a person who looks at the queries. */
const MOST = 6;

/** More of what answers queries: safe, because nothing is restarted and each holds nothing. */
export const scaleOut: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.scaleOut',
  title: 'Adds one replica of Thanos Query or its frontend; nothing is restarted',
  input: INPUT,
  rbac: [...CHANGES_DEPLOYMENT],
  mildestRisk: 'safe',
  leastRisk: () => 'safe',
  roles: ({ target }) => [target],

  async plan(access, { target: role }): Promise<DraftResult> {
    const target = targetOf(access, role);
    if (target.kind !== 'Deployment') return refuse('kind', `${target.kind} ${target.name} is no Deployment.`, `${target.kind} ${target.name}은(는) Deployment가 아닙니다.`);
    const workload = await readWorkload(access, target);
    const now = replicasOf(workload);
    if (now >= MOST) return refuse('most', `${target.name} has ${now} replicas already: more would not help as long as the same queries come.`, `${target.name}의 레플리카가 이미 ${now}개입니다. 같은 질의가 계속되면 더 늘려도 도움이 되지 않습니다.`);
    const changes: FieldChange[] = [{ path: PATH, old: now, new: now + 1 }];
    const step = { id: 'scale-out', action: 'patch' as const, object: referenceTo(workload), changes, reason: text('One more takes a share of the queries.', '하나를 추가해 질의를 나눠 처리합니다.') };
    return {
      kind: 'draft', steps: [step], inverse: [{ ...step, id: 'undo-scale-out', changes: inverseChanges(changes), reason: text('As many as before.', '계획 이전의 수로 되돌립니다.') }],
      ifNothingIsDone: text('Queries go on waiting for their turn.', '질의가 계속 대기합니다.'),
    };
  },

  async judge(access, { steps }, allowed): Promise<Judgement> {
    const { role, workload, step } = await soleSubject(access, scaleOut.use, steps, allowed);
    const [change] = step.changes;
    if (!(SCALABLE as readonly string[]).includes(role) || step.changes.length !== 1 || Number(change?.new) !== Number(change?.old) + 1) throw foreignStep(scaleOut.use, step, 'it adds one replica of Query or its frontend');
    requireChanges(scaleOut.use, step, workload, undefined, ({ path }) => path === PATH);
    const passed = Number(change?.new) <= MOST;
    return {
      risk: 'safe',
      gates: [ownerGate(workload.object), templateGate(workload), verdict('most', passed, text(`It becomes ${Number(change?.new)}, of at most ${MOST}.`, `최대 ${MOST}개 중 ${Number(change?.new)}개가 됩니다.`))],
      blastRadius: { pods: [], text: text('One pod is added; none is restarted or removed.', '파드 하나를 추가하며 재시작·제거되는 파드는 없습니다.') },
    };
  },
};

function replicasOf({ object }: Workload): number {
  return Number((object['spec'] as { replicas?: number } | undefined)?.replicas ?? 1);
}
