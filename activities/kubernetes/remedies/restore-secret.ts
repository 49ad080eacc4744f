import { parse } from 'yaml';
import { z } from 'zod';
import { failure, type GateVerdict, type PlannedStep, type PlanRequest } from '../../../workflows/contracts';
import { portOf, targetOf, type ClusterAccess } from '../../cluster-access';
import type { Target } from '../../clusters';
import type { DesiredObject } from '../../desired-state';
import { readyNeeded } from '../../quorum';
import { foreignStep, text, type AllowedTargets, type DraftResult, type JudgedPlan, type Judgement, type Remedy } from '../../remedy';
import { readWorkload, textOf, type PodView, type Workload } from '../../workload';
import { FIELD_MANAGER, type KubernetesObject } from '../gateway';
import { sameJson } from '../../same-json';
import { copyNameOf, digestsOf, inverseKeys, keyChanges, secretData, standingOfKeys, type SecretData } from '../secrets';
import { claimsOf, resizing } from '../volumes';
import { ownerGate, verdict } from './gates';
import { growVolumes } from './grow-volumes';
import { workloadOfSteps } from './pod-steps';
import { rollingGates, rollingRadius, rollingSteps } from './rolling';
import { shipsAgain } from './uploads';

const INPUT = z.strictObject({
  target: z.string().default('objectStore').describe('Role of the Secret.'),
  readers: z.string().default('receiver').describe('Role of the StatefulSet whose pods read it at their start only.'),
});

/** The role that uploads: its pods may be ready and fail all the same, and the first that is replaced shows whether the Secret is any good. */
const UPLOADERS = 'receiver';
/** A write-ahead log is replayed and a new segment begun at every start. */
const NO_ROOM_TO_START = 0.9;
/** A driver takes seconds to minutes to grow a volume; asked again after this, in milliseconds. */
const RESIZE_POLL_MS = 3_000;

type FillStep = Extract<PlannedStep, { action: 'fillSecret' }>;

/**
 * Actions A6 and A1: the object store's Secret gets the values of the desired state in place, and the pods that read it at
 * their start are replaced one after the other. What it held before is kept in a Secret beside it, so that no value is in
 * the plan. The first pod that is replaced is the trial: when it cannot upload, the others keep running as they are.
 */
