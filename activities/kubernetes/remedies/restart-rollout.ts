import { z } from 'zod';
import type { FieldChange, GateVerdict } from '../../../workflows/contracts';
import { targetOf, type ClusterAccess } from '../../cluster-access';
import type { Target } from '../../clusters';
import { foreignStep, text, type DraftResult, type Judgement, type Remedy } from '../../remedy';
import { readWorkload, unique, type Workload } from '../../workload';
import { inverseChanges, standingOf, valueAt } from '../changes';
import { ownerGate, templateGate, verdict } from './gates';
import { CHANGES_DEPLOYMENT, referenceTo, refuse, requireChanges, soleSubject } from './patch-workload';

const INPUT = z.strictObject({ target: z.string().describe('Role of a Deployment, or of a cache (frontendCache) that is a StatefulSet; never one that holds data.') });

/** Roles whose workload may be a StatefulSet: what it holds can be asked for again. Of all others a StatefulSet is taken to hold data. */
const CACHES: ReadonlySet<string> = new Set(['frontendCache']);

const ANNOTATIONS = '/spec/template/metadata/annotations';
const RESTARTED = 'kubectl.kubernetes.io/restartedAt';
const RESTARTED_PATH = `${ANNOTATIONS}/kubectl.kubernetes.io~1restartedAt`;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Action A3 for what holds nothing, or a cache: every pod is replaced in turn, as `kubectl rollout restart` does. */
export const restartRollout: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.restartRollout',
  title: 'Restarts a Deployment, or a cache without volumes: every pod is replaced in turn, by its own strategy',
  input: INPUT,
  rbac: [...CHANGES_DEPLOYMENT, { apiGroup: 'apps', resources: ['statefulsets'], verbs: ['get', 'patch'], names: [...CACHES] }, { apiGroup: '', resources: ['persistentvolumeclaims'], verbs: ['get'] }],
  mildestRisk: 'disruptive',
  leastRisk: () => 'disruptive',
  roles: ({ target }) => [target],

  async plan(access, { target: role }, { plannedAt }): Promise<DraftResult> {
    const target = targetOf(access, role);
    if (!isRestartable(role, target)) return refuse('kind', `${target.kind} ${target.name} is neither a Deployment nor a cache: what holds data is replaced pod by pod, by other remedies.`, `${target.kind} ${target.name}은(는) Deployment도 캐시도 아닙니다. 데이터를 가진 워크로드는 파드별로 교체합니다.`);
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
    const { role, target, workload, step } = await soleSubject(access, restartRollout.use, steps, allowed);
    if (!isRestartable(role, target)) throw foreignStep(restartRollout.use, step, 'it restarts Deployments and caches only');
    requireChanges(restartRollout.use, step, workload, undefined, isRestart);
    const pods = workload.pods.filter(({ state }) => state !== 'terminating').map(({ name }) => name);
    const isCache = target.kind === 'StatefulSet';
    // While the pods are being replaced, neither are all of them ready nor has any the new template: that is the restart itself.
    const isDone = standingOf(workload.object, step.changes) === 'done';
    const before = isDone ? [] : [templateGate(workload), ...(isCache ? [readyGate(workload), strategyGate(workload)] : [])];
    return {
      risk: 'disruptive',
      gates: [ownerGate(workload.object), ...before, isCache ? dataGate(workload) : await volumeGate(access, workload)],
      blastRadius: { pods, text: isCache
        ? text(`All ${pods.length} pods of ${target.name}, in turn; they hold a cache only, which fills again.`, `${target.name}의 파드 ${pods.length}개 전체를 차례로 교체합니다. 캐시만 비워지며 다시 채워집니다.`)
        : text(`All ${pods.length} pods of ${target.name}, in turn; it holds no data of its own.`, `${target.name}의 파드 ${pods.length}개 전체를 차례로 교체합니다. 자체 데이터는 없습니다.`) },
    };
  },
};

function isRestartable(role: string, { kind }: Target): boolean {
  return kind === 'Deployment' || (kind === 'StatefulSet' && CACHES.has(role));
}

interface StatefulSpec {
  updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } };
  volumeClaimTemplates?: unknown[];
  template?: { spec?: { volumes?: Array<{ name: string; persistentVolumeClaim?: object; hostPath?: object }> } };
}

/** Whatever the configuration calls a cache: what is on a volume stays there for a reason. */
function dataGate({ object }: Workload): GateVerdict {
  const { volumeClaimTemplates = [], template } = object['spec'] as StatefulSpec;
  const kept = (template?.spec?.volumes ?? []).filter(({ persistentVolumeClaim, hostPath }) => persistentVolumeClaim ?? hostPath);
  const passed = volumeClaimTemplates.length === 0 && kept.length === 0;
  return verdict('holdsNoData', passed, passed
    ? text(`${object.metadata.name} has no volume that outlives its pods.`, `${object.metadata.name}에 파드보다 오래 남는 볼륨이 없습니다.`)
    : text(`${object.metadata.name} keeps data on volumes: it is no cache that may be emptied. Check the role in the configuration.`, `${object.metadata.name}은(는) 볼륨에 데이터를 보관하므로 비워도 되는 캐시가 아닙니다. 설정의 역할을 확인하십시오.`));
}

/** A3's precondition. The controller of a StatefulSet also waits for a pod that is not ready, and the restart would get stuck. */
function readyGate({ object, pods, members }: Workload): GateVerdict {
  const unready = pods.filter(({ ready }) => !ready).map(({ name, state }) => `${name} (${state})`);
  const ready = pods.length - unready.length;
  return verdict('allReady', ready >= members && unready.length === 0, ready >= members && unready.length === 0
    ? text(`Every pod of ${object.metadata.name} is ready.`, `${object.metadata.name}의 모든 파드가 준비되었습니다.`)
    : text(`Of ${members} pods of ${object.metadata.name} ${ready} are ready${unready.length > 0 ? `, not ${unready.join(', ')}` : ''}: the restart would wait for the others. Repair those first.`, `${object.metadata.name}의 파드 ${members}개 중 ${ready}개만 준비되어 재시작이 멈춥니다. 나머지를 먼저 복구하십시오.`));
}

/** With OnDelete, or below a partition, the controller replaces nothing. */
function strategyGate({ object }: Workload): GateVerdict {
  const { updateStrategy = {} } = object['spec'] as StatefulSpec;
  const passed = updateStrategy.type !== 'OnDelete' && (updateStrategy.rollingUpdate?.partition ?? 0) === 0;
  return verdict('strategy', passed, passed
    ? text(`${object.metadata.name} replaces its pods by itself.`, `${object.metadata.name}이(가) 파드를 스스로 교체합니다.`)
    : text(`${object.metadata.name} does not replace all its pods by itself (OnDelete, or a partition): a restart would change nothing.`, `${object.metadata.name}은(는) 파드를 모두 스스로 교체하지 않으므로(OnDelete 또는 partition) 재시작해도 달라지지 않습니다.`));
}

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
