import { z } from 'zod';
import { failure, type FieldChange, type GateVerdict, type PlannedStep } from '../../../workflows/contracts';
import type { ClusterAccess } from '../../cluster-access';
import { readyNeeded } from '../../quorum';
import { foreignStep, text, type AllowedTargets, type DraftResult, type Judgement, type Remedy } from '../../remedy';
import { READS_WORKLOAD, type PodView } from '../../workload';
import { inverseChanges } from '../changes';
import { flagAlgorithms, judgeRing, readHashring, type HashringConfig } from '../hashring-config';
import { evictionGates, evictionStep } from './evict-pods';
import { ownerGate, templateGate, verdict } from './gates';
import { podOf, workloadOfSteps } from './pod-steps';

/** These two roles and no others: the ring is judged by what these receivers need. */
const RING_ROLE = 'hashring';
const RECEIVER_ROLE = 'receiver';

const INPUT = z.strictObject({
  target: z.literal(RING_ROLE).default(RING_ROLE).describe('Role of the ConfigMap that holds the hashring.'),
  receiver: z.literal(RECEIVER_ROLE).default(RECEIVER_ROLE).describe('Role of the receivers that read it.'),
});

/** The file goes into the plan, twice. */
const LARGEST_FILE = 64 * 1024;

type PatchStep = Extract<PlannedStep, { action: 'patch' }>;

/**
 * Action A6 for the hashring: the ConfigMap goes back to the desired state in place, and receivers that crash-loop on the
 * wrong ring are evicted, since a pod waits up to five minutes before it tries again. Only a ring that receivers start with
 * is ever applied.
 */