export const restoreSecret: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.restoreSecret',
  title: 'Puts the object store’s Secret back in place as the desired state says, then replaces the pods that read it, one after the other',
  input: INPUT,
  rbac: [
    { apiGroup: '', resources: ['secrets'], verbs: ['get', 'patch', 'create', 'delete'], names: ['objectStore'] },
    { apiGroup: '', resources: ['secrets'], verbs: ['get', 'patch'], names: ['objectStore'], renamed: copyNameOf },
    ...growVolumes.rbac,
    { apiGroup: '', resources: ['pods/eviction'], verbs: ['create'] },
    { apiGroup: '', resources: ['pods', 'pods/proxy'], verbs: ['get'] },
  ],
  mildestRisk: 'disruptive',
  leastRisk: () => 'disruptive',
  roles: ({ target, readers }) => [target, readers],

  async plan(access, { target: role, readers }, request): Promise<DraftResult> {
    const [target, workloadTarget] = [targetOf(access, role), targetOf(access, readers)];
    if (target.kind !== 'Secret' || role !== 'objectStore') return refused(verdict('kind', false, text(`${target.kind} ${target.name} is not the object store's Secret.`, `${target.kind} ${target.name}은(는) 오브젝트 스토어 Secret이 아닙니다.`)));
    const [live, desired, workload] = await Promise.all([access.kubernetes.read(target), access.desiredState.find(target), readWorkload(access, workloadTarget)]);
    if (!desired) return refused(noDesiredState(target));
    const usable = contentGate(target, desired);
    if (!usable.passed) return refused(usable);
    const evictions = rollingSteps(readersToReplace(access, readers, target, live, desired, workload), workloadTarget.namespace);
    const steps = [...(evictions.length > 0 ? await roomFor(access, readers, request) : []), ...secretSteps(access, target, live, desired), ...evictions];
    if (steps.length === 0) return { kind: 'unneeded', reason: text(`Secret ${target.name} is as ${desired.source} says, and every pod of ${workloadTarget.name} has been started with it.`, `Secret ${target.name}이(가) 원하는 상태와 같고 ${workloadTarget.name}의 모든 파드가 그 값으로 시작했습니다.`) };
    return {
      kind: 'draft',
      steps,
      inverse: inverseOf(steps),
      desiredState: desired.source,
      ifNothingIsDone: readers === UPLOADERS
        ? text('Receivers go on filling their disks: they keep every block that they could not upload.', '리시버는 업로드하지 못한 블록을 계속 보관하므로 디스크가 가득 찹니다.')
        : text(`Pods of ${workloadTarget.name} go on ending at their start, and whatever else starts anew will.`, `${workloadTarget.name}의 파드가 시작할 때마다 종료되며, 다시 시작하는 다른 프로그램도 마찬가지입니다.`),
    };
  },

  async judge(access, plan, allowed): Promise<Judgement> {
    const { target, evictions, growth } = partsOf(plan, allowed);
    const room = growth.length > 0 ? await growVolumes.judge(access, { steps: growth, inverse: [] }, allowed) : undefined;
    const [live, desired] = await Promise.all([access.kubernetes.read(target), access.desiredState.find(target)]);
    if (!desired) throw foreignStep(restoreSecret.use, plan.steps[0]!, 'nothing says how the Secret should be');
    for (const step of plan.steps) judgeSecretStep(access, step, target, live, desired);
    const gates = [
      verdict('desiredState', true, text(`Every value is the one of ${desired.source}.`, `모든 값이 ${desired.source}와 같습니다.`)),
      contentGate(target, desired),
      ...(live ? [ownerGate(live), mutableGate(live)] : []),
      ...(room?.gates ?? []),
    ];
    if (evictions.length === 0) return { risk: 'disruptive', gates, blastRadius: { pods: [], text: text(`Secret ${target.name} only; no pod is restarted.`, `Secret ${target.name}만 해당하며 재시작되는 파드는 없습니다.`) } };
    const { role, workload } = await workloadOfSteps(access, restoreSecret.use, evictions, allowed);
    if (role === 'agent') throw foreignStep(restoreSecret.use, evictions[0]!, 'it never restarts an agent');
    if (plan.executing?.action === 'evict' && growth.length > 0) await requireRoom(access, allowed.get(role)!, growth);
    const radius = rollingRadius(access, role, workload, evictions.map(({ object }) => object.name));
    return {
      risk: 'disruptive',
      gates: [...gates, ...rollingGates(access, role, workload, evictions, plan.executing), ...(role === UPLOADERS ? await trialGate(access, allowed.get(role)!, workload, evictions, plan.executing) : [])],
      blastRadius: room ? { ...radius, text: text(`${radius.text.en} Before that ${room.blastRadius.text.en}`, `${radius.text.ko} 그 전에 ${room.blastRadius.text.ko}`) } : radius,
    };
  },

  /** Only what Nightshift itself has made is removed again. */
  async judgeUndo(access, plan, allowed) {
    const { target } = partsOf(plan, allowed);
    if (!plan.steps.some((step) => step.action === 'fillSecret' && step.object.uid === undefined)) return [];
    const live = await access.kubernetes.read(target);
    const ours = !live || ((live.metadata['managedFields'] ?? []) as Array<{ manager?: string }>).every(({ manager }) => manager === FIELD_MANAGER);
    return [verdict('madeByNightshift', ours, ours
      ? text(`Secret ${target.name} was made by Nightshift, or is gone.`, `Secret ${target.name}은(는) Nightshift가 만들었거나 이미 없습니다.`)
      : text(`Secret ${target.name} was made or changed by somebody else: it is not removed.`, `Secret ${target.name}은(는) 다른 주체가 만들거나 변경했으므로 제거하지 않습니다.`))];
  },
};

