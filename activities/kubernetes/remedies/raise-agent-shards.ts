import { parseDocument } from 'yaml';
import { z } from 'zod';
import { failure, type GateVerdict, type PlannedStep } from '../../../workflows/contracts';
import { sampleAgents } from '../../agent-sampling';
import { portOf, targetOf, type ClusterAccess } from '../../cluster-access';
import type { Target } from '../../clusters';
import { foreignStep, text, type DraftResult, type Judgement, type Remedy } from '../../remedy';
import { READS_WORKLOAD, textOf } from '../../workload';
import { fileOf, maxShardsOf, parseAgentConfig, type AgentConfig } from '../agent-config';
import { inverseChanges } from '../changes';
import { sameJson } from '../../same-json';
import { AGENT_ROLE, allowedRole, CONFIG_ROLE, faultOf, judgeReload, pathOf, refuse, reloadSteps } from './agent-config-steps';
import { runsWith } from './agent-reload';
import { ownerGate, verdict } from './gates';
import { judgeUnsentSamples } from './unsent-samples';

const INPUT = z.strictObject({
  target: z.literal(CONFIG_ROLE).default(CONFIG_ROLE).describe('Role of the ConfigMap that holds the agent’s configuration.'),
  agent: z.literal(AGENT_ROLE).default(AGENT_ROLE).describe('Role of the agent that reads it.'),
});

/** Prometheus 3's own, where the file says nothing. */
const DEFAULT_SHARDS = 50;
/** One step at a time: each sender holds `capacity + max_samples_per_send` samples in memory, and loads the receivers. */
const STEP = 2;
/** The handbook's figure; whoever needs more has another problem. */
const MOST_SHARDS = 200;
/** What is sent must arrive: more senders make slow receivers slower. */
const DELIVERED = 0.99;
/** Between two looks at the agent, in milliseconds. The practice cluster’s counters grow smoothly. */
const WINDOW_MS = 2_000;
const PRACTICE_WINDOW_MS = 100;

type PatchStep = Extract<PlannedStep, { action: 'patch' }>;

/**
 * Action A4b for a queue that may not send as fast as it scrapes: `max_shards` is doubled once, in place, and each running
 * agent reads the file. Only while the agent is not behind (domain F3: the edit begins the queue anew, and what is unsent is
 * skipped), is limited by its senders, and everything that it sends arrives.
 */
