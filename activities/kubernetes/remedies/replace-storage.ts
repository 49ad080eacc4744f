import { z } from 'zod';
import { failure, failureTypeOf, type GateVerdict, type PlannedStep } from '../../../workflows/contracts';
import { portOf, targetOf, type ClusterAccess } from '../../cluster-access';
import type { Target } from '../../clusters';
import { foreignStep, text, type DraftResult, type Judgement, type Remedy } from '../../remedy';
import { readWorkload, unique, type PodView, type Workload } from '../../workload';
import type { KubernetesObject } from '../gateway';
import { podsRadius, quorumGate, templateGate, verdict } from './gates';
import { podOf, workloadOfSteps } from './pod-steps';
import { shipsAgain } from './uploads';

const INPUT = z.strictObject({ target: z.string().default('receiver').describe('Role of the receivers.') });

/** With fewer copies the loss of one member's data is a loss of data. */
const LEAST_REPLICATION = 3;

/**
 * Action A11: the one receiver that does not come up gets an empty disk. What it had not uploaded is gone from it; the other
 * members hold it, which is why they all must be ready and uploading. Destructive in any case.
 */
export const replaceStorage: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.replaceStorage',
  title: 'Gives the one receiver that does not come up an empty disk; what it had not uploaded is gone from it',
  input: INPUT,
  rbac: [
    { apiGroup: 'apps', resources: ['statefulsets'], verbs: ['get'] },
    { apiGroup: '', resources: ['pods'], verbs: ['list'] },
    { apiGroup: '', resources: ['persistentvolumeclaims', 'pods'], verbs: ['get', 'delete'] },
    { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] },
  ],
  mildestRisk: 'destructive',
  leastRisk: () => 'destructive',
  roles: ({ target }) => [target],

  async plan(access, { target: role }): Promise<DraftResult> {
    const target = targetOf(access, role);
    const kind = verdict('kind', role === 'receiver' && target.kind === 'StatefulSet', text(`Only a receiver of a StatefulSet gets an empty disk, not ${target.kind} ${target.name} (${role}).`, `빈 디스크는 StatefulSet 리시버에만 적용합니다(${target.kind} ${target.name} 제외).`));
    if (!kind.passed) return refused(kind);
    const workload = await readWorkload(access, target);
    const damaged = workload.pods.filter(isDown);
    if (damaged.length === 0) return { kind: 'unneeded', reason: text(`Every receiver of ${target.name} is ready or on its way.`, `${target.name}의 모든 리시버가 준비되었거나 기동 중입니다.`) };
    const [member, another] = damaged;
    if (!member || another) return refused(othersGate(workload, damaged.map(({ name }) => name)));
    const claims = await claimsOfPod(access, target, member);
    if (claims.length === 0) return refused(verdict('claims', false, text(`${member.name} mounts no persistent volume: evicting it gives it an empty disk.`, `${member.name}은(는) PVC를 사용하지 않으므로 축출하면 빈 디스크로 시작합니다.`)));
    return {
      kind: 'draft',
      steps: [...claims.map((claim) => removal(claim, member)), removal(member.object, member)],
      inverse: [],
      ifNothingIsDone: text(`${member.name} does not come up by itself. The others take the writes meanwhile; one more failure ends them.`, `${member.name}은(는) 스스로 복구되지 않습니다. 나머지 리시버가 쓰기를 처리하지만 하나만 더 고장 나면 중단됩니다.`),
    };
  },

  async judge(access, { steps, executing }, allowed): Promise<Judgement> {
    const pods = steps.filter(({ object }) => object.kind === 'Pod');
    const claims = steps.filter(({ object }) => object.kind === 'PersistentVolumeClaim' && object.apiVersion === 'v1');
    const odd = steps.find((step) => step.action !== 'delete' || (!pods.includes(step) && !claims.includes(step)) || !step.object.uid);
    const [podStep, second] = pods;
    if (odd || second || !podStep || claims.length === 0 || steps.at(-1) !== podStep) throw foreignStep(replaceStorage.use, odd ?? second ?? steps[0]!, 'it deletes the claims of one pod, then that pod');
    const { role, workload } = await workloadOfSteps(access, replaceStorage.use, [podStep], allowed);
    if (role !== 'receiver') throw foreignStep(replaceStorage.use, podStep, 'it gives receivers an empty disk, and nobody else');
    const stray = claims.find(({ object }) => object.namespace !== podStep.object.namespace || !object.name.endsWith(`-${podStep.object.name}`));
    if (stray) throw foreignStep(replaceStorage.use, stray, `the claim is not one of ${podStep.object.name}`);
    const member = podOf(podStep, workload);
    await requireSameClaims(access, claims, member);
    // Once its claims are going, what the pod looks like decides nothing any more.
    const spared = member && !isDown(member) && executing !== podStep ? [member.name] : [];
    const ready = workload.pods.filter((pod) => pod.ready).length;
    return {
      risk: 'destructive',
      gates: [
        onlyDown(spared),
        replicationGate(access),
        othersGate(workload, [podStep.object.name]),
        await othersUploadGate(access, allowed.get(role)!, workload, podStep.object.name),
        templateGate(workload),
        quorumGate(access, { members: workload.members, readyBefore: ready, readyDuring: ready - (member?.ready ? 1 : 0) }),
      ],
      blastRadius: podsRadius(access, role, workload, [podStep.object.name]),
      expectedLoss: text(
        `Everything on the disk of ${podStep.object.name} that is not in the object store: up to its last uploaded block, usually two to three hours of its share, and whatever it could not upload since. The other members hold copies of it; this one is not filled up again. There is no way back: take a snapshot of the volume first if the storage can.`,
        `${podStep.object.name} 디스크에서 오브젝트 스토어에 없는 모든 데이터(마지막 업로드 이후, 보통 2~3시간분과 그동안 업로드하지 못한 블록). 다른 멤버가 사본을 가지고 있으나 이 멤버에는 다시 채워지지 않습니다. 되돌릴 수 없으므로 가능하면 먼저 볼륨 스냅샷을 만드십시오.`,
      ),
    };
  },
};

