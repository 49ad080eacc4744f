import { z } from 'zod';
import type { FieldChange, GateVerdict } from '../../../workflows/contracts';
import { targetOf, type ClusterAccess } from '../../cluster-access';
import { foreignStep, text, type DraftResult, type Judgement, type Remedy } from '../../remedy';
import { readWorkload, unique, type Workload } from '../../workload';
import { inverseChanges, valueAt } from '../changes';
import { ownerGate, templateGate, verdict } from './gates';
import { CHANGES_DEPLOYMENT, referenceTo, refuse, requireChanges, soleSubject } from './patch-workload';

const INPUT = z.strictObject({ target: z.string().describe('Role of a Deployment; never one that holds data.') });

const ANNOTATIONS = '/spec/template/metadata/annotations';
const RESTARTED = 'kubectl.kubernetes.io/restartedAt';
const RESTARTED_PATH = `${ANNOTATIONS}/kubectl.kubernetes.io~1restartedAt`;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Action A3 for what holds nothing: every pod of a Deployment is replaced in turn, as `kubectl rollout restart` does. */
export const restartRollout: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.restartRollout',
  title: 'Restarts a Deployment: every pod is replaced in turn, by its own strategy',
  input: INPUT,
  rbac: [...CHANGES_DEPLOYMENT, { apiGroup: '', resources: ['persistentvolumeclaims'], verbs: ['get'] }],
  mildestRisk: 'disruptive',
  leastRisk: () => 'disruptive',
  roles: ({ target }) => [target],

  async plan(access, { target: role }, { plannedAt }): Promise<DraftResult> {
    const target = targetOf(access, role);
    if (target.kind !== 'Deployment') return refuse('kind', `${target.kind} ${target.name} is no Deployment: what holds data is replaced pod by pod, by other remedies.`, `${target.kind} ${target.name}은(는) Deployment가 아닙니다. 데이터를 가진 워크로드는 파드별로 교체합니다.`);
    const workload = await readWorkload(access, target);
    const changes = [restartChange(workload, plannedAt)];
    const step = { id: 'restart', action: 'patch' as const, object: referenceTo(workload), changes, reason: text(`Every pod of ${target.name} is replaced by a new one.`, `${target.name}의 모든 파드를 새 파드로 교체합니다.`) };
    return {
      kind: 'draft', steps: [step],
      inverse: [{ ...step, id: 'undo-restart', changes: inverseChanges(changes), reason: text('The note of the restart is taken away; that restarts once more.', '재시작 표시를 제거합니다. 한 번 더 재시작됩니다.') }],
      ifNothingIsDone: text(`${target.name} goes on as it is.`, `${target.name}이(가) 현재 상태로 유지됩니다.`),
    };
  },

  async judge(access, { steps }, allowed): Promise<Judgement> {
    const { target, workload, step } = await soleSubject(access, restartRollout.use, steps, allowed);
    if (target.kind !== 'Deployment') throw foreignStep(restartRollout.use, step, 'it restarts Deployments only');
    requireChanges(restartRollout.use, step, workload, undefined, isRestart);
    const pods = workload.pods.filter(({ state }) => state !== 'terminating').map(({ name }) => name);
    return {
      risk: 'disruptive',
      gates: [ownerGate(workload.object), templateGate(workload), await volumeGate(access, workload)],
      blastRadius: { pods, text: text(`All ${pods.length} pods of ${target.name}, in turn; it holds no data of its own.`, `${target.name}의 파드 ${pods.length}개 전체를 차례로 교체합니다. 자체 데이터는 없습니다.`) },
    };
  },
};

/** Where there are no annotations yet, the whole map is added. */
function restartChange({ object }: Workload, at: string): FieldChange {
  const annotations = valueAt(object, ANNOTATIONS);
  if (annotations === undefined) return { path: ANNOTATIONS, new: { [RESTARTED]: at } };
  const old = valueAt(object, RESTARTED_PATH);
  return { path: RESTARTED_PATH, ...(old !== undefined && { old }), new: at };
}

function isRestart({ path, new: value }: FieldChange): boolean {
  if (path === RESTARTED_PATH) return typeof value === 'string' && TIME.test(value);
  const added = path === ANNOTATIONS && typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  const at = added[RESTARTED];
  return Object.keys(added).length === 1 && typeof at === 'string' && TIME.test(at);
}

/** A new pod beside the old one cannot mount what only one node may: the rollout would get stuck (grafana/helm-charts#146). */
async function volumeGate(access: ClusterAccess, workload: Workload): Promise<GateVerdict> {
  const { strategy } = workload.object['spec'] as { strategy?: { type?: string } };
  const exclusive = strategy?.type === 'Recreate' ? [] : await exclusiveClaims(access, workload);
  return verdict('volumeAttach', exclusive.length === 0, exclusive.length === 0
    ? text('New pods can mount what they need while the old ones still run, or come after them.', '새 파드가 필요한 볼륨을 마운트할 수 있습니다.')
    : text(`${exclusive.join(', ')} can be mounted on one node only, and the strategy starts the new pod beside the old one: it might get stuck. Set the strategy to Recreate first.`, `${exclusive.join(', ')} 볼륨은 한 노드에서만 마운트되며 현재 전략은 새 파드를 기존 파드와 함께 띄우므로 멈출 수 있습니다. 먼저 전략을 Recreate로 바꾸십시오.`));
}

export async function exclusiveClaims(access: ClusterAccess, { object }: Workload): Promise<string[]> {
  const { volumes = [] } = ((object['spec'] as { template?: { spec?: { volumes?: Array<{ persistentVolumeClaim?: { claimName?: string } }> } } }).template?.spec) ?? {};
  const names = unique(volumes.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName));
  const claims = await Promise.all(names.map((name) => access.kubernetes.read({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: object.metadata.namespace ?? '', name })));
  return names.filter((_name, index) => ((claims[index]?.['spec'] ?? {}) as { accessModes?: string[] }).accessModes?.some((mode) => mode.startsWith('ReadWriteOnce')) ?? false);
}
