import { z } from 'zod';
import { failure, type GateVerdict, type PlannedStep } from '../../../workflows/contracts';
import { targetOf, type ClusterAccess } from '../../cluster-access';
import type { Target } from '../../clusters';
import { foreignStep, text, type AllowedTargets, type DraftResult, type JudgedPlan, type Judgement, type Remedy } from '../../remedy';
import { textOf } from '../../workload';
import { standingOf } from '../changes';
import { bytesOf, quantityOf } from '../../quantity';
import { claimsOf, fullness, inodeFullness, READS_VOLUMES, resizing, type Claim } from '../volumes';
import { verdict } from './gates';

const INPUT = z.strictObject({
  target: z.string().describe('Role of the workload whose pods’ volumes grow.'),
  factor: z.number().min(1.1).max(3).default(2).describe('How many times its present size a volume gets.'),
  fullerThan: z.number().min(0.5).max(1).default(0.75).describe('Only volumes that are fuller than this, 0 to 1.'),
  most: z.string().regex(/^\d+[MGT]i$/).default('2Ti').describe('No volume gets more than this.'),
});

const SIZE = '/spec/resources/requests/storage';
/** However often an incident comes back, one plan multiplies a volume by no more than this. */
const MOST_FACTOR = 3;

type GrowStep = Extract<PlannedStep, { action: 'patch' }>;

/**
 * Action A5: the claims of a workload's pods get more space. A claim never shrinks, so growing is `disruptive` although most
 * drivers do it without a restart, and it has no inverse.
 */
export const growVolumes: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.growVolumes',
  title: 'Makes the filled volumes of a workload’s pods larger; this cannot be undone',
  input: INPUT,
  rbac: [...READS_VOLUMES, { apiGroup: '', resources: ['persistentvolumeclaims'], verbs: ['get', 'patch'] }],
  mildestRisk: 'disruptive',
  leastRisk: () => 'disruptive',
  roles: ({ target }) => [target],

  async plan(access, { target: role, factor, fullerThan, most }): Promise<DraftResult> {
    const claims = await claimsOf(access, targetOf(access, role));
    if (claims.length === 0) return refused(verdict('claims', false, text(`The pods of ${role} mount no persistent volume, so there is nothing to grow.`, `${role}의 파드가 마운트한 PVC가 없어 늘릴 수 없습니다.`)));
    const unknown = claims.filter((claim) => fullness(claim) === undefined).map(({ name }) => name);
    if (unknown.length === claims.length) return refused(verdict('useKnown', false, text(`No kubelet says how full ${unknown.join(', ')} is, and a volume that has grown cannot shrink: look (df) and decide.`, `${unknown.join(', ')}의 사용량을 알 수 없고 늘린 볼륨은 줄일 수 없으므로 담당자가 확인해야 합니다.`)));
    // Room for files grows with the volume: ext4 adds inodes in proportion, XFS makes them as it has space.
    const filled = claims.filter((claim) => Math.max(fullness(claim) ?? 0, inodeFullness(claim) ?? 0) > fullerThan);
    const waiting = filled.filter(resizing);
    if (filled.length === 0 || waiting.length === filled.length) return unneeded(role, fullerThan, waiting);
    const growing = filled.filter((claim) => !resizing(claim));
    const gates = gatesFor(growing, growing.map((claim) => grown(claim, factor)), most);
    const refusal = gates.find(({ passed }) => !passed);
    if (refusal) return { kind: 'refused', gates, reason: refusal.reason };
    return {
      kind: 'draft',
      steps: growing.map((claim) => growStep(claim, grown(claim, factor))),
      inverse: [],
      desiredState: `${factor} times the present size`,
      ifNothingIsDone: text('A full volume ends the writes of its receiver; with two of three full the write quorum is gone.', '볼륨이 가득 차면 해당 리시버의 쓰기가 멈추고, 3개 중 2개가 차면 쓰기 쿼럼을 잃습니다.'),
    };
  },

  async judge(access, { steps }, allowed): Promise<Judgement> {
    const claims = await claimsOfPlan(access, { steps, inverse: [] }, allowed);
    const pairs = (steps as GrowStep[]).map((step) => ({ step, claim: judgeStep(step, claims) }));
    const sizes = pairs.map(({ step }) => `${step.object.name}: ${textOf(step.changes[0]!.old)} → ${textOf(step.changes[0]!.new)}`).join(', ');
    const open = pairs.filter(({ step, claim }) => standingOf(claim.object, step.changes) !== 'done');
    return {
      risk: 'disruptive',
      gates: gatesFor(open.map(({ claim }) => claim), open.map(({ step }) => bytesOf(step.changes[0]!.new)!)),
      blastRadius: {
        pods: [],
        text: text(
          `${sizes}. Cannot be undone: a claim never shrinks, and the storage costs what it costs. No pod is restarted; where the driver grows the file system only at the next start, the claim says FileSystemResizePending.`,
          `${sizes}. 되돌릴 수 없습니다(PVC는 축소 불가, 스토리지 비용 발생). 파드는 재시작하지 않으며, 드라이버가 시작 시에만 파일시스템을 늘린다면 FileSystemResizePending으로 표시됩니다.`,
        ),
      },
    };
  },
};

function refused(gate: GateVerdict): DraftResult {
  return { kind: 'refused', gates: [gate], reason: gate.reason };
}

function unneeded(role: string, fullerThan: number, waiting: readonly Claim[]): DraftResult {
  if (waiting.length > 0) return { kind: 'unneeded', reason: text(`${waiting.map(({ name }) => name).join(', ')} grows already.`, `${waiting.map(({ name }) => name).join(', ')}의 확장이 이미 진행 중입니다.`) };
  return { kind: 'unneeded', reason: text(`No volume of ${role} is fuller than ${fullerThan * 100} %.`, `${role}의 볼륨 중 사용률이 ${fullerThan * 100}%를 넘는 것이 없습니다.`) };
}

