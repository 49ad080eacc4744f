import { z } from 'zod';
import { failure, type FieldChange, type PlannedStep } from '../../../workflows/contracts';
import { portOf, targetOf, type ClusterAccess } from '../../cluster-access';
import type { Target } from '../../clusters';
import { foreignStep, text, type DraftResult, type Judgement, type Remedy } from '../../remedy';
import { READS_WORKLOAD, textOf } from '../../workload';
import { desiredOf, fileOf } from '../agent-config';
import { inverseChanges } from '../changes';
import { AGENT_ROLE, allowedRole, CONFIG_ROLE, faultOf, judgeReload, pathOf, refuse, reloadSteps } from './agent-config-steps';
import { changesRemoteWrite, runsWith } from './agent-reload';
import { ownerGate, verdict } from './gates';
import { judgeUnsentSamples } from './unsent-samples';

const INPUT = z.strictObject({
  target: z.literal(CONFIG_ROLE).default(CONFIG_ROLE).describe('Role of the ConfigMap that holds the agent’s configuration.'),
  agent: z.literal(AGENT_ROLE).default(AGENT_ROLE).describe('Role of the agent that reads it.'),
});

type PatchStep = Extract<PlannedStep, { action: 'patch' }>;

/**
 * Action A4b: the agent's ConfigMap goes back to the desired state in place, and each running agent is told to read it.
 * No agent is ever restarted. Editing `remote_write` of an agent that holds unsent samples loses them (domain F3): the
 * plan is then `destructive` and says how many.
 */
export const restoreAgentConfig: Remedy<z.infer<typeof INPUT>> = {
  use: 'kubernetes.restoreAgentConfig',
  title: 'Puts the agent’s configuration file back as the desired state says and has the agent read it, without a restart',
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
    const target = targetOf(access, input.target);
    const agent = targetOf(access, input.agent);
    const name = nameOf(target);
    const live = await access.kubernetes.read(target);
    if (!live) return refuse('exists', `There is no ${name}; restore it by hand.`, `${name}이(가) 없습니다. 직접 복원하십시오.`);
    const desired = await desiredOf(access, target, live);
    if (!desired) return refuse('desiredState', `Nothing says how ${name} should be: set desiredState.directory to the manifests of this cluster.`, `${name}의 원하는 상태를 알 수 없습니다. desiredState.directory를 설정하십시오.`);
    const [from, to] = [fileOf(live, target), fileOf(desired.manifest, target)];
    const fault = faultOf(from, to);
    if (fault) return refuse('validConfig', `${name} is not restored from ${desired.source}: ${fault}.`, `${name}을(를) ${desired.source}에서 복원하지 않습니다: ${fault}.`);
    const changes: FieldChange[] = from === to ? [] : [{ path: pathOf(target), old: from, new: to }];
    const reloads = await reloadSteps(access, agent, to);
    if (changes.length === 0 && reloads.length === 0) return { kind: 'unneeded', reason: text(`${name} is as ${desired.source} says, and the agent runs with it.`, `${name}이(가) 원하는 상태와 같고 에이전트가 사용 중입니다.`) };
    const { apiVersion, kind, namespace, metadata } = { ...target, metadata: live.metadata };
    const object = { apiVersion, kind, namespace, name: metadata.name, ...(metadata.uid && { uid: metadata.uid }) };
    const patch: PatchStep = { id: 'restore-config', action: 'patch', object, changes, reason: text(`The file goes back to what ${desired.source} says.`, `파일을 ${desired.source}의 내용으로 되돌립니다.`) };
    const undo: PatchStep = { ...patch, id: 'undo-restore-config', changes: inverseChanges(changes), reason: text('The file goes back to what it was before the plan.', '파일을 계획 이전 상태로 되돌립니다.') };
    return {
      kind: 'draft',
      steps: [...(changes.length > 0 ? [patch] : []), ...reloads],
      inverse: changes.length > 0 ? [undo, ...reloads.map((step) => ({ ...step, id: `undo-${step.id}` }))] : [],
      desiredState: desired.source,
      ifNothingIsDone: text('The agent goes on sending to where nobody takes it; what it holds back is dropped after about two hours.', '에이전트가 계속 잘못된 곳으로 전송하며, 보관 중인 샘플은 약 2시간 뒤 버려집니다.'),
    };
  },

  async judge(access, { steps }, allowed): Promise<Judgement> {
    const [patches, reloads] = [steps.filter((step) => step.action === 'patch'), steps.filter((step) => step.action === 'reload')];
    const odd = steps.find(({ action }) => action !== 'patch' && action !== 'reload') ?? patches[1];
    if (odd) throw foreignStep(restoreAgentConfig.use, odd, 'it patches one ConfigMap and asks agents to reload');
    const agent = allowedRole(restoreAgentConfig.use, allowed, AGENT_ROLE, steps[0]!);
    for (const step of reloads) judgeReload(restoreAgentConfig.use, step, agent);
    const patch = patches[0] && (await judgePatch(access, patches[0], allowedRole(restoreAgentConfig.use, allowed, CONFIG_ROLE, patches[0])));
    const edits = patch ? changesRemoteWrite(patch.from, patch.to) : true;
    const unsent = edits ? await judgeUnsentSamples(access, agent) : undefined;
    return {
      risk: unsent?.risk ?? 'disruptive',
      ...(unsent?.expectedLoss && { expectedLoss: unsent.expectedLoss }),
      gates: [...(patch?.gates ?? []), unsent?.gate ?? verdict('unsentSamples', true, text('Remote write itself is not changed: no queue begins anew.', 'remote write 설정은 바뀌지 않아 큐가 새로 시작되지 않습니다.'))],
      blastRadius: { pods: [], text: text(`The configuration of ${reloads.length} running agents; no pod is restarted.`, `실행 중인 에이전트 ${reloads.length}개의 설정. 재시작되는 파드는 없습니다.`) },
    };
  },

  async hasReloaded(access, step, steps, allowed) {
    const agent = allowedRole(restoreAgentConfig.use, allowed, AGENT_ROLE, step);
    const patch = steps.find((candidate) => candidate.action === 'patch');
    const file = patch ? textOf(patch.changes[0]?.new) : await liveFile(access, allowedRole(restoreAgentConfig.use, allowed, CONFIG_ROLE, step));
    return runsWith(access, { namespace: step.object.namespace, name: step.object.name, port: portOf(agent, 'http') }, file);
  },
};

