import { z } from 'zod';
import { failure, type PlannedStep } from '../../../workflows/contracts';
import { targetOf, type ClusterAccess } from '../../cluster-access';
import type { Target } from '../../clusters';
import { foreignStep, text, type AllowedTargets, type DraftResult, type Judgement, type Remedy } from '../../remedy';
import { readWorkload, type Workload } from '../../workload';
import { inverseChanges, standingOf } from '../changes';
import type { KubernetesObject } from '../gateway';
import { ownerGate, quorumGate, verdict } from './gates';

const INPUT = z.strictObject({ target: z.string().describe('Role of the StatefulSet or Deployment whose members are brought back.') });

const PATH = '/spec/replicas';
const SCALABLE: ReadonlySet<string> = new Set(['StatefulSet', 'Deployment']);

type PatchStep = Extract<PlannedStep, { action: 'patch' }>;

/**
 * Action A12's safe half: members that the desired state has, and its ring names, come back. It takes none away, except of a
 * Deployment, whose pods are all alike and hold nothing.
 */
export const restoreReplicas: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.restoreReplicas',
  title: 'Brings a workload back to as many replicas as the desired state says; a StatefulSet never to fewer',
  input: INPUT,
  rbac: [
    { apiGroup: 'apps', resources: ['statefulsets', 'deployments'], verbs: ['get', 'patch'] },
    { apiGroup: 'apps', resources: ['replicasets'], verbs: ['list'] },
    { apiGroup: '', resources: ['pods'], verbs: ['list'] },
  ],
  mildestRisk: 'disruptive',
  leastRisk: () => 'disruptive',
  roles: ({ target }) => [target],

  async plan(access, { target: role }): Promise<DraftResult> {
    const target = targetOf(access, role);
    const name = `${target.kind} ${target.namespace}/${target.name}`;
    if (!SCALABLE.has(target.kind)) return refuse('kind', `${name} has no replicas.`, `${name}에는 레플리카 수가 없습니다.`);
    const workload = await readWorkload(access, target);
    const wanted = await desiredReplicas(access, target);
    if (!wanted) return refuse('desiredState', `Nothing says how many replicas ${name} should have: set desiredState.directory to the manifests of this cluster.`, `${name}의 원하는 레플리카 수를 알 수 없습니다. desiredState.directory를 설정하십시오.`);
    const now = replicasOf(workload.object);
    if (now === wanted.replicas) return { kind: 'unneeded', reason: text(`${name} has ${now} replicas, as ${wanted.source} says.`, `${name}의 레플리카 수 ${now}개가 원하는 상태와 같습니다.`) };
    if (now > wanted.replicas && target.kind !== 'Deployment') return refuse('onlyUpward', `${name} has ${now} replicas, more than ${wanted.source} says (${wanted.replicas}): members are never taken away by themselves. Take them out of the hashring first.`, `${name}의 레플리카 ${now}개가 원하는 상태(${wanted.replicas}개)보다 많습니다. 멤버는 자동으로 줄이지 않습니다. 먼저 해시링에서 제외하십시오.`);
    const { apiVersion, kind, metadata } = workload.object;
    const step: PatchStep = {
      id: 'restore-replicas', action: 'patch',
      object: { apiVersion, kind, namespace: target.namespace, name: metadata.name, ...(metadata.uid && { uid: metadata.uid }) },
      changes: [{ path: PATH, old: now, new: wanted.replicas }],
      reason: text(`Back to ${wanted.replicas} members, as ${wanted.source} says.`, `${wanted.source}에 따라 멤버 ${wanted.replicas}개로 되돌립니다.`),
    };
    return {
      kind: 'draft',
      steps: [step],
      inverse: [{ ...step, id: 'undo-restore-replicas', changes: inverseChanges(step.changes), reason: text('As many as before the plan.', '계획 이전의 수로 되돌립니다.') }],
      desiredState: wanted.source,
      ifNothingIsDone: text(`The ring goes on naming members that do not exist; what belongs to them is written with fewer copies, or not at all.`, '해시링이 존재하지 않는 멤버를 계속 가리킵니다. 해당 멤버의 데이터는 복제본이 부족하거나 기록되지 않습니다.'),
    };
  },

  async judge(access, { steps }, allowed): Promise<Judgement> {
    const [step, another] = steps;
    if (!step || another || step.action !== 'patch') throw foreignStep(restoreReplicas.use, another ?? step ?? steps[0]!, 'it patches the replicas of one workload');
    const { target, workload } = await workloadOfStep(access, step, allowed);
    const { object } = workload;
    if (object.metadata.uid !== step.object.uid) throw failure('Conflict', `${object.kind} ${object.metadata.name} is another object than the one that was planned for; plan again`);
    const [change, more] = step.changes;
    const wanted = await desiredReplicas(access, target);
    if (!change || more || change.path !== PATH || change.new !== wanted?.replicas) throw foreignStep(restoreReplicas.use, step, `it changes ${PATH} to what the desired state says only`);
    const standing = standingOf(object, step.changes);
    if (typeof standing === 'object') throw failure('Conflict', `${object.kind} ${object.metadata.name} is no longer as it was planned for (${standing.differs}); plan again`);
    const added = Number(change.new) - Number(change.old);
    const upward = added > 0 || object.kind === 'Deployment';
    return {
      risk: 'disruptive',
      gates: [ownerGate(object), verdict('onlyUpward', upward, upward ? (added > 0 ? text(`${added} members are added, none is taken away.`, `멤버 ${added}개를 추가하며 줄이지 않습니다.`) : text(`${-added} pods of a Deployment are taken away; they hold nothing.`, `Deployment의 파드 ${-added}개를 줄이며 자체 데이터는 없습니다.`)) : text('Members are never taken away.', '멤버는 줄이지 않습니다.'))],
      blastRadius: { pods: [], text: added > 0 ? text(`${added} pods of ${object.metadata.name} are started; no pod is restarted or removed.`, `${object.metadata.name} 파드 ${added}개를 시작합니다. 재시작·제거되는 파드는 없습니다.`) : text(`${-added} pods of ${object.metadata.name} are removed.`, `${object.metadata.name} 파드 ${-added}개를 제거합니다.`) },
    };
  },

  /** Undoing takes members away, ready ones perhaps. */
  async judgeUndo(access, { steps }, allowed) {
    const step = steps.find((candidate): candidate is PatchStep => candidate.action === 'patch');
    if (!step) return [];
    const { role, workload } = await workloadOfStep(access, step, allowed);
    if (role !== 'receiver') return [];
    const ready = workload.pods.filter((pod) => pod.ready);
    const left = ready.filter(({ name }) => Number(name.split('-').at(-1)) < Number(step.changes[0]?.old ?? 0)).length;
    return [quorumGate(access, { members: workload.members, readyBefore: ready.length, readyDuring: left })];
  },
};