/** A receiver whose disk is full may not come up again: its volume grows first, where it can. */
async function roomFor(access: ClusterAccess, readers: string, request: PlanRequest): Promise<PlannedStep[]> {
  const room = await growVolumes.plan(access, growVolumes.input.parse({ target: readers, fullerThan: NO_ROOM_TO_START }), request);
  return room.kind === 'draft' ? room.steps : [];
}

/** @throws NotYetConverged while a volume that was asked to grow has not grown; one that grows only at a start is not waited for. */
async function requireRoom(access: ClusterAccess, target: Target, growth: readonly PlannedStep[]): Promise<void> {
  const claims = (await claimsOf(access, target)).filter(({ name }) => growth.some(({ object }) => object.name === name));
  const waiting = claims.filter((claim) => resizing(claim) && !claim.conditions.includes('FileSystemResizePending')).map(({ name }) => name);
  if (waiting.length > 0) throw failure('NotYetConverged', `${waiting.join(', ')} has not grown yet`, { nextRetryMs: RESIZE_POLL_MS });
}

function refused(gate: GateVerdict): DraftResult {
  return { kind: 'refused', gates: [gate], reason: gate.reason };
}

function noDesiredState({ name }: Target): GateVerdict {
  return verdict('desiredState', false, text(
    `Nothing says how Secret ${name} should be: its manifest is not in desiredState.directory, or only in an encrypted form. Apply it by hand (kubectl apply, never delete first), then restart the receivers one by one.`,
    `Secret ${name}의 원하는 상태를 알 수 없습니다(desiredState.directory에 없거나 암호화됨). 삭제하지 말고 kubectl apply로 적용한 뒤 리시버를 하나씩 재시작하십시오.`));
}

