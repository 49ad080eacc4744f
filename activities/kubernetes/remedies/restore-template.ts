import { z } from 'zod';
import { failure, type GateVerdict, type PlannedStep } from '../../../workflows/contracts';
import { targetOf, type ClusterAccess } from '../../cluster-access';
import type { Target } from '../../clusters';
import { foreignStep, text, type AllowedTargets, type DraftResult, type JudgedPlan, type Judgement, type Remedy } from '../../remedy';
import { readWorkload, type PodView, type Workload } from '../../workload';
import { applyChanges, inverseChanges, standingOf } from '../changes';
import { READS_TEMPLATES, TEMPLATE_PATH, wantedTemplate, type WantedTemplate } from '../template-history';
import { ownerGate, verdict } from './gates';
import { podOf, workloadOfSteps } from './pod-steps';
import { sameTemplate, templateOf } from './revisions';
import { judgeUnsentSamples } from './unsent-samples';

const INPUT = z.strictObject({ target: z.string().describe('Role of a StatefulSet, Deployment or DaemonSet; never the receivers.') });
const WORKLOADS: ReadonlySet<string> = new Set(['StatefulSet', 'Deployment', 'DaemonSet']);
/** The controllers read a changed workload within milliseconds; asked again after this many. */
const CONTROLLER_MS = 500;

type PatchStep = Extract<PlannedStep, { action: 'patch' }>;

/**
 * Actions A13 and A2 where no healthy pod shows which template is right: image, arguments, selectors and all go back to what
 * the desired state says, or to the template before. A StatefulSet's pods that are stuck are then deleted (domain F10);
 * Deployments and DaemonSets replace theirs by themselves.
 */
export const restoreTemplate: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.restoreTemplate',
  title: 'Puts a workload’s template (image, arguments, placement) back as the desired state or its history says, then deletes pods that are stuck on the bad one',
  input: INPUT,
  rbac: [
    ...READS_TEMPLATES,
    { apiGroup: 'apps', resources: ['statefulsets', 'deployments', 'daemonsets'], verbs: ['patch'] },
    { apiGroup: '', resources: ['pods'], verbs: ['get', 'delete'] },
    { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] },
  ],
  mildestRisk: 'disruptive',
  leastRisk: () => 'disruptive',
  roles: ({ target }) => [target],

  async plan(access, { target: role }): Promise<DraftResult> {
    const target = targetOf(access, role);
    const kind = kindGate(role, target);
    if (!kind.passed) return refused(kind);
    const workload = await readWorkload(access, target);
    const owner = ownerGate(workload.object);
    if (!owner.passed) return refused(owner);
    const wanted = await wantedTemplate(access, target, workload);
    const bad = stuckPods(workload, wanted);
    if (!wanted && bad.length === 0) return { kind: 'unneeded', reason: text(`The template of ${target.name} is as it should be, as far as anything says, and no pod is stuck on another.`, `${target.name}의 템플릿이 알려진 원하는 상태와 같고 다른 리비전에 멈춘 파드가 없습니다.`) };
    const object = referenceTo(workload);
    const patch = wanted && patchStep(object, wanted);
    return {
      kind: 'draft',
      steps: [...(patch ? [patch] : []), ...bad.map((pod) => deleteStep(pod, target.namespace))],
      inverse: patch ? [{ ...patch, id: 'undo-restore-template', changes: inverseChanges(patch.changes), reason: text('The template goes back to what it was before the plan.', '템플릿을 계획 이전 상태로 되돌립니다.') }] : [],
      ...(wanted && { desiredState: wanted.source }),
      ifNothingIsDone: text(`The pods of ${target.name} stay as they are: what is wrong with the template does not go away by itself.`, `${target.name}의 파드가 그대로 유지됩니다. 템플릿의 문제는 저절로 사라지지 않습니다.`),
    };
  },

  async judge(access, plan, allowed): Promise<Judgement> {
    const { role, target, workload } = await subjectOf(access, plan, allowed);
    const patch = plan.steps.find((step) => step.action === 'patch');
    const wanted = await wantedTemplate(access, target, workload);
    const template = patch ? judgePatch(patch, workload, wanted) : verdict('template', true, text('The template is as it should be.', '템플릿이 원하는 상태와 같습니다.'));
    if (plan.executing?.action === 'delete') requireObserved(plan.executing, workload);
    const running = runningElsewhere(plan, workload, wanted, patch !== undefined);
    return {
      risk: 'disruptive',
      gates: [kindGate(role, target), ownerGate(workload.object), template, onlyStuck(plan, workload), ...(role === 'agent' ? [await agentGate(access, target, running)] : [])],
      blastRadius: {
        pods: [...new Set([...deleted(plan), ...running.map(({ name }) => name)])],
        text: text(
          `${workload.object.kind} ${target.name}: ${deleted(plan).length} pods that are stuck are deleted; ${running.length} that run with another template are replaced by the rollout.`,
          `${workload.object.kind} ${target.name}: 멈춘 파드 ${deleted(plan).length}개를 삭제하고, 다른 템플릿으로 실행 중인 ${running.length}개는 롤아웃으로 교체됩니다.`,
        ),
      },
    };
  },

  /** The template that is put back again restarts what runs by then. */
  async judgeUndo(access, plan, allowed) {
    const { role, target, workload } = await subjectOf(access, plan, allowed);
    return role === 'agent' ? [await agentGate(access, target, workload.pods.filter(({ running }) => running))] : [];
  },
};