export const raiseAgentShards: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.raiseAgentShards',
  title: 'Doubles how many senders the agent’s remote write may have, and has the agent read it, while it is not behind',
  input: INPUT,
  rbac: [
    ...READS_WORKLOAD,
    { apiGroup: '', resources: ['configmaps'], verbs: ['get', 'patch'], names: [CONFIG_ROLE] },
    { apiGroup: '', resources: ['pods'], verbs: ['get'] },
    { apiGroup: '', resources: ['pods/proxy'], verbs: ['get', 'create'] },
  ],
  mildestRisk: 'disruptive',
  leastRisk: () => 'disruptive',
  roles: ({ target, agent }) => [target, agent],

  async plan(access, input): Promise<DraftResult> {
    const [target, agent] = [targetOf(access, input.target), targetOf(access, input.agent)];
    const live = await access.kubernetes.read(target);
    const name = `${target.kind} ${target.namespace}/${target.name}`;
    if (!live) return refuse('exists', `There is no ${name}; restore it by hand.`, `${name}이(가) 없습니다. 직접 복원하십시오.`);
    const from = fileOf(live, target);
    const raised = raisedFile(from);
    if ('fault' in raised) return refuse('oneStep', `The senders of ${name} are not raised: ${raised.fault.en}.`, `${name}의 전송 샤드를 올리지 않습니다: ${raised.fault.ko}.`);
    const fault = faultOf(from, raised.file);
    if (fault) return refuse('validConfig', `${name} is not edited: ${fault}.`, `${name}을(를) 수정하지 않습니다: ${fault}.`);
    const { apiVersion, kind, namespace } = target;
    const object = { apiVersion, kind, namespace, name: live.metadata.name, ...(live.metadata.uid && { uid: live.metadata.uid }) };
    const changes = [{ path: pathOf(target), old: from, new: raised.file }];
    const patch: PatchStep = { id: 'raise-shards', action: 'patch', object, changes, reason: text(`max_shards goes from ${raised.before} to ${raised.after}.`, `max_shards를 ${raised.before}에서 ${raised.after}(으)로 올립니다.`) };
    const undo: PatchStep = { ...patch, id: 'undo-raise-shards', changes: inverseChanges(changes), reason: text('The file goes back to what it was before the plan.', '파일을 계획 이전 상태로 되돌립니다.') };
    const reloads = await reloadSteps(access, agent, raised.file);
    return {
      kind: 'draft',
      steps: [patch, ...reloads],
      inverse: [undo, ...reloads.map((step) => ({ ...step, id: `undo-${step.id}` }))],
      ifNothingIsDone: text('The agent falls behind whenever it scrapes more than its senders carry.', '수집량이 전송 한도를 넘을 때마다 에이전트가 뒤처집니다.'),
    };
  },

  async judge(access, { steps }, allowed): Promise<Judgement> {
    const [patch, ...reloads] = steps;
    if (patch?.action !== 'patch') throw foreignStep(raiseAgentShards.use, patch ?? steps[0]!, 'it patches the agent’s ConfigMap first');
    const agent = allowedRole(raiseAgentShards.use, allowed, AGENT_ROLE, patch);
    for (const step of reloads) {
      if (step.action !== 'reload') throw foreignStep(raiseAgentShards.use, step, 'after the ConfigMap it only asks agents to reload');
      judgeReload(raiseAgentShards.use, step, agent);
    }
    const { gates, patched } = await judgePatch(access, patch, allowedRole(raiseAgentShards.use, allowed, CONFIG_ROLE, patch));
    const unsent = await judgeUnsentSamples(access, agent);
    const behind = unsent.risk === 'destructive';
    return {
      risk: 'disruptive',
      gates: [
        ...gates,
        verdict('unsentSamples', !behind, behind
          ? text(`Not while it is behind, for a remedy that only helps in future: ${unsent.expectedLoss?.en ?? ''}`, `지연이 있는 동안에는 진행하지 않습니다: ${unsent.expectedLoss?.ko ?? ''}`)
          : unsent.gate.reason),
        // Once the file is changed the agent may be between two settings; what it says then decides nothing.
        ...(patched ? [] : await senderGates(access, agent)),
      ],
      blastRadius: { pods: [], text: text(`The queue of ${reloads.length} running agents begins anew; no pod is restarted. Its memory grows with its senders, and so does the load on the receivers.`, `실행 중인 에이전트 ${reloads.length}개의 큐가 새로 시작되며 재시작되는 파드는 없습니다. 샤드 수만큼 에이전트 메모리와 리시버 부하가 늘어납니다.`) },
    };
  },

  async hasReloaded(access, step, steps, allowed) {
    const agent = allowedRole(raiseAgentShards.use, allowed, AGENT_ROLE, step);
    const patch = steps.find((candidate) => candidate.action === 'patch');
    return runsWith(access, { namespace: step.object.namespace, name: step.object.name, port: portOf(agent, 'http') }, textOf(patch?.changes[0]?.new));
  },
};

interface Raised {
  file: string;
  before: number;
  after: number;
}

/** The same file with the next number of senders. Where the number stands in the file only it is touched, so that a diff shows nothing else. */
function raisedFile(file: string): Raised | { fault: { en: string; ko: string } } {
  const parsed = parseAgentConfig(file);
  if ('fault' in parsed) return { fault: { en: `the file is none that an agent takes (${parsed.fault})`, ko: `에이전트가 읽을 수 없는 파일(${parsed.fault})` } };
  const [entry, another] = parsed.config.remote_write;
  if (another) return { fault: { en: 'it has several remote writes, and which of them is limited has to be seen by a person', ko: 'remote write가 여러 개여서 담당자가 대상을 판단해야 함' } };
  const before = maxShardsOf(entry) ?? DEFAULT_SHARDS;
  const after = Math.min(before * STEP, MOST_SHARDS);
  if (after <= before) return { fault: { en: `it has ${before} already`, ko: `이미 ${before}개` } };
  const places = file.match(/\bmax_shards:[ \t]*\d+/g) ?? [];
  if (places.length === 1) return { file: file.replace(/(\bmax_shards:[ \t]*)\d+/, `$1${after}`), before, after };
  const document = parseDocument(file);
  document.setIn(['remote_write', 0, 'queue_config', 'max_shards'], after);
  return { file: document.toString({ lineWidth: 0 }), before, after };
}