export const restoreHashring: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.restoreHashring',
  title: 'Puts the hashring’s ConfigMap back as the desired state says, after a pre-flight, and evicts the receivers that broke on it',
  input: INPUT,
  rbac: [
    ...READS_WORKLOAD,
    { apiGroup: '', resources: ['configmaps'], verbs: ['get', 'patch'], names: [RING_ROLE] },
    { apiGroup: '', resources: ['services'], verbs: ['get'], names: 'any' },
    { apiGroup: '', resources: ['pods/eviction'], verbs: ['create'] },
    { apiGroup: '', resources: ['pods'], verbs: ['get', 'delete'] },
  ],
  mildestRisk: 'safe',
  leastRisk: (steps) => (steps.every(({ action }) => action === 'patch') ? 'safe' : 'disruptive'),
  roles: ({ target, receiver }) => [target, receiver],

  async plan(access, input): Promise<DraftResult> {
    const config = await readHashring(access, input.target, input.receiver);
    const { live, text: from, desired, workload } = config;
    const name = nameOf(config);
    if (!live || from === undefined) return refuse('exists', `There is no ${name} with the file ${config.key}; make it again by hand, from Git. No receiver may restart until then.`, `${name}(파일 ${config.key})이(가) 없습니다. Git의 내용으로 직접 생성하십시오. 그때까지 리시버를 재시작하지 마십시오.`);
    if (!desired) return refuse('desiredState', `Nothing says how ${name} should be: set desiredState.directory to the manifests of this cluster.`, `${name}의 원하는 상태를 알 수 없습니다. desiredState.directory를 설정하십시오.`);
    if (from.length + desired.text.length > LARGEST_FILE) return refuse('size', `${name} is too large for a plan; restore it by hand.`, `${name}이(가) 계획에 담기에 너무 큽니다. 직접 복원하십시오.`);
    const changes: FieldChange[] = from === desired.text ? [] : [{ path: pathOf(config), old: from, new: desired.text }];
    if (changes.length === 0) return { kind: 'unneeded', reason: text(`${name} is as ${desired.source} says.`, `${name}이(가) 원하는 상태와 같습니다.`) };
    const preflight = await preflightGate(access, config, desired.text);
    if (!preflight.passed) return { kind: 'refused', gates: [preflight], reason: preflight.reason };
    const { apiVersion, kind, metadata } = live;
    const object = { apiVersion, kind, namespace: config.target.namespace, name: metadata.name, ...(metadata.uid && { uid: metadata.uid }) };
    const patch: PatchStep = { id: 'restore-hashring', action: 'patch', object, changes, reason: text(`The ring goes back to what ${desired.source} says.`, `해시링을 ${desired.source}의 내용으로 되돌립니다.`) };
    const undo: PatchStep = { ...patch, id: 'undo-restore-hashring', changes: inverseChanges(changes), reason: text('The ring goes back to what it was before the plan.', '해시링을 계획 이전 상태로 되돌립니다.') };
    // A template that does not work is another trouble: pods made of it would not come back.
    const broken = templateGate(workload).passed ? workload.pods.filter((pod) => pod.state === 'broken') : [];
    return {
      kind: 'draft',
      steps: [patch, ...(await Promise.all(broken.map((pod) => evictionStep(access, pod))))],
      inverse: [undo],
      desiredState: desired.source,
      ifNothingIsDone: text('Receivers that run keep the ring that they have; every one that restarts reads this file, and may not start or may not reach the others.', '실행 중인 리시버는 기존 해시링을 유지하지만, 재시작하는 리시버는 이 파일을 읽어 시작하지 못하거나 다른 리시버와 통신하지 못할 수 있습니다.'),
    };
  },

  async judge(access, { steps }, allowed): Promise<Judgement> {
    const [patch, ...others] = steps;
    if (patch?.action !== 'patch') throw foreignStep(restoreHashring.use, patch ?? steps[0]!, 'it patches the hashring’s ConfigMap first');
    const odd = others.find(({ action }) => action !== 'evict' && action !== 'delete');
    if (odd) throw foreignStep(restoreHashring.use, odd, 'after the ConfigMap it only evicts and deletes receivers');
    const config = await readHashring(access, RING_ROLE, RECEIVER_ROLE);
    const gates = await judgePatch(access, patch, config, allowed);
    const pods = others.length > 0 ? await judgePods(access, others, allowed) : undefined;
    const flushes = flagAlgorithms(config).some((algorithm) => algorithm !== 'ketama') && !isLoaded(config, patch);
    return {
      risk: pods || flushes ? 'disruptive' : 'safe',
      gates: [...gates, ...(pods?.gates ?? [])],
      blastRadius: radius(access, config, others.map(({ object }) => object.name), flushes),
    };
  },

  /** The ring of before the plan may be one that no receiver starts with: it is not put back then. */
  async judgeUndo(access, { steps }, allowed) {
    const patch = steps.find((step): step is PatchStep => step.action === 'patch');
    if (!patch) return [];
    const config = await readHashring(access, RING_ROLE, RECEIVER_ROLE);
    requireRing(patch, config, allowed);
    const before = patch.changes[0]?.old;
    return [await preflightGate(access, config, typeof before === 'string' ? before : '')];
  },
};

function nameOf({ target: { kind, namespace, name } }: HashringConfig): string {
  return `${kind} ${namespace}/${name}`;
}