function refused(gate: GateVerdict): DraftResult {
  return { kind: 'refused', gates: [gate], reason: gate.reason };
}

/** Receivers hold data and a quorum: `kubernetes.restoreRevision` is for them. */
function kindGate(role: string, { kind, name }: Target): GateVerdict {
  const passed = WORKLOADS.has(kind) && role !== 'receiver';
  return verdict('kind', passed, passed
    ? text(`It is a ${kind}, and no receiver.`, `리시버가 아닌 ${kind}입니다.`)
    : text(`${kind} ${name} (${role}): only StatefulSets, Deployments and DaemonSets have a template, and receivers are restored by the revision that ready ones have.`, `${kind} ${name}(${role})은(는) 대상이 아닙니다. 리시버는 준비된 파드의 리비전으로만 되돌립니다.`));
}

function referenceTo({ object }: Workload) {
  const { name, namespace = '', uid } = object.metadata;
  return { apiVersion: object.apiVersion, kind: object.kind, namespace, name, ...(uid && { uid }) };
}

function patchStep(object: PatchStep['object'], { changes, source }: WantedTemplate): PatchStep {
  return { id: 'restore-template', action: 'patch', object, changes, reason: text(`The template goes back to ${source}.`, `템플릿을 ${source}(으)로 되돌립니다.`) };
}

/** A StatefulSet never replaces a pod that is stuck; those that start or run on the wanted revision are left alone. */
function stuckPods({ object, pods, updateRevision }: Workload, wanted: WantedTemplate | undefined): PodView[] {
  if (object.kind !== 'StatefulSet') return [];
  const good = wanted ? wanted.revision : updateRevision;
  return pods.filter((pod) => !pod.ready && pod.state !== 'terminating' && (pod.state === 'broken' || pod.state === 'pending' || pod.state === 'stuck') && pod.revision !== good);
}

function deleteStep(pod: PodView, namespace: string): PlannedStep {
  return {
    id: `delete-${pod.name}`, action: 'delete', object: { apiVersion: 'v1', kind: 'Pod', namespace, name: pod.name, uid: pod.uid },
    reason: text(`${pod.name} is stuck (${[pod.state, ...pod.waitingReasons].join(', ')}) on another template; a new pod gets the restored one.`, `${pod.name}이(가) 다른 템플릿에서 멈춰 있습니다(${[pod.state, ...pod.waitingReasons].join(', ')}). 새 파드는 되돌린 템플릿을 사용합니다.`),
  };
}

function deleted({ steps }: JudgedPlan): string[] {
  return steps.filter(({ action }) => action === 'delete').map(({ object }) => object.name);
}

async function subjectOf(access: ClusterAccess, { steps }: JudgedPlan, allowed: AllowedTargets): Promise<{ role: string; target: Target; workload: Workload }> {
  const odd = steps.find(({ action }) => action !== 'patch' && action !== 'delete');
  if (odd) throw foreignStep(restoreTemplate.use, odd, 'it patches one workload and deletes pods of it');
  const [patch, another] = steps.filter((step) => step.action === 'patch');
  if (another) throw foreignStep(restoreTemplate.use, another, 'it patches one object only');
  const deletes = steps.filter(({ action }) => action === 'delete');
  if (!patch) {
    const { role, workload } = await workloadOfSteps(access, restoreTemplate.use, deletes, allowed);
    return { role, target: allowed.get(role)!, workload };
  }
  const found = [...allowed].find(([, { kind, namespace, name }]) => WORKLOADS.has(kind) && kind === patch.object.kind && namespace === patch.object.namespace && name === patch.object.name);
  if (!found) throw foreignStep(restoreTemplate.use, patch, 'the object is none of the allowed targets');
  if (deletes.length > 0) await workloadOfSteps(access, restoreTemplate.use, deletes, new Map([found]));
  return { role: found[0], target: found[1], workload: await readWorkload(access, found[1]) };
}