function nameOf({ kind, namespace, name }: Target): string {
  return `${kind} ${namespace}/${name}`;
}

async function judgePatch(access: ClusterAccess, step: PatchStep, target: Target) {
  const { kind, namespace, name } = step.object;
  if (kind !== target.kind || namespace !== target.namespace || name !== target.name) throw foreignStep(restoreAgentConfig.use, step, `the object is not the ${CONFIG_ROLE}`);
  const [change, another] = step.changes;
  if (!change || another || change.path !== pathOf(target) || typeof change.new !== 'string' || typeof change.old !== 'string') throw foreignStep(restoreAgentConfig.use, step, `it changes ${pathOf(target)} only`);
  const live = await access.kubernetes.read(target);
  if (!live || live.metadata.uid !== step.object.uid) throw failure('Conflict', `${nameOf(target)} is another object than the one that was planned for; plan again`);
  const desired = await desiredOf(access, target, live);
  if (!desired || fileOf(desired.manifest, target) !== change.new) throw foreignStep(restoreAgentConfig.use, step, 'the file is not the one of the desired state');
  const fault = faultOf(change.old, change.new);
  return {
    from: change.old,
    to: change.new,
    gates: [ownerGate(live), verdict('validConfig', fault === undefined, fault === undefined
      ? text('The file is one that an agent takes: YAML, with remote_write to valid URLs.', '에이전트가 읽을 수 있는 파일입니다(YAML, 유효한 remote_write URL).')
      : text(`The file is not applied: ${fault}.`, `파일을 적용하지 않습니다: ${fault}.`))],
  };
}

async function liveFile(access: ClusterAccess, target: Target): Promise<string> {
  const live = await access.kubernetes.read(target);
  return live ? fileOf(live, target) : '';
}
