import path from 'node:path';
import type { ClusterConfig } from '../../activities/clusters';
import type { GitSettings } from '../../activities/git/settings';
import { CENTRAL_QUEUE, type Budgets, type Durations, type IncidentSettings, type Policy, type PolicyRule } from '../../workflows/contracts';
import { DEFAULT_POLICY, OBSERVE_ONLY } from '../../workflows/domain/policy';
import type { ClusterFile } from './schema';
import { targetsOf } from './targets';

/** How a cluster's API is reached. */
export type Connection = { kind: 'practice' } | { kind: 'in-cluster' } | { kind: 'kubeconfig'; file: string; context?: string };

export interface ClusterEntry {
  cluster: ClusterConfig;
  /** Other values of the alert label `cluster` that mean this cluster. */
  aliases: string[];
  connection: Connection;
  /** What the configuration sets itself; it is not multiplied by the time factor. */
  durations: Partial<Durations>;
  queues: IncidentSettings['queues'];
  /** The repository that says how it should be. */
  git?: GitSettings;
}

/** The name of the practice cluster. */
export const PRACTICE = 'practice';

/** One minute of a stability window is a second here: a newcomer sees an incident through in a minute or two. */
const PRACTICE_TIME_FACTOR = 1 / 60;

const MINUTE = 60_000;

/** What waits for people is not shortened: a newcomer reads the plan before approving it. */
const PRACTICE_DURATIONS: Partial<Durations> = {
  rootCauseTarget: 5 * MINUTE,
  recoveryTarget: 15 * MINUTE,
  remindEvery: 10 * MINUTE,
  escalateEvery: 30 * MINUTE,
  approvalDeadline: 8 * 60 * MINUTE,
};

/** @param common rules that come before the cluster's own */
export function clusterOf(entry: ClusterFile, folder: string, where: string, common: PolicyRule[] = []): ClusterEntry {
  const resolve = (file: string) => path.resolve(folder, file.replace(/^~(?=\/)/, process.env['HOME'] ?? '~'));
  const connection: Connection = entry.inCluster
    ? { kind: 'in-cluster' }
    : { kind: 'kubeconfig', file: resolve(entry.kubeconfig ?? process.env['KUBECONFIG'] ?? '~/.kube/config'), ...(entry.context && { context: entry.context }) };
  const cluster: ClusterConfig = {
    name: entry.name,
    practice: false,
    mode: entry.mode,
    policy: policyOf(entry, common),
    ...(entry.lab && { lab: true }),
    ...budgetsOf(entry),
    acceptUnsigned: entry.acceptUnsigned ?? entry.lab,
    namespace: entry.namespace,
    targets: targetsOf(entry.namespace, entry.targets, where),
    replicationFactor: entry.replicationFactor,
    endpoints: definedOf(entry.endpoints),
    killSwitch: { namespace: entry.killSwitch.namespace ?? entry.namespace, name: entry.killSwitch.name },
    timeFactor: entry.timeFactor,
    ...(entry.watchdog && { watchdog: entry.watchdog }),
    ...(entry.git && { git: true as const }),
    ...(entry.desiredState && { desiredState: { directory: resolve(entry.desiredState.directory) } }),
  };
  const queues = { probe: entry.queues.probe ?? CENTRAL_QUEUE, mutate: entry.queues.mutate ?? CENTRAL_QUEUE };
  return { cluster, aliases: entry.aliases, connection, durations: definedOf(entry.durations), queues };
}

/** The handbook's example cluster, which the runbooks' examples name. */
const PRACTICE_ALIAS = 'cluster-03';

/**
 * An in-memory stand-in of the pipeline, so that a newcomer can play an incident without a cluster.
 * @param taken names of real clusters; alerts of a real cluster are never played
 */
export function practiceCluster(taken: readonly string[] = []): ClusterEntry {
  const namespace = 'monitoring';
  return {
    cluster: {
      name: PRACTICE,
      practice: true,
      mode: 'act',
      policy: DEFAULT_POLICY,
      acceptUnsigned: true,
      namespace,
      targets: targetsOf(namespace, {}, PRACTICE),
      replicationFactor: 3,
      endpoints: {},
      killSwitch: { namespace, name: 'nightshift-automation' },
      timeFactor: PRACTICE_TIME_FACTOR,
    },
    aliases: taken.includes(PRACTICE_ALIAS) ? [] : [PRACTICE_ALIAS],
    connection: { kind: 'practice' },
    durations: PRACTICE_DURATIONS,
    queues: { probe: CENTRAL_QUEUE, mutate: CENTRAL_QUEUE },
  };
}

/**
 * A bad night takes a handful of plans of one to three steps; what needs more than that, no automation understands. A lab
 * is broken many times an hour on purpose.
 */
const DEFAULT_BUDGETS: Budgets = { perHour: 12, perDay: 48 };

function budgetsOf({ mode, lab, budgets }: ClusterFile): { budgets?: Budgets } {
  if (mode === 'observe') return {};
  if (!budgets) return lab ? {} : { budgets: DEFAULT_BUDGETS };
  const { classes = {}, ...limits } = budgets;
  const byClass = Object.fromEntries(Object.entries(classes).map(([name, own]) => [name, definedOf(own)]));
  return { budgets: { ...definedOf(limits), ...(Object.keys(byClass).length > 0 && { classes: byClass }) } };
}

/** While a cluster is only observed, no policy of it counts. */
function policyOf({ mode, policy: { rules: own, ...table } }: ClusterFile, common: PolicyRule[]): Policy {
  if (mode === 'observe') return OBSERVE_ONLY;
  const rules = [...common, ...own];
  return { ...DEFAULT_POLICY, ...definedOf(table), ...(rules.length > 0 && { rules }) };
}

function definedOf<T extends object>(value: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}