function refused(gate: GateVerdict): DraftResult {
  return { kind: 'refused', gates: [gate], reason: gate.reason };
}

/** Fails again and again, or hangs: not one that starts, which may be replaying its log. */
function isDown({ state }: PodView): boolean {
  return state === 'broken' || state === 'stuck';
}

async function claimsOfPod(access: ClusterAccess, target: Target, { name, object }: PodView): Promise<KubernetesObject[]> {
  const { volumes = [] } = (object['spec'] ?? {}) as { volumes?: Array<{ persistentVolumeClaim?: { claimName?: string } }> };
  // A claim of its own is named after the pod; one that is shared is nobody's to delete.
  const names = unique(volumes.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName)).filter((claim) => claim.endsWith(`-${name}`));
  const found = await Promise.all(names.map((claim) => access.kubernetes.read({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: target.namespace, name: claim })));
  return found.filter((claim) => claim !== undefined);
}

function removal({ apiVersion, kind, metadata }: KubernetesObject, member: PodView): PlannedStep {
  const { name, namespace = '', uid = '' } = metadata;
  return {
    id: `delete-${kind === 'Pod' ? 'pod' : 'claim'}-${name}`,
    action: 'delete',
    object: { apiVersion, kind, namespace, name, uid },
    reason: kind === 'Pod'
      ? text(`Its controller makes ${name} again, with an empty disk.`, `컨트롤러가 빈 디스크로 ${name}을(를) 다시 만듭니다.`)
      : text(`The disk of ${member.name} is damaged; it goes once the pod has gone.`, `${member.name}의 디스크가 손상되었습니다. 파드가 사라진 뒤 삭제됩니다.`),
  };
}

/** @throws Conflict when another claim has taken a name, or the pod has gone and come back with a new disk. */
async function requireSameClaims(access: ClusterAccess, claims: readonly PlannedStep[], member: PodView | undefined): Promise<void> {
  for (const { object } of claims) {
    const live = await access.kubernetes.read(object);
    if (live && live.metadata.uid !== object.uid && member) throw failure('Conflict', `PersistentVolumeClaim ${object.name} is another one than was planned for; plan again`);
  }
}

function onlyDown(spared: readonly string[]): GateVerdict {
  return verdict('onlyBroken', spared.length === 0, spared.length === 0
    ? text('The receiver that loses its disk does not come up.', '디스크를 교체하는 리시버는 기동하지 못하는 상태입니다.')
    : text(`${spared.join(', ')} is up or on its way: its disk is not taken. Diagnose again.`, `${spared.join(', ')}이(가) 동작 중이거나 기동 중이므로 디스크를 교체하지 않습니다. 다시 진단하십시오.`));
}

function replicationGate({ config }: ClusterAccess): GateVerdict {
  const passed = config.replicationFactor >= LEAST_REPLICATION;
  return verdict('replication', passed, passed
    ? text(`Replication factor ${config.replicationFactor}: other members hold what this one loses.`, `복제 계수 ${config.replicationFactor}: 다른 멤버에 사본이 있습니다.`)
    : text(`With replication factor ${config.replicationFactor} nobody else need hold what this member loses: a person has to decide.`, `복제 계수가 ${config.replicationFactor}이면 사본이 없을 수 있어 담당자가 결정해야 합니다.`));
}

function othersGate({ pods, members }: Workload, down: readonly string[]): GateVerdict {
  const missing = pods.filter((pod) => !pod.ready && pod.name !== down[0]).map(({ name }) => name);
  const passed = down.length === 1 && missing.length === 0 && pods.filter(({ ready }) => ready).length >= members - 1;
  return verdict('othersReady', passed, passed
    ? text('Every other receiver is ready.', '나머지 리시버가 모두 준비되었습니다.')
    : text(`Not every other receiver is ready (${[...new Set([...down.slice(1), ...missing])].join(', ') || 'one has no pod'}): their copies may be the last ones.`, `준비되지 않은 다른 리시버가 있어(${[...new Set([...down.slice(1), ...missing])].join(', ') || '파드 없음'}) 마지막 사본을 잃을 수 있습니다.`));
}

async function othersUploadGate(access: ClusterAccess, target: Target, { pods }: Workload, member: string): Promise<GateVerdict> {
  const others = pods.filter((pod) => pod.ready && pod.name !== member);
  const port = portOf(target, 'metrics');
  const ships = await Promise.all(others.map(async ({ name }) => {
    const samples = await access.metrics.scrape({ namespace: target.namespace, name, port }).catch((error: unknown) => {
      if (failureTypeOf(error) === undefined) throw error;
      return [];
    });
    return { name, ...shipsAgain(samples) };
  }));
  // One that cannot be read counts as one that does not upload.
  const failing = ships.filter(({ syncs, failures }) => syncs === 0 || failures > syncs).map(({ name }) => name);
  return verdict('othersUpload', failing.length === 0 && others.length > 0, failing.length === 0
    ? text(`${others.map(({ name }) => name).join(', ')} gets its blocks to the object store.`, `${others.map(({ name }) => name).join(', ')}의 업로드가 정상입니다.`)
    : text(`${failing.join(', ')} does not upload, or does not say: no disk is given up while the copies are not safe.`, `${failing.join(', ')}의 업로드를 확인할 수 없어 디스크를 교체하지 않습니다.`));
}
