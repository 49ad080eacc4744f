import { z } from 'zod';
import { failure, type PlannedStep } from '../../../workflows/contracts';
import { targetOf } from '../../cluster-access';
import type { Target } from '../../clusters';
import type { DesiredObject } from '../../desired-state';
import { foreignStep, text, type AllowedTargets, type DraftResult, type Judgement, type Remedy } from '../../remedy';
import { changesTowards, inverseChanges, standingOf } from '../changes';
import { FIELD_MANAGER, type KubernetesObject } from '../gateway';
import { sameJson } from '../../same-json';
import { ownerGate, verdict } from './gates';

const INPUT = z.strictObject({ target: z.string().describe('Role of the object that is restored.') });

/** Objects that route or select; restoring one restarts nothing. Never a Secret, a workload or a permission. */
const RESTORABLE: ReadonlySet<string> = new Set(['Service', 'Ingress', 'ServiceMonitor', 'PodMonitor']);

/** Action A6's form for what is gone: the object is made again as the desired state says. Nothing is restarted. */
export const restoreObject: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.restoreObject',
  title: 'Makes a missing Service (Ingress, ServiceMonitor, PodMonitor) again, or corrects it, as the desired state says',
  input: INPUT,
  rbac: [
    { apiGroup: '', resources: ['services'], verbs: ['get', 'create', 'patch', 'delete'] },
    { apiGroup: 'networking.k8s.io', resources: ['ingresses'], verbs: ['get', 'create', 'patch', 'delete'] },
    { apiGroup: 'monitoring.coreos.com', resources: ['servicemonitors', 'podmonitors'], verbs: ['get', 'create', 'patch', 'delete'] },
  ],
  mildestRisk: 'safe',
  leastRisk: (steps) => (steps.every(({ action }) => action === 'create') ? 'safe' : 'disruptive'),
  roles: ({ target }) => [target],

  async plan(access, { target: role }): Promise<DraftResult> {
    const target = targetOf(access, role);
    const name = nameOf(target);
    if (!RESTORABLE.has(target.kind)) return refuse('kind', `${name} is none of ${[...RESTORABLE].join(', ')}: it is not restored by itself.`, `${name}은(는) 자동 복원 대상 종류가 아닙니다.`);
    const [live, desired] = await Promise.all([access.kubernetes.read(target), access.desiredState.find(target)]);
    if (!desired) return refuse('desiredState', `Nothing says how ${name} should be: set desiredState.directory to the manifests of this cluster.`, `${name}의 원하는 상태를 알 수 없습니다. desiredState.directory를 설정하십시오.`);
    const changes = live ? changesTowards(desired.manifest, live) : [];
    if (live && changes.length === 0) return { kind: 'unneeded', reason: text(`${name} is as ${desired.source} says.`, `${name}이(가) 원하는 상태와 같습니다.`) };
    return { kind: 'draft', ...stepsFor(target, desired, live?.metadata.uid, changes), desiredState: desired.source, ifNothingIsDone: consequence(name) };
  },

  async judge(access, { steps }, allowed): Promise<Judgement> {
    const [step, another] = steps;
    if (!step || another) throw foreignStep(restoreObject.use, another ?? steps[0]!, 'it restores one object');
    const target = targetOfStep(step, allowed);
    const desired = await access.desiredState.find(target);
    if (!desired) throw foreignStep(restoreObject.use, step, 'nothing says how the object should be');
    const live = await access.kubernetes.read(target);
    if (step.action === 'create') {
      if (!sameJson(step.manifest, desired.manifest)) throw foreignStep(restoreObject.use, step, `the manifest is not the one of ${desired.source}`);
    } else if (step.action === 'patch') {
      judgeChanges(step, desired, live, nameOf(target));
    } else {
      throw foreignStep(restoreObject.use, step, 'it creates or patches');
    }
    return {
      risk: step.action === 'create' ? 'safe' : 'disruptive',
      gates: [
        verdict('desiredState', true, text(`It is what ${desired.source} says.`, `${desired.source}의 내용과 같습니다.`)),
        ...(live ? [ownerGate(live)] : []),
      ],
      blastRadius: { pods: [], text: text(`${nameOf(target)} only; no pod is restarted.`, `${nameOf(target)}만 해당하며 재시작되는 파드는 없습니다.`) },
    };
  },

  /** Only what Nightshift itself has made is removed again. */
  async judgeUndo(access, { steps }, allowed) {
    const created = steps.find(({ action }) => action === 'create');
    if (!created) return [];
    const live = await access.kubernetes.read(targetOfStep(created, allowed));
    const ours = !live || madeByNightshift(live);
    const name = nameOf(targetOfStep(created, allowed));
    return [verdict('madeByNightshift', ours, ours
      ? text(`${name} was made by Nightshift, or is gone.`, `${name}은(는) Nightshift가 만들었거나 이미 없습니다.`)
      : text(`${name} was made by somebody else: it is not removed.`, `${name}은(는) 다른 주체가 만든 것이므로 제거하지 않습니다.`))];
  },
};

