import { z } from 'zod';
import { failure, type GateVerdict, type ObjectReference, type PlannedStep, type Text } from '../../../workflows/contracts';
import { targetOf, type ClusterAccess } from '../../cluster-access';
import type { Target } from '../../clusters';
import type { DesiredObject } from '../../desired-state';
import { foreignStep, text, type AllowedTargets, type DraftResult, type Judgement, type Remedy } from '../../remedy';
import { changesTowards, inverseChanges, standingOf } from '../changes';
import type { KubernetesObject } from '../gateway';
import { madeByNightshift } from '../made-here';
import { sameJson } from '../../same-json';
import { unique } from '../../workload';
import { ownerGate, verdict } from './gates';

const INPUT = z.strictObject({
  target: z.string().describe('Role of the object that is restored.'),
  also: z.array(z.string()).default([]).describe('Roles of more such objects: those that are missing or differ are restored by the same plan. One that the cluster does not have is left out.'),
});

/** Objects that route or select; restoring one restarts nothing. Never a Secret, a workload or a permission. */
const RESTORABLE: ReadonlySet<string> = new Set(['Service', 'Ingress', 'ServiceMonitor', 'PodMonitor']);

/**
 * Action A6's form for what is gone: an object is made again as the desired state says. Nothing is restarted. Of several
 * objects those that are not as they should be are restored together, since what verifies the plan looks at all of them.
 */
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
  roles: ({ target, also }) => [target, ...also],

  async plan(access, { target: role, also }): Promise<DraftResult> {
    const known = [role, ...also].filter((each) => Object.hasOwn(access.config.targets, each));
    const targets = (known.length > 0 ? known : [role]).map((each) => targetOf(access, each));
    const odd = targets.find(({ kind }) => !RESTORABLE.has(kind));
    if (odd) return refuse('kind', `${nameOf(odd)} is none of ${[...RESTORABLE].join(', ')}: it is not restored by itself.`, `${nameOf(odd)}은(는) 자동 복원 대상 종류가 아닙니다.`);
    const found = await Promise.all(targets.map((target) => restorationOf(access, target)));
    const needed = found.filter((item) => item.kind === 'needed');
    if (needed.length > 0) return draftOf(needed);
    const unknown = found.find((item) => item.kind === 'unknown');
    if (unknown) return refuse('desiredState', `Nothing says how ${unknown.name} should be: set desiredState.directory to the manifests of this cluster.`, `${unknown.name}의 원하는 상태를 알 수 없습니다. desiredState.directory를 설정하십시오.`);
    const reasons = found.flatMap((item) => (item.kind === 'unneeded' ? [item.reason] : []));
    return { kind: 'unneeded', reason: text(reasons.map(({ en }) => en).join(' '), reasons.map(({ ko }) => ko).join(' ')) };
  },

  async judge(access, { steps }, allowed): Promise<Judgement> {
    const twice = steps.find((step, index) => steps.findIndex(({ object }) => isSame(object, step.object)) !== index);
    if (twice) throw foreignStep(restoreObject.use, twice, 'it restores each object once');
    const parts = await Promise.all(steps.map((step) => judgeStep(access, step, allowed)));
    const names = parts.map(({ name }) => name).join(', ');
    return {
      risk: restoreObject.leastRisk(steps),
      gates: parts.flatMap(({ gates }) => gates),
      blastRadius: { pods: [], text: text(`${names} only; no pod is restarted.`, `${names}만 해당하며 재시작되는 파드는 없습니다.`) },
    };
  },

  /** Only what Nightshift itself has made is removed again. */
  async judgeUndo(access, { steps }, allowed) {
    return Promise.all(steps.filter(({ action }) => action === 'create').map((created) => removalGate(access, targetOfStep(created, allowed))));
  },
};

type Restoration =
  | { kind: 'needed'; name: string; source: string; step: PlannedStep; inverse: PlannedStep }
  | { kind: 'unneeded'; reason: Text }
  | { kind: 'unknown'; name: string };

