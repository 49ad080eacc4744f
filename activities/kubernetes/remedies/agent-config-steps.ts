/** What remedies that edit an agent's configuration file share: the edit goes into the plan whole, and each running agent reads it without a restart. */
import { redact } from '../../redact';
import { runningAgents } from '../../agent-sampling';
import { portOf, type ClusterAccess } from '../../cluster-access';
import type { Target } from '../../clusters';
import { foreignStep, text, type AllowedTargets, type DraftResult } from '../../remedy';
import type { PlannedStep } from '../../../workflows/contracts';
import { keyOf, parseAgentConfig } from '../agent-config';
import { runsWith } from './agent-reload';
import { verdict } from './gates';

/** These two roles and no others: the gate on unsent samples protects this very agent. */
export const CONFIG_ROLE = 'agentConfig';
export const AGENT_ROLE = 'agent';

const RELOAD_PATH = '/-/reload';
/** The whole file goes into the plan, twice, and a payload of Temporal warns at 256 KB. */
const LARGEST_FILE = 48 * 1024;

export function refuse(gate: string, en: string, ko: string): DraftResult {
  const refusal = verdict(gate, false, text(en, ko));
  return { kind: 'refused', gates: [refusal], reason: refusal.reason };
}

export function pathOf(target: Target): string {
  return `/data/${keyOf(target).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Why a file is not applied, or may not stand in a plan: plans are kept in histories and records. */
export function faultOf(from: string, to: string): string | undefined {
  const parsed = parseAgentConfig(to);
  if ('fault' in parsed) return `an agent would not take it (${parsed.fault})`;
  if (redact(from) !== from || redact(to) !== to) return 'it holds what looks like a password or token, which may not go into a plan; keep it in a file of its own (password_file) or restore it by hand';
  return from.length + to.length > LARGEST_FILE ? 'it is too large for a plan; restore it by hand' : undefined;
}

/** Only for agents that run and do not have it yet. */
export async function reloadSteps(access: ClusterAccess, agent: Target, file: string): Promise<PlannedStep[]> {
  const port = portOf(agent, 'http');
  const running = await runningAgents(access, agent);
  const current = await Promise.all(running.map((pod) => runsWith(access, { namespace: agent.namespace, name: pod.name, port }, file)));
  return running.filter((_, index) => !current[index]).map((pod) => ({
    id: `reload-${pod.name}`,
    action: 'reload',
    object: { apiVersion: 'v1', kind: 'Pod', namespace: agent.namespace, name: pod.name, uid: pod.uid },
    port,
    path: RELOAD_PATH,
    reason: text(`${pod.name} reads the file anew, once its node has brought it (up to two minutes).`, `${pod.name}이(가) 파일을 다시 읽습니다(노드 반영까지 최대 2분).`),
  }));
}

export function allowedRole(use: string, allowed: AllowedTargets, role: string, step: PlannedStep): Target {
  const target = allowed.get(role);
  if (!target) throw foreignStep(use, step, `the role ${role} is not among the allowed targets`);
  return target;
}

export function judgeReload(use: string, step: Extract<PlannedStep, { action: 'reload' }>, agent: Target): void {
  if (step.path !== RELOAD_PATH || step.port !== portOf(agent, 'http')) throw foreignStep(use, step, `it asks for ${RELOAD_PATH} on the agent’s http port only`);
  if (step.object.kind !== 'Pod' || step.object.namespace !== agent.namespace || !step.object.name.startsWith(`${agent.name}-`)) throw foreignStep(use, step, 'the pod is no agent');
}
