import { z } from 'zod';
import { failure, failureTypeOf, type GateVerdict, type PlannedStep } from '../../../workflows/contracts';
import { targetOf, type ClusterAccess } from '../../cluster-access';
import { foreignStep, text, type AllowedTargets, type DraftResult, type JudgedPlan, type Judgement, type Remedy } from '../../remedy';
import { readWorkload, type PodView, type Workload } from '../../workload';
import { applyChanges, changesBetween, inverseChanges, standingOf, toJsonPatch } from '../changes';
import { ownerGate, podsRadius, quorumGate, verdict } from './gates';
import { podOf, workloadOfSteps } from './pod-steps';
import { healthyRevision, revisionsOf, sameTemplate, templateOf, type Revision } from './revisions';

const INPUT = z.strictObject({ target: z.string().describe('Role of the StatefulSet whose template is restored.') });
const TEMPLATE = '/spec/template';
/** The controller reads a changed StatefulSet within milliseconds; asked again after this many. */
const CONTROLLER_MS = 500;

type PatchStep = Extract<PlannedStep, { action: 'patch' }>;

/**
 * Actions A13 and A2: the template goes back to the ControllerRevision that ready pods have, then each pod on the bad
 * one is deleted, because a StatefulSet never replaces a pod that is stuck on a bad revision (domain F10). Ready pods
 * are on the restored revision already, so none of them is restarted.
 */
export const restoreRevision: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.restoreRevision',
  title: 'Puts a StatefulSet’s template back to the revision that its ready pods have, then deletes the pods on the bad one',
  input: INPUT,
  rbac: [
    { apiGroup: 'apps', resources: ['statefulsets'], verbs: ['get', 'patch'] },
    { apiGroup: 'apps', resources: ['controllerrevisions'], verbs: ['list'] },
    { apiGroup: '', resources: ['pods'], verbs: ['get', 'list', 'delete'] },
  ],
  mildestRisk: 'disruptive',
  leastRisk: () => 'disruptive',
  roles: ({ target }) => [target],

  async plan(access, { target: role }): Promise<DraftResult> {
    const target = targetOf(access, role);
    if (target.kind !== 'StatefulSet') return refused(verdict('kind', false, text(`${target.kind} ${target.name} is no StatefulSet.`, `${target.kind} ${target.name}은(는) StatefulSet이 아닙니다.`)));
    const workload = await readWorkload(access, target);
    const owner = ownerGate(workload.object);
    if (!owner.passed) return refused(owner);
    const good = healthyRevision(await revisionsOf(access, workload.object), workload);
    if (!good) return refused(noHealthyRevision(workload));
    const changes = changesBetween(TEMPLATE, templateOf(workload.object), good.template);
    const bad = badPods(workload, good);
    if (changes.length === 0 && bad.length === 0) return { kind: 'unneeded', reason: text(`The template is ${good.name}, which ready pods have, and no pod is on another.`, `템플릿은 준비된 파드와 같은 ${good.name}이며 다른 리비전의 파드가 없습니다.`) };
    const object = referenceTo(workload);
    const patch: PatchStep = { id: 'restore-template', action: 'patch', object, changes, reason: text(`The template goes back to ${good.name}, which the ready pods have.`, `템플릿을 준비된 파드의 리비전 ${good.name}(으)로 되돌립니다.`) };
    return {
      kind: 'draft',
      steps: [...(changes.length > 0 ? [patch] : []), ...bad.map((pod) => deleteStep(pod, object.namespace))],
      inverse: changes.length > 0 ? [{ ...patch, id: 'undo-restore-template', changes: inverseChanges(changes), reason: text('The template goes back to what it was before the plan.', '템플릿을 계획 이전 상태로 되돌립니다.') }] : [],
      desiredState: `ControllerRevision ${good.name}`,
      ifNothingIsDone: text(
        `${bad.map((pod) => pod.name).join(', ') || 'New pods'} stays broken: a StatefulSet never replaces a pod that is stuck on a bad revision, and any other pod that restarts joins it.`,
        `${bad.map((pod) => pod.name).join(', ') || '새 파드'}이(가) 계속 고장 상태입니다. StatefulSet은 잘못된 리비전의 파드를 교체하지 않으며, 재시작되는 다른 파드도 같은 상태가 됩니다.`,
      ),
    };
  },

  async judge(access, plan, allowed): Promise<Judgement> {
    const { role, workload } = await workloadOfPlan(access, plan, allowed);
    const good = healthyRevision(await revisionsOf(access, workload.object), workload);
    const owner = ownerGate(workload.object);
    if (!good || !owner.passed) return judgement(access, role, workload, plan, [owner, ...(good ? [] : [noHealthyRevision(workload)])]);
    const patch = plan.steps.find((step) => step.action === 'patch');
    const patched = patch ? await judgePatch(access, patch, workload, good) : verdictOnTemplate(workload, good);
    if (plan.executing?.action === 'delete') requireObserved(workload, good);
    return judgement(access, role, workload, plan, [owner, patched, onlyBadPods(plan, workload, good)]);
  },

  /** The bad template makes the controller replace one ready pod, and get stuck there. */
  async judgeUndo(access, plan, allowed) {
    const { role, workload } = await workloadOfPlan(access, plan, allowed);
    if (role !== 'receiver') return [];
    const readyBefore = workload.pods.filter((pod) => pod.ready).length;
    return [quorumGate(access, { members: workload.members, readyBefore, readyDuring: readyBefore - 1 })];
  },
};

