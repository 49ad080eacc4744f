/** What each registered probe and remedy is to show that it can do with its own role. Registering one without a case fails the suite. */
import type { ClusterAccess } from '../../activities/cluster-access';
import { executeStep } from '../../activities/kubernetes/step-execution';
import { askProbe } from '../../activities/probe';
import { probes } from '../../activities/registry';
import { failureTypeOf, type JsonObject, type PlannedStep } from '../../workflows/contracts';
import { plan } from '../activities/remedies/harness';

export type Case = (access: ClusterAccess) => Promise<unknown>;

/** The answer was a refusal of the API server, wherever it came out. */
export class Refused extends Error {}

const ALL = (access: ClusterAccess) => Object.keys(access.config.targets);

function asks(use: string, input: JsonObject = {}): Case {
  return (access) => askProbe(probes[use]!, new Map([[access.config.name, access]]), { cluster: access.config.name, publicId: 'x', probe: { id: 'it', use, with: input }, since: new Date().toISOString(), timeoutMs: 10_000 });
}

/** Plans, which tries each step with the server's dry run. */
function plans(use: string, input: JsonObject, actions: ReadonlyArray<PlannedStep['action']>): Case {
  return async (access) => {
    const result = await plan(access, use, input, ALL(access));
    if (result.kind === 'refused' && result.gates.some(({ gate, passed }) => gate === 'dryRun' && !passed)) throw new Refused(result.reason.en);
    if (actions.length === 0) return result;
    if (result.kind !== 'planned') throw new Error(`${use} ${JSON.stringify(input)}: ${result.kind}: ${result.reason.en}`);
    expect(result.plan.steps.map(({ action }) => action)).toEqual(actions);
    return result;
  };
}

/** The undoing of a creation, tried: only this deletes. */
function removes(role: string): Case {
  return async (access) => {
    const { apiVersion, kind, namespace, name } = access.config.targets[role]!;
    const said = await executeStep({ access, dryRun: true }, { id: 'undo', action: 'delete', object: { apiVersion, kind, namespace, name }, reason: { en: 'x', ko: 'x' } });
    expect(said.result).toBe('deleted');
  };
}

/** The agent reads the file that it has: nothing has a dry run of this, and nothing changes by it. */
const reloads: Case = async (access) => {
  const result = await plan(access, 'kubernetes.restoreAgentConfig', {}, ALL(access));
  const step = result.kind === 'planned' ? result.plan.steps.find(({ action }) => action === 'reload') : undefined;
  if (!step) throw new Error(`no reload was planned: ${result.kind}`);
  await executeStep({ access, dryRun: false }, step).catch((error: unknown) => {
    if (failureTypeOf(error) !== 'NotYetConverged') throw error;
  });
};

/** The same with the agent as another kind of workload. */
function withAgent(role: string, run: Case): Case {
  return (access) => run({ ...access, config: { ...access.config, targets: { ...access.config.targets, agent: access.config.targets[role]! } } });
}

/** Each kind of workload; without pods where programs of the pipeline would be asked. */
const workloads = (use: string, real: string, more: JsonObject = {}): Case[] => [real, 'emptyDeployment', 'daemons'].map((target) => asks(use, { ...more, target }));
const restores = (role: string, gone: string): Case[] => [plans(RESTORE, { target: role }, ['patch']), plans(RESTORE, { target: gone }, ['create']), removes(role)];

const RESTORE = 'kubernetes.restoreObject';
const RECONFIGURE = 'kubernetes.restoreAgentConfig';

export const cases: Readonly<Record<string, readonly Case[]>> = {
  'kubernetes.pods': workloads('kubernetes.pods', 'receiver'),
  'kubernetes.logs': workloads('kubernetes.logs', 'receiver', { patterns: ['noSpace'] }),
  'kubernetes.service': [asks('kubernetes.service', { target: 'receiverService' })],
  'kubernetes.agentConfig': [asks('kubernetes.agentConfig')],
  'kubernetes.recentChanges': [asks('kubernetes.recentChanges', { targets: ['receiver', 'deployment', 'daemons', 'receiverService', 'agentConfig', 'ingress'] })],
  'prometheus.agentRemoteWrite': workloads('prometheus.agentRemoteWrite', 'agent'),
  'prometheus.agentDelivery': workloads('prometheus.agentDelivery', 'agent'),
  'thanos.receivers': [asks('thanos.receivers'), asks('thanos.receivers', { target: 'daemons' }), asks('thanos.receivers', { target: 'emptyDeployment' })],
  'thanos.query': [asks('thanos.query')],
  'alertmanager.alerts': [asks('alertmanager.alerts', { alertnames: ['Watchdog'] })],
  'kubernetes.evictPods': [
    plans('kubernetes.evictPods', { target: 'broken' }, ['evict']),
    plans('kubernetes.evictPods', { target: 'guarded' }, ['delete']),
    plans('kubernetes.evictPods', { target: 'deployment' }, []),
    plans('kubernetes.evictPods', { target: 'daemons' }, []),
  ],
  'kubernetes.restoreRevision': [plans('kubernetes.restoreRevision', { target: 'stuck' }, ['patch', 'delete'])],
  'kubernetes.restoreObject': [...restores('web', 'goneService'), ...restores('ingress', 'goneIngress'), ...restores('serviceMonitor', 'goneServiceMonitor'), ...restores('podMonitor', 'gonePodMonitor')],
  'kubernetes.restoreAgentConfig': [plans(RECONFIGURE, {}, ['patch', 'reload']), reloads, withAgent('emptyDeployment', plans(RECONFIGURE, {}, ['patch'])), withAgent('daemons', plans(RECONFIGURE, {}, ['patch']))],
};