function refuse(gate: string, en: string, ko: string): DraftResult {
  const refusal = verdict(gate, false, text(en, ko));
  return { kind: 'refused', gates: [refusal], reason: refusal.reason };
}

function replicasOf(object: KubernetesObject): number {
  return Number((object['spec'] as { replicas?: number } | undefined)?.replicas ?? 1);
}

/** A manifest that leaves the number open, for an autoscaler, says nothing. */
async function desiredReplicas(access: ClusterAccess, target: Target): Promise<{ replicas: number; source: string } | undefined> {
  const desired = await access.desiredState.find(target);
  const replicas = (desired?.manifest['spec'] as { replicas?: unknown } | undefined)?.replicas;
  return desired && typeof replicas === 'number' ? { replicas, source: desired.source } : undefined;
}

async function workloadOfStep(access: ClusterAccess, step: PatchStep, allowed: AllowedTargets): Promise<{ role: string; target: Target; workload: Workload }> {
  const { kind, namespace, name } = step.object;
  const found = [...allowed].find(([, target]) => SCALABLE.has(target.kind) && target.kind === kind && target.namespace === namespace && target.name === name);
  if (!found) throw foreignStep(restoreReplicas.use, step, 'the object is none of the allowed targets');
  const [role, target] = found;
  return { role, target, workload: await readWorkload(access, target) };
}