async function judgePatch(access: ClusterAccess, step: PatchStep, target: Target): Promise<{ gates: GateVerdict[]; patched: boolean }> {
  const { kind, namespace, name } = step.object;
  if (kind !== target.kind || namespace !== target.namespace || name !== target.name) throw foreignStep(raiseAgentShards.use, step, `the object is not the ${CONFIG_ROLE}`);
  const [change, another] = step.changes;
  if (!change || another || change.path !== pathOf(target) || typeof change.new !== 'string' || typeof change.old !== 'string') throw foreignStep(raiseAgentShards.use, step, `it changes ${pathOf(target)} only`);
  const live = await access.kubernetes.read(target);
  if (!live || live.metadata.uid !== step.object.uid) throw failure('Conflict', `${target.kind} ${target.namespace}/${target.name} is another object than the one that was planned for; plan again`);
  if (!isOneStep(change.old, change.new)) throw foreignStep(raiseAgentShards.use, step, 'it doubles max_shards once, and changes nothing else');
  const fault = faultOf(change.old, change.new);
  return {
    patched: fileOf(live, target) === change.new,
    gates: [ownerGate(live), verdict('validConfig', fault === undefined, fault === undefined
      ? text('Nothing but max_shards changes, and the file is one that an agent takes.', 'max_shards 외에는 바뀌지 않으며 에이전트가 읽을 수 있는 파일입니다.')
      : text(`The file is not applied: ${fault}.`, `파일을 적용하지 않습니다: ${fault}.`))],
  };
}

/** A plan that was made by somebody else may say anything: what it changes is compared as an agent would read it. */
function isOneStep(from: string, to: string): boolean {
  const [before, after] = [parseAgentConfig(from), parseAgentConfig(to)];
  if ('fault' in before || 'fault' in after) return false;
  const [was, is] = [maxShardsOf(before.config.remote_write[0]) ?? DEFAULT_SHARDS, maxShardsOf(after.config.remote_write[0]) ?? DEFAULT_SHARDS];
  return after.config.remote_write.length === 1 && is > was && is <= Math.min(was * STEP, MOST_SHARDS) && sameJson(withoutShards(before.config), withoutShards(after.config));
}

function withoutShards({ remote_write, ...rest }: AgentConfig) {
  return { ...rest, remote_write: remote_write.map((entry) => ({ ...entry, queue_config: { ...(entry['queue_config'] as object | undefined), max_shards: 0 } })) };
}

/** Domain 4.1: desired > max shards while what is sent arrives. */
async function senderGates(access: ClusterAccess, agent: Target): Promise<GateVerdict[]> {
  const { signals } = await sampleAgents(access, agent, access.config.practice ? PRACTICE_WINDOW_MS : WINDOW_MS);
  const [desired, most] = [signals?.shardsDesired ?? 0, signals?.shardsMax ?? 0];
  const limited = most > 0 && desired > most;
  const delivered = signals?.deliveredRatio ?? null;
  const arrives = delivered !== null && delivered >= DELIVERED;
  return [
    verdict('senderLimited', limited, limited
      ? text(`It wants ${desired.toFixed(1)} senders and may have ${most}.`, `필요한 샤드 ${desired.toFixed(1)}개, 한도 ${most}개입니다.`)
      : text(`It wants ${desired.toFixed(1)} senders of ${most} that it may have: more would not help.`, `필요한 샤드 ${desired.toFixed(1)}개가 한도 ${most}개 이내이므로 늘려도 소용이 없습니다.`)),
    verdict('receiversKeepUp', arrives, arrives
      ? text('What it sends arrives at the first attempt.', '보낸 샘플이 첫 시도에 도착합니다.')
      : text('What it sends does not all arrive: more senders would only add to the load.', '보낸 샘플이 모두 도착하지 않습니다. 샤드를 늘리면 부하만 커집니다.')),
  ];
}