function pathOf({ key }: HashringConfig): string {
  return `/data/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function refuse(gate: string, en: string, ko: string): DraftResult {
  const refusal = verdict(gate, false, text(en, ko));
  return { kind: 'refused', gates: [refusal], reason: refusal.reason };
}

/** Domain 4.7: parses, unique host:port, count ≥ replication factor, gRPC port, names resolve, one algorithm; and every member that it names is there. */
async function preflightGate(access: ClusterAccess, config: HashringConfig, ring: string): Promise<GateVerdict> {
  const judged = await judgeRing(access, config, ring);
  const problems = 'problem' in judged ? [judged.problem] : judged.problems;
  const absent = 'rings' in judged ? judged.absent : [];
  const en = [...problems.map((problem) => problem.en), ...(absent.length > 0 ? [`names receivers that do not exist yet (${absent.slice(0, 3).join(', ')}): bring those back first`] : [])];
  const ko = [...problems.map((problem) => problem.ko), ...(absent.length > 0 ? [`아직 없는 리시버가 있습니다(${absent.slice(0, 3).join(', ')}). 먼저 복구하십시오`] : [])];
  return verdict('hashring', en.length === 0, en.length === 0
    ? text('The ring passes the pre-flight: it parses, its endpoints are unique, at the gRPC port, enough for the replication factor, and exist.', '해시링 사전 점검 통과: 형식, 엔드포인트의 고유성, gRPC 포트, 복제 계수, 이름 모두 정상입니다.')
    : text(`The ring is not applied: it ${en.join('; it ')}.`, `해시링을 적용하지 않습니다: ${ko.join('; ')}.`));
}

function requireRing(step: PatchStep, config: HashringConfig, allowed: AllowedTargets): FieldChange {
  const target = allowed.get(RING_ROLE);
  const { kind, namespace, name } = step.object;
  if (!target || kind !== target.kind || namespace !== target.namespace || name !== target.name) throw foreignStep(restoreHashring.use, step, 'the object is not the hashring’s ConfigMap');
  const [change, another] = step.changes;
  if (!change || another || change.path !== pathOf(config)) throw foreignStep(restoreHashring.use, step, `it changes ${pathOf(config)} only`);
  return change;
}

async function judgePatch(access: ClusterAccess, step: PatchStep, config: HashringConfig, allowed: AllowedTargets): Promise<GateVerdict[]> {
  const change = requireRing(step, config, allowed);
  const { live, desired } = config;
  if (!live || live.metadata.uid !== step.object.uid) throw failure('Conflict', `${nameOf(config)} is another object than the one that was planned for; plan again`);
  if (!desired || change.new !== desired.text) throw foreignStep(restoreHashring.use, step, 'the ring is not the one of the desired state');
  return [ownerGate(live), await preflightGate(access, config, desired.text)];
}

async function judgePods(access: ClusterAccess, steps: readonly PlannedStep[], allowed: AllowedTargets): Promise<{ gates: GateVerdict[] }> {
  const receiver = allowed.get(RECEIVER_ROLE);
  const { role, workload } = await workloadOfSteps(access, restoreHashring.use, steps, new Map(receiver ? [[RECEIVER_ROLE, receiver]] : []));
  const present = steps.map((step) => podOf(step, workload)).filter((pod): pod is PodView => pod !== undefined);
  return { gates: evictionGates(access, role, workload, present) };
}

/** A file that no receiver could read was never taken up: going back to the ring that they still have reloads nothing. */
function isLoaded({ workload }: HashringConfig, { changes: [change] }: PatchStep): boolean {
  if (workload.pods.every((pod) => !pod.running)) return true;
  return typeof change?.old === 'string' && !isJson(change.old);
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

function radius(access: ClusterAccess, { workload }: HashringConfig, pods: string[], flushes: boolean): Judgement['blastRadius'] {
  const ready = workload.pods.filter((pod) => pod.ready).length;
  const evicted = pods.length > 0 ? text(` ${pods.join(', ')} (not ready) replaced.`, ` 준비되지 않은 ${pods.join(', ')} 교체.`) : text('', '');
  const reload = flushes
    ? text(`All ${ready} ready receivers take up the ring within about two minutes, flush their heads and are not ready for it for seconds: writes get 503 meanwhile and are sent again by the agent.`, `준비된 리시버 ${ready}개가 약 2분 안에 해시링을 다시 읽으며, 헤드를 플러시하는 몇 초 동안 준비 안 됨 상태가 됩니다. 그동안의 쓰기는 503을 받고 에이전트가 재전송합니다.`)
    : text(`No ready receiver (${ready}) is restarted or flushes.`, `준비된 리시버(${ready}개)는 재시작하거나 플러시하지 않습니다.`);
  return {
    pods,
    quorum: { readyBefore: ready, readyDuring: flushes ? 0 : ready, needed: readyNeeded(workload.members, access.config.replicationFactor), members: workload.members },
    text: text(reload.en + evicted.en, reload.ko + evicted.ko),
  };
}