async function restorationOf(access: ClusterAccess, target: Target): Promise<Restoration> {
  const name = nameOf(target);
  const [live, desired] = await Promise.all([access.kubernetes.read(target), access.desiredState.find(target)]);
  if (!desired) return { kind: 'unknown', name };
  const changes = live ? changesTowards(desired.manifest, live) : [];
  if (live && changes.length === 0) return { kind: 'unneeded', reason: text(`${name} is as ${desired.source} says.`, `${name}이(가) 원하는 상태와 같습니다.`) };
  return { kind: 'needed', name, source: desired.source, ...stepsFor(target, desired, live?.metadata.uid, changes) };
}

/** What is undone is undone the other way round. */
function draftOf(needed: ReadonlyArray<Extract<Restoration, { kind: 'needed' }>>): DraftResult {
  const numbered = (step: PlannedStep, index: number): PlannedStep => (needed.length > 1 ? { ...step, id: `${step.id}-${index + 1}` } : step);
  return {
    kind: 'draft',
    steps: needed.map(({ step }, index) => numbered(step, index)),
    inverse: needed.map(({ inverse }, index) => numbered(inverse, index)).reverse(),
    desiredState: unique(needed.map(({ source }) => source)).join(', '),
    ifNothingIsDone: consequence(needed.map(({ name }) => name).join(', ')),
  };
}

async function judgeStep(access: ClusterAccess, step: PlannedStep, allowed: AllowedTargets): Promise<{ name: string; gates: GateVerdict[] }> {
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
  const asDesired = verdict('desiredState', true, text(`${nameOf(target)} becomes what ${desired.source} says.`, `${nameOf(target)}이(가) ${desired.source}의 내용과 같아집니다.`));
  return { name: nameOf(target), gates: [asDesired, ...(live ? [ownerGate(live)] : [])] };
}

async function removalGate(access: ClusterAccess, target: Target): Promise<GateVerdict> {
  const live = await access.kubernetes.read(target);
  const ours = !live || madeByNightshift(live);
  const name = nameOf(target);
  return verdict('madeByNightshift', ours, ours
    ? text(`${name} was made by Nightshift, or is gone.`, `${name}은(는) Nightshift가 만들었거나 이미 없습니다.`)
    : text(`${name} was made by somebody else: it is not removed.`, `${name}은(는) 다른 주체가 만든 것이므로 제거하지 않습니다.`));
}

function isSame(one: ObjectReference, other: ObjectReference): boolean {
  return one.apiVersion === other.apiVersion && one.kind === other.kind && one.namespace === other.namespace && one.name === other.name;
}

function nameOf({ kind, namespace, name }: Target): string {
  return `${kind} ${namespace}/${name}`;
}

function refuse(gate: string, en: string, ko: string): DraftResult {
  const refusal = verdict(gate, false, text(en, ko));
  return { kind: 'refused', gates: [refusal], reason: refusal.reason };
}

function stepsFor(target: Target, { manifest, source }: DesiredObject, uid: string | undefined, changes: ReturnType<typeof changesTowards>): { step: PlannedStep; inverse: PlannedStep } {
  const { apiVersion, kind, namespace, name } = target;
  const object = { apiVersion, kind, namespace, name, ...(uid && { uid }) };
  const from = text(`As ${source} says.`, `${source}에 따릅니다.`);
  const back = text('As it was before the plan.', '계획 이전 상태로 되돌립니다.');
  if (uid === undefined) {
    return {
      step: { id: 'create-object', action: 'create', object, manifest, reason: from },
      inverse: { id: 'undo-create-object', action: 'delete', object, reason: back },
    };
  }
  return {
    step: { id: 'correct-object', action: 'patch', object, changes, reason: from },
    inverse: { id: 'undo-correct-object', action: 'patch', object, changes: inverseChanges(changes), reason: back },
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