function judgePatch(step: PatchStep, { object }: Workload, wanted: WantedTemplate | undefined): GateVerdict {
  if (step.object.uid !== object.metadata.uid) throw failure('Conflict', `${object.kind} ${object.metadata.name} is another object than the one that was planned for; plan again`);
  if (step.changes.some(({ path }) => !path.startsWith(`${TEMPLATE_PATH}/`))) throw foreignStep(restoreTemplate.use, step, `it changes nothing outside ${TEMPLATE_PATH}`);
  const standing = standingOf(object, step.changes);
  const good = text('The template becomes what the desired state or the workload’s own history says.', '템플릿이 원하는 상태 또는 워크로드 이력의 내용이 됩니다.');
  if (standing === 'done') return verdict('template', true, good);
  if (standing !== 'as planned') throw failure('Conflict', `${object.kind} ${object.metadata.name} is no longer as it was planned for (${standing.differs}); plan again`);
  if (!wanted || !sameTemplate(templateOf(applyChanges(object, step.changes)), templateOf(applyChanges(object, wanted.changes)))) throw foreignStep(restoreTemplate.use, step, 'it does not lead to the template that the desired state or the history says');
  return verdict('template', true, good);
}

/** A pod that is deleted before the controller has seen the restored template comes back on the bad one. */
function requireObserved({ object: pod }: PlannedStep, workload: Workload): void {
  const { object, updateRevision } = workload;
  const observed = Number((object['status'] as { observedGeneration?: number } | undefined)?.observedGeneration ?? 0);
  const revision = workload.pods.find(({ name, uid }) => name === pod.name && uid === pod.uid)?.revision;
  if (observed >= Number(object.metadata['generation'] ?? 0) && (revision === undefined || revision !== updateRevision)) return;
  throw failure('NotYetConverged', `The controller has not taken up the restored template of ${object.metadata.name} yet (new pods get ${updateRevision ?? 'an unknown revision'})`, { nextRetryMs: CONTROLLER_MS });
}

function onlyStuck({ steps }: JudgedPlan, workload: Workload): GateVerdict {
  const spared = steps.flatMap((step) => (step.action === 'delete' ? [podOf(step, workload)] : [])).filter((pod) => pod?.ready);
  return verdict('onlyStuck', spared.length === 0, spared.length === 0
    ? text('No pod that is ready is deleted.', '준비된 파드는 삭제하지 않습니다.')
    : text(`${spared.map((pod) => pod?.name).join(', ')} is ready by now: it is not deleted. The evidence is stale; diagnose again.`, `${spared.map((pod) => pod?.name).join(', ')}이(가) 이제 준비되었으므로 삭제하지 않습니다. 다시 진단하십시오.`));
}

/** Pods that run with another template than the one that comes: the rollout restarts them. */
function runningElsewhere(plan: JudgedPlan, { pods }: Workload, wanted: WantedTemplate | undefined, patches: boolean): PodView[] {
  if (!patches || !wanted) return [];
  return pods.filter((pod) => pod.running && pod.state !== 'terminating' && pod.revision !== wanted.revision && !deleted(plan).includes(pod.name));
}

/** Domain F3: a running agent that is behind is not restarted, whatever for. */
async function agentGate(access: ClusterAccess, target: Target, running: readonly PodView[]): Promise<GateVerdict> {
  if (running.length === 0) return verdict('unsentSamples', true, text('No agent that runs is restarted.', '실행 중인 에이전트를 재시작하지 않습니다.'));
  const { risk, expectedLoss, gate } = await judgeUnsentSamples(access, target);
  if (risk !== 'destructive') return gate;
  return verdict('unsentSamples', false, text(`${running.map(({ name }) => name).join(', ')} runs and would be restarted: ${expectedLoss?.en ?? 'it may hold samples that were not sent'}`, `${running.map(({ name }) => name).join(', ')}이(가) 실행 중이며 재시작됩니다: ${expectedLoss?.ko ?? '미전송 샘플이 있을 수 있습니다.'}`));
}