function refused(gate: GateVerdict): DraftResult {
  return { kind: 'refused', gates: [gate], reason: gate.reason };
}

function noHealthyRevision({ object }: Workload): GateVerdict {
  return verdict('healthyRevision', false, text(`No ready pod of ${object.metadata.name} shows which template works, or its ControllerRevision is gone: a person has to choose.`, `${object.metadata.name}에 정상 템플릿을 보여 주는 준비된 파드 또는 ControllerRevision이 없습니다. 담당자가 선택해야 합니다.`));
}

function referenceTo({ object }: Workload) {
  const { name, namespace = '', uid } = object.metadata;
  return { apiVersion: object.apiVersion, kind: object.kind, namespace, name, ...(uid && { uid }) };
}

/** Pods that the controller will not bring to the good revision by itself. */
function badPods({ pods }: Workload, good: Revision): PodView[] {
  return pods.filter((pod) => !pod.ready && pod.state !== 'terminating' && pod.revision !== good.name);
}

function deleteStep(pod: PodView, namespace: string): PlannedStep {
  return {
    id: `delete-${pod.name}`,
    action: 'delete',
    object: { apiVersion: 'v1', kind: 'Pod', namespace, name: pod.name, uid: pod.uid },
    reason: text(`${pod.name} is stuck on the revision ${pod.revision ?? '(none)'}; a new pod gets the restored template.`, `${pod.name}이(가) 리비전 ${pod.revision ?? '(없음)'}에 멈춰 있습니다. 새 파드는 되돌린 템플릿을 사용합니다.`),
  };
}

async function workloadOfPlan(access: ClusterAccess, { steps }: JudgedPlan, allowed: AllowedTargets): Promise<{ role: string; workload: Workload }> {
  const patches = steps.filter((step) => step.action === 'patch');
  const deletes = steps.filter((step) => step.action === 'delete');
  for (const step of steps) if (step.action !== 'patch' && step.action !== 'delete') throw foreignStep(restoreRevision.use, step, 'it patches one StatefulSet and deletes pods of it');
  const [patch, another] = patches;
  if (another) throw foreignStep(restoreRevision.use, another, 'it patches one object only');
  if (!patch) return workloadOfSteps(access, restoreRevision.use, deletes, allowed);
  const found = [...allowed].find(([, { kind, namespace, name }]) => kind === 'StatefulSet' && kind === patch.object.kind && namespace === patch.object.namespace && name === patch.object.name);
  if (!found) throw foreignStep(restoreRevision.use, patch, 'the object is none of the allowed targets');
  if (deletes.length > 0) await workloadOfSteps(access, restoreRevision.use, deletes, new Map([found]));
  return { role: found[0], workload: await readWorkload(access, found[1]) };
}

/**
 * The patch must lead exactly to a template that ready pods have. The server is asked (dry run) what it would make of
 * it: defaults that it adds would be a new revision, and ready pods would be restarted for it.
 */