const REFERENCE = /\$\{[^}]*\}|ENC\[|<[^>\n]{1,60}>|\b(changeme|replace[-_]?me|placeholder)\b/i;

/**
 * Is what the desired state says something that a Thanos program could start with? A template, a placeholder or an encrypted
 * value would take the last working configuration away.
 */
function contentGate(target: Target, { manifest, source }: DesiredObject): GateVerdict {
  const fault = contentFault(target.key, secretData(manifest));
  return verdict('content', fault === undefined, fault === undefined
    ? text(`${source} has a whole object store configuration.`, `${source}의 오브젝트 스토어 설정이 온전합니다.`)
    : text(`${source} cannot be used: ${fault}.`, `${source}의 내용을 사용할 수 없습니다: ${fault}.`));
}

/** In words that hold nothing of the value. */
function contentFault(key: string | undefined, data: SecretData): string | undefined {
  if (Object.keys(data).length === 0) return 'it has no data';
  if (key === undefined) return undefined;
  const encoded = data[key];
  if (encoded === undefined) return `it has no key ${key}`;
  const value = Buffer.from(encoded, 'base64').toString('utf8');
  if (REFERENCE.test(value)) return `${key} holds a placeholder or an encrypted value`;
  let parsed: unknown;
  try {
    parsed = parse(value);
  } catch {
    return `${key} is no YAML`;
  }
  const { type, config } = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as { type?: unknown; config?: unknown };
  return typeof type === 'string' && typeof config === 'object' && config !== null ? undefined : `${key} has no type and config`;
}

function mutableGate(live: KubernetesObject): GateVerdict {
  const passed = live['immutable'] !== true;
  return verdict('mutable', passed, passed
    ? text('The Secret may be changed in place.', 'Secret을 제자리에서 변경할 수 있습니다.')
    : text(`Secret ${live.metadata.name} is immutable: it can only be replaced under another name.`, `Secret ${live.metadata.name}은(는) 변경 불가(immutable)입니다.`));
}

function secretSteps(access: ClusterAccess, target: Target, live: KubernetesObject | undefined, desired: DesiredObject): PlannedStep[] {
  const { apiVersion, kind, namespace, name } = target;
  const keys = missingKeys(access, target, live, desired);
  if (keys.length === 0) return [];
  const reason = text(`As ${desired.source} says; values are not shown.`, `${desired.source}에 따릅니다. 값은 표시하지 않습니다.`);
  const uid = live?.metadata.uid;
  if (!live || uid === undefined) return [{ id: 'fill-secret', action: 'fillSecret', object: { apiVersion, kind, namespace, name }, from: 'desiredState', keys, reason }];
  const held = keyChanges({}, digestsOf(access, target, secretData(live)));
  return [
    { id: 'keep-secret', action: 'keepSecret', object: { apiVersion, kind, namespace, name: copyNameOf(name) }, copyOf: { name, uid }, keys: held, reason: text('What the Secret holds now is kept in the cluster, for undoing.', '되돌릴 수 있도록 현재 값을 클러스터 안에 보관합니다.') },
    { id: 'fill-secret', action: 'fillSecret', object: { apiVersion, kind, namespace, name, uid }, from: 'desiredState', keys, reason },
  ];
}

function missingKeys(access: ClusterAccess, target: Target, live: KubernetesObject | undefined, { manifest }: DesiredObject) {
  return keyChanges(live ? digestsOf(access, target, secretData(live)) : {}, digestsOf(access, target, secretData(manifest)));
}

/**
 * Every receiver when the Secret changes; those that were started before its last change when it is right already. Below the
 * write quorum, and of other readers, only those that are not ready: a ready one works with what it was started with.
 */
function readersToReplace(access: ClusterAccess, readers: string, target: Target, live: KubernetesObject | undefined, desired: DesiredObject, { pods, members }: Workload): PodView[] {
  const present = pods.filter((pod) => pod.state !== 'terminating');
  const quorumHolds = readers === UPLOADERS && present.filter(({ ready }) => ready).length >= readyNeeded(members, access.config.replicationFactor);
  const mayGo = quorumHolds ? present : present.filter(({ ready }) => !ready);
  if (!live || missingKeys(access, target, live, desired).length > 0) return mayGo;
  return startedBefore(mayGo, dataChangedAt(live));
}

/** When the data of a Secret was last written, as its managed fields say; undefined where they do not. */
export function dataChangedAt({ metadata }: KubernetesObject): number | undefined {
  const fields = (metadata['managedFields'] ?? []) as Array<{ time?: string; fieldsV1?: Record<string, unknown> }>;
  const times = fields.filter(({ fieldsV1, time }) => time !== undefined && fieldsV1 !== undefined && 'f:data' in fieldsV1).map(({ time }) => Date.parse(time!));
  return times.length > 0 ? Math.max(...times) : undefined;
}

export function startedBefore(pods: readonly PodView[], moment: number | undefined): PodView[] {
  return moment === undefined ? [] : pods.filter(({ object }) => Date.parse(textOf(object.metadata['creationTimestamp'])) < moment);
}

/** Only the Secret goes back. Pods that were replaced stay: what they run with now is read at the next start. */
function inverseOf(steps: readonly PlannedStep[]): PlannedStep[] {
  const fill = steps.find((step): step is FillStep => step.action === 'fillSecret');
  if (!fill) return [];
  const reason = text('As it was before the plan; values are not shown.', '계획 이전 상태로 되돌립니다. 값은 표시하지 않습니다.');
  if (fill.object.uid === undefined) return [{ id: 'undo-fill-secret', action: 'delete', object: fill.object, reason }];
  return [{ ...fill, id: 'undo-fill-secret', from: { copy: copyNameOf(fill.object.name) }, keys: inverseKeys(fill.keys), reason }];
}

function partsOf({ steps }: JudgedPlan, allowed: AllowedTargets): { target: Target; evictions: PlannedStep[]; growth: PlannedStep[] } {
  const target = [...allowed].find(([role, { kind }]) => role === 'objectStore' && kind === 'Secret')?.[1];
  const odd = steps.find(({ action }) => action !== 'keepSecret' && action !== 'fillSecret' && action !== 'evict' && action !== 'patch');
  if (!target || odd) throw foreignStep(restoreSecret.use, odd ?? steps[0]!, 'it grows volumes, keeps and fills the object store’s Secret and evicts pods');
  const twice = (['keepSecret', 'fillSecret'] as const).map((action) => steps.filter((step) => step.action === action)[1]).find((step) => step !== undefined);
  if (twice) throw foreignStep(restoreSecret.use, twice, 'it restores one Secret');
  const fill = steps.findIndex(({ action }) => action === 'fillSecret');
  const early = steps.slice(0, Math.max(0, fill)).find(({ action }) => action === 'evict');
  if (early) throw foreignStep(restoreSecret.use, early, 'pods are replaced only after the Secret is right');
  return { target, evictions: steps.filter(({ action }) => action === 'evict'), growth: steps.filter(({ action }) => action === 'patch') };
}

function judgeSecretStep(access: ClusterAccess, step: PlannedStep, target: Target, live: KubernetesObject | undefined, desired: DesiredObject): void {
  const { object } = step;
  if (step.action === 'keepSecret') {
    const right = object.kind === 'Secret' && object.apiVersion === 'v1' && object.namespace === target.namespace && object.name === copyNameOf(target.name) && step.copyOf.name === target.name;
    if (!right) throw foreignStep(restoreSecret.use, step, 'the copy stands beside the Secret, under its name');
    return;
  }
  if (step.action !== 'fillSecret') return;
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1' || object.namespace !== target.namespace || object.name !== target.name) throw foreignStep(restoreSecret.use, step, 'the object is none of the allowed targets');
  if (step.from !== 'desiredState') throw foreignStep(restoreSecret.use, step, 'values come from the desired state');
  if (live && object.uid !== undefined && live.metadata.uid !== object.uid) throw failure('Conflict', `Secret ${target.name} is another object than the one that was planned for; plan again`);
  const wanted = digestsOf(access, target, secretData(desired.manifest));
  const standing = live ? standingOfKeys(digestsOf(access, target, secretData(live)), step.keys) : 'as planned';
  if (typeof standing === 'object') throw failure('Conflict', `Secret ${target.name} is no longer as it was planned for (${standing.differs}); plan again`);
  const remaining = missingKeys(access, target, live, desired);
  if (step.keys.some((change) => wanted[change.key] !== change.new) || !sameJson(standing === 'done' ? [] : step.keys, remaining)) throw foreignStep(restoreSecret.use, step, `its keys are not those towards ${desired.source}; digests depend on the digest key, which all workers of a cluster must share`);
}

/** The pod that was replaced first shows whether the Secret is any good: it tries to upload as soon as it is ready. */
async function trialGate(access: ClusterAccess, target: Target, { pods }: Workload, evictions: readonly PlannedStep[], executing: PlannedStep | undefined): Promise<GateVerdict[]> {
  const at = evictions.findIndex(({ id }) => id === executing?.id);
  const replaced = evictions.slice(0, Math.max(0, at)).map(({ object }) => object.name);
  const trials = pods.filter((pod) => replaced.includes(pod.name) && pod.ready);
  if (trials.length === 0) return [];
  const port = portOf(target, 'metrics');
  const ships = await Promise.all(trials.map(async ({ name }) => ({ name, ...shipsAgain(await access.metrics.scrape({ namespace: target.namespace, name, port })) })));
  const failing = ships.filter(({ failures, syncs }) => failures > 0 && syncs === 0).map(({ name }) => name);
  return [verdict('trialUploads', failing.length === 0, failing.length === 0
    ? text(`${trials.map(({ name }) => name).join(', ')} uploads, or has nothing to upload yet, with the restored Secret.`, `${trials.map(({ name }) => name).join(', ')}이(가) 복원된 Secret으로 업로드하거나 아직 업로드할 블록이 없습니다.`)
    : text(`${failing.join(', ')} was started with the restored Secret and still cannot upload: the others are not restarted for it. The values in Git are wrong as well, or the store refuses them.`, `복원된 Secret으로 시작한 ${failing.join(', ')}도 업로드하지 못하므로 나머지는 재시작하지 않습니다. Git의 값도 잘못되었거나 스토어가 거부하고 있습니다.`))];
}