/** What it will have; a volume may be larger than was asked for. */
function grown({ requestedBytes, capacityBytes }: Claim, factor: number): number {
  return Math.ceil(Math.max(requestedBytes, capacityBytes) * factor);
}

function growStep(claim: Claim, bytes: number): PlannedStep {
  const { metadata, apiVersion, kind } = claim.object;
  const size = quantityOf(bytes);
  return {
    id: `grow-${claim.name}`,
    action: 'patch',
    object: { apiVersion, kind, namespace: metadata.namespace ?? '', name: claim.name, uid: claim.uid },
    changes: [{ path: SIZE, old: claim.requested, new: size }],
    reason: text(`The volume of ${claim.pod} is nearly full; it gets ${size} instead of ${claim.requested}, for good.`, `${claim.pod}의 볼륨이 거의 가득 찼습니다. ${claim.requested}에서 ${size}(으)로 늘리며 되돌릴 수 없습니다.`),
  };
}

/** The claims of the one allowed workload whose pods mount them all. */
async function claimsOfPlan(access: ClusterAccess, { steps }: JudgedPlan, allowed: AllowedTargets): Promise<Claim[]> {
  const odd = steps.find(({ action, object }) => action !== 'patch' || object.kind !== 'PersistentVolumeClaim' || object.apiVersion !== 'v1');
  if (odd || steps.length === 0) throw foreignStep(growVolumes.use, odd ?? steps[0]!, 'it patches persistent volume claims');
  const workloads = [...allowed.values()].filter(({ kind, name }) => kind === 'StatefulSet' && steps.every(({ object }) => object.name.includes(`-${name}-`)));
  const [best] = workloads.sort((a: Target, b: Target) => b.name.length - a.name.length);
  if (!best) throw foreignStep(growVolumes.use, steps[0]!, 'the claim belongs to none of the allowed targets');
  return claimsOf(access, best);
}

function judgeStep(step: GrowStep, claims: readonly Claim[]): Claim {
  const claim = claims.find(({ name, object }) => name === step.object.name && object.metadata.namespace === step.object.namespace);
  if (!claim) throw foreignStep(growVolumes.use, step, 'no pod of the allowed targets mounts this claim');
  if (claim.uid !== step.object.uid) throw failure('Conflict', `PersistentVolumeClaim ${claim.name} is another object than the one that was planned for; plan again`);
  const [change, another] = step.changes;
  const [before, after] = [bytesOf(change?.old), bytesOf(change?.new)];
  if (!change || another || change.path !== SIZE || before === undefined || after === undefined) throw foreignStep(growVolumes.use, step, `it changes ${SIZE} only`);
  if (after <= before || after > Math.max(before, claim.capacityBytes) * MOST_FACTOR + 1024 ** 2) throw foreignStep(growVolumes.use, step, `it makes a volume larger, at most ${MOST_FACTOR} times`);
  const standing = standingOf(claim.object, step.changes);
  if (typeof standing === 'object') throw failure('Conflict', `PersistentVolumeClaim ${claim.name} is no longer as it was planned for (${standing.differs}); plan again`);
  return claim;
}

function gatesFor(claims: readonly Claim[], sizes: readonly number[], most?: string): GateVerdict[] {
  const fixed = claims.filter(({ expandable }) => expandable !== true);
  const loose = claims.filter(({ phase }) => phase !== 'Bound');
  const limit = most === undefined ? undefined : bytesOf(most);
  const beyond = limit === undefined ? [] : claims.filter((_, index) => sizes[index]! > limit);
  const names = (list: readonly Claim[]) => list.map(({ name }) => name).join(', ');
  const owned = claims.filter(({ object }) => ((object.metadata['ownerReferences'] ?? []) as Array<{ kind?: string; controller?: boolean }>).some(({ kind, controller }) => controller && kind !== 'StatefulSet'));
  return [
    verdict('expandable', fixed.length === 0, fixed.length === 0
      ? text('The storage class lets every one of these claims grow.', '스토리지 클래스가 모든 PVC의 확장을 허용합니다.')
      : text(`The storage class of ${names(fixed)} (${[...new Set(fixed.map(({ storageClass }) => storageClass ?? 'none'))].join(', ')}) does not let claims grow, or cannot be read (allowVolumeExpansion).`, `${names(fixed)}의 스토리지 클래스가 확장을 허용하지 않거나 읽을 수 없습니다(allowVolumeExpansion).`)),
    verdict('bound', loose.length === 0, loose.length === 0
      ? text('Every claim has its volume.', '모든 PVC가 볼륨에 연결되어 있습니다.')
      : text(`${names(loose)} has no volume (not Bound).`, `${names(loose)}이(가) 볼륨에 연결되지 않았습니다(Bound 아님).`)),
    verdict('owner', owned.length === 0, owned.length === 0
      ? text('No operator owns the claims.', 'PVC를 관리하는 오퍼레이터가 없습니다.')
      : text(`${names(owned)} belongs to an operator: change its custom resource.`, `${names(owned)}은(는) 오퍼레이터가 관리하므로 커스텀 리소스를 변경하십시오.`)),
    ...(limit === undefined ? [] : [verdict('limit', beyond.length === 0, beyond.length === 0
      ? text(`None becomes larger than ${most}.`, `${most}보다 커지는 볼륨이 없습니다.`)
      : text(`${names(beyond)} would become larger than ${most}: something else is wrong than its size.`, `${names(beyond)}이(가) ${most}를 넘게 됩니다. 크기가 아닌 다른 문제를 확인하십시오.`))]),
  ];
}