async function judgePatch(access: ClusterAccess, step: PatchStep, workload: Workload, good: Revision): Promise<GateVerdict> {
  const { object } = workload;
  if (step.object.uid !== object.metadata.uid) throw failure('Conflict', `${object.kind} ${object.metadata.name} is another object than the one that was planned for; plan again`);
  if (step.changes.some(({ path }) => !path.startsWith(`${TEMPLATE}/`))) throw foreignStep(restoreRevision.use, step, `it changes nothing outside ${TEMPLATE}`);
  const standing = standingOf(object, step.changes);
  if (standing === 'done') return verdictOnTemplate(workload, good);
  if (standing !== 'as planned') throw failure('Conflict', `${object.kind} ${object.metadata.name} is no longer as it was planned for (${standing.differs}); plan again`);
  if (!sameTemplate(templateOf(applyChanges(object, step.changes)), good.template)) throw foreignStep(restoreRevision.use, step, `it does not lead to ${good.name}, which the ready pods have`);
  const tried = await access.kubernetes.patch(step.object, toJsonPatch(step.changes, step.object.uid), { dryRun: true }).catch((error: unknown) => {
    // Where Nightshift only observes it may not even try; the proposal rests on the comparison above.
    if (access.config.mode === 'observe' && failureTypeOf(error) === 'NotAuthorized') return undefined;
    throw error;
  });
  if (!tried) return templateVerdict(true, good);
  return templateVerdict(sameTemplate(templateOf(tried), good.template), good);
}

function verdictOnTemplate({ object }: Workload, good: Revision): GateVerdict {
  return templateVerdict(sameTemplate(templateOf(object), good.template), good);
}

function templateVerdict(passed: boolean, good: Revision): GateVerdict {
  return verdict('healthyUntouched', passed, passed
    ? text(`The template becomes exactly ${good.name}: ready pods are on it already, so none is restarted.`, `템플릿이 정확히 ${good.name}이(가) 되므로 준비된 파드는 재시작되지 않습니다.`)
    : text(`The template would not be exactly ${good.name}, which the ready pods have: they would be restarted.`, `템플릿이 준비된 파드의 ${good.name}과(와) 정확히 같지 않아 준비된 파드가 재시작됩니다.`));
}

function onlyBadPods({ steps }: JudgedPlan, workload: Workload, good: Revision): GateVerdict {
  const spared = steps.flatMap((step) => (step.action === 'delete' ? [podOf(step, workload)] : [])).filter((pod) => pod !== undefined && (pod.ready || pod.revision === good.name));
  return verdict('onlyBadRevision', spared.length === 0, spared.length === 0
    ? text('Every pod that is deleted is not ready and on a revision that no ready pod has.', '삭제되는 파드는 모두 준비되지 않았고 잘못된 리비전에 있습니다.')
    : text(`${spared.map((pod) => `${pod?.name} is ${pod?.state} on ${pod?.revision}`).join(', ')}: such a pod is not deleted. The evidence is stale; diagnose again.`, `${spared.map((pod) => `${pod?.name}: ${pod?.state}`).join(', ')}. 이런 파드는 삭제하지 않습니다. 다시 진단하십시오.`));
}

/** A pod that is deleted before the controller has seen the restored template comes back on the bad one. */
function requireObserved({ object, updateRevision }: Workload, good: Revision): void {
  const observed = Number((object['status'] as { observedGeneration?: number } | undefined)?.observedGeneration ?? 0);
  if (observed >= Number(object.metadata['generation'] ?? 0) && updateRevision === good.name) return;
  throw failure('NotYetConverged', `The controller has not taken up the restored template of ${object.metadata.name} yet (new pods get ${updateRevision ?? 'an unknown revision'})`, { nextRetryMs: CONTROLLER_MS });
}

function judgement(access: ClusterAccess, role: string, workload: Workload, { steps }: JudgedPlan, gates: GateVerdict[]): Judgement {
  const ready = workload.pods.filter((pod) => pod.ready).length;
  const quorum = role === 'receiver' ? [quorumGate(access, { members: workload.members, readyBefore: ready, readyDuring: ready })] : [];
  const pods = steps.filter(({ action }) => action === 'delete').map(({ object }) => object.name);
  return { risk: 'disruptive', gates: [...gates, ...quorum], blastRadius: podsRadius(access, role, workload, pods) };
}