function madeByNightshift({ metadata }: KubernetesObject): boolean {
  return ((metadata['managedFields'] ?? []) as Array<{ manager?: string }>).some(({ manager }) => manager === FIELD_MANAGER);
}

function nameOf({ kind, namespace, name }: Target): string {
  return `${kind} ${namespace}/${name}`;
}

function refuse(gate: string, en: string, ko: string): DraftResult {
  const refusal = verdict(gate, false, text(en, ko));
  return { kind: 'refused', gates: [refusal], reason: refusal.reason };
}

function stepsFor(target: Target, { manifest, source }: DesiredObject, uid: string | undefined, changes: ReturnType<typeof changesTowards>) {
  const { apiVersion, kind, namespace, name } = target;
  const object = { apiVersion, kind, namespace, name, ...(uid && { uid }) };
  const from = text(`As ${source} says.`, `${source}에 따릅니다.`);
  const back = text('As it was before the plan.', '계획 이전 상태로 되돌립니다.');
  if (uid === undefined) {
    return {
      steps: [{ id: 'create-object', action: 'create', object, manifest, reason: from }] satisfies PlannedStep[],
      inverse: [{ id: 'undo-create-object', action: 'delete', object, reason: back }] satisfies PlannedStep[],
    };
  }
  return {
    steps: [{ id: 'correct-object', action: 'patch', object, changes, reason: from }] satisfies PlannedStep[],
    inverse: [{ id: 'undo-correct-object', action: 'patch', object, changes: inverseChanges(changes), reason: back }] satisfies PlannedStep[],
  };
}

function consequence(name: string) {
  return text(`Whoever uses ${name} goes on failing until somebody restores it; an agent keeps what it cannot send for about two hours.`, `${name}을(를) 복원할 때까지 이를 사용하는 쪽이 계속 실패합니다. 에이전트는 미전송 샘플을 약 2시간 보관합니다.`);
}

function targetOfStep(step: PlannedStep, allowed: AllowedTargets): Target {
  const { apiVersion, kind, namespace, name } = step.object;
  const target = [...allowed.values()].find((candidate) => candidate.apiVersion === apiVersion && candidate.kind === kind && candidate.namespace === namespace && candidate.name === name);
  if (!target || !RESTORABLE.has(kind)) throw foreignStep(restoreObject.use, step, 'the object is none of the allowed targets');
  return target;
}

function judgeChanges(step: Extract<PlannedStep, { action: 'patch' }>, { manifest, source }: DesiredObject, live: KubernetesObject | undefined, name: string): void {
  if (!live || live.metadata.uid !== step.object.uid) throw failure('Conflict', `${name} is another object than the one that was planned for; plan again`);
  const standing = standingOf(live, step.changes);
  if (typeof standing === 'object') throw failure('Conflict', `${name} is no longer as it was planned for (${standing.differs}); plan again`);
  const remaining = changesTowards(manifest, live);
  const wanted = standing === 'done' ? [] : step.changes;
  if (!sameJson(wanted, remaining)) throw foreignStep(restoreObject.use, step, `the changes are not those towards ${source}`);
}
