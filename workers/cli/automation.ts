import path from 'node:path';
import type { KubernetesGateway } from '../../activities/kubernetes/gateway';
import { readKillSwitch, type KillSwitchState } from '../../activities/kubernetes/kill-switch';
import { throwKillSwitch, type Thrown } from '../../activities/kubernetes/throw-kill-switch';
import { failureTypeOf } from '../../workflows/contracts';
import { reachClusters } from '../clusters';
import { findCluster, loadConfig, type ClusterEntry, type NightshiftConfig } from '../config';
import type { AutomationOptions } from './automation-commands';
import { CommandError, EXIT } from './exit';
import { printJson, safe } from './terminal';

/** `off` and `on`. Every cluster is tried, whatever became of the others. @throws CommandError when any could not be switched */
export async function switchAutomation(on: boolean, options: AutomationOptions): Promise<void> {
  const { config, entries: known } = chosen(options);
  const real = known.filter(({ cluster }) => !cluster.practice);
  // The practice cluster beside a real one is not what somebody means who types this at night.
  const entries = real.length > 0 && !options.all ? real : known;
  if (entries.length > 1 && !options.all) {
    throw new CommandError(`There are several clusters: ${entries.map(({ cluster }) => cluster.name).join(', ')}. Say --cluster <name>, or --all.`, EXIT.wrongUse);
  }
  const done: Array<{ entry: ClusterEntry; thrown: Thrown }> = [];
  const failed: Array<{ entry: ClusterEntry; error: unknown }> = [];
  await Promise.all(entries.map(async (entry) => {
    try {
      done.push({ entry, thrown: await throwKillSwitch(reach(config, entry), entry.cluster.killSwitch, on) });
    } catch (error) {
      failed.push({ entry, error });
    }
  }));
  if (options.json) printJson({ switched: done.map(({ entry, thrown }) => ({ cluster: entry.cluster.name, on, ...thrown })), failed: failed.map(({ entry, error }) => ({ cluster: entry.cluster.name, reason: reasonOf(error) })) });
  else for (const { entry, thrown } of done) console.log(sentence(entry, thrown, on));
  if (failed.length === 0) return;
  const refused = failed.some(({ error }) => failureTypeOf(error) === 'NotAuthorized');
  throw new CommandError(failed.map(({ entry, error }) => complaint(entry, error, on)).join('\n\n'), refused ? EXIT.refused : EXIT.failed);
}

/** `status`, of every cluster that is not excluded. @throws CommandError when one cannot be read with these credentials */
export async function automationStatus(options: AutomationOptions): Promise<void> {
  const { config, entries } = chosen(options);
  const states = await Promise.all(entries.map(async (entry) => {
    const { cluster } = entry;
    const { namespace, name } = cluster.killSwitch;
    const about = { cluster: cluster.name, configMap: `${namespace}/${name}`, mode: cluster.mode };
    try {
      const state: KillSwitchState = await readKillSwitch(reach(config, entry), cluster.killSwitch);
      return { ...about, on: state.on, ...(!state.on && { why: state.why }) };
    } catch (error) {
      return { ...about, on: null, why: `cannot be read with these credentials: ${reasonOf(error)}` };
    }
  }));
  if (options.json) printJson({ automation: states });
  else for (const state of states) console.log(statusLine(state));
  if (states.some(({ on }) => on === null)) throw new CommandError('A worker that cannot read it either changes nothing: unreadable means off.');
}

function statusLine({ cluster, configMap, on, mode, ...state }: { cluster: string; configMap: string; on: boolean | null; mode: string; why?: string }): string {
  const observed = mode === 'observe' ? ' The cluster is only observed: nothing is changed there in any case.' : '';
  if (on) return `${cluster}: automation is on. ConfigMap ${configMap} says enabled: "true".${observed}`;
  return `${cluster}: automation is ${on === null ? 'unknown' : 'off'}. ConfigMap ${configMap} ${safe(state.why ?? '')}.${observed}`;
}

/** The clusters that are meant: the named one, or all; `--kubeconfig` alone is enough where none is configured. */
function chosen({ cluster: wanted, kubeconfig, context, ...overrides }: AutomationOptions): { config: NightshiftConfig; entries: ClusterEntry[] } {
  const configured = loadConfig(overrides);
  const onlyPractice = configured.clusters.every(({ cluster }) => cluster.practice);
  if (kubeconfig && onlyPractice && wanted === undefined) {
    const config = loadConfig({ ...overrides, kubeconfig, ...(context && { context }) });
    return { config, entries: config.clusters.filter(({ cluster }) => !cluster.practice) };
  }
  const found = wanted === undefined ? undefined : findCluster(configured, wanted);
  if (wanted !== undefined && !found) throw new CommandError(`There is no cluster ${wanted} in the configuration; there is ${configured.clusters.map(({ cluster }) => cluster.name).join(', ')}.`, EXIT.notFound);
  const entries = found ? [found] : configured.clusters;
  return { config: configured, entries: entries.map((entry) => withCredentials(entry, kubeconfig, context)) };
}

function withCredentials(entry: ClusterEntry, kubeconfig: string | undefined, context: string | undefined): ClusterEntry {
  const { connection } = entry;
  if (connection.kind === 'practice') return entry;
  if (kubeconfig) return { ...entry, connection: { kind: 'kubeconfig', file: path.resolve(kubeconfig), ...(context && { context }) } };
  return context && connection.kind === 'kubeconfig' ? { ...entry, connection: { ...connection, context } } : entry;
}

function reach(config: NightshiftConfig, entry: ClusterEntry): KubernetesGateway {
  return reachClusters({ ...config, clusters: [entry] }).clusters.get(entry.cluster.name)!.kubernetes;
}

function sentence({ cluster }: ClusterEntry, { before, result }: Thrown, on: boolean): string {
  const { name, practice, mode, killSwitch } = cluster;
  const configMap = `ConfigMap ${killSwitch.namespace}/${killSwitch.name}`;
  const did = result === 'unchanged' ? `${configMap} said so already.` : `${configMap} has been ${result}: enabled: "${on}" (automation was ${before.on ? 'on' : 'off'}).`;
  const means = on
    ? 'Plans that are approved, or that policy lets through, are executed again.'
    : `No change starts from now on, approved or not; one that is being written this second ends. Incidents go on being diagnosed and people paged. To switch it on again: npx nightshift automation on --cluster ${name}`;
  const notes = [
    ...(mode === 'observe' ? ['The cluster is only observed: nothing is changed there in any case.'] : []),
    ...(practice ? ['This is the practice cluster on this machine; playing an example begins anew, with automation on.'] : []),
  ];
  return [`${name}: automation is ${on ? 'on' : 'off'}. ${did}`, means, ...notes].join('\n');
}

function complaint({ cluster, connection }: ClusterEntry, error: unknown, on: boolean): string {
  const { namespace, name } = cluster.killSwitch;
  const head = `${cluster.name}: automation has NOT been switched ${on ? 'on' : 'off'}: ${reasonOf(error)}`;
  const apply = `kubectl -n ${namespace} create configmap ${name} --from-literal=enabled=${on} --dry-run=client -o yaml | kubectl apply -f -`;
  const mayNot = failureTypeOf(error) === 'NotAuthorized';
  const file = connection.kind === 'kubeconfig' ? `${connection.file}${connection.context ? `, context ${connection.context}` : ''}` : connection.kind;
  const hint = mayNot ? `These credentials (${file}) may not write it, and Nightshift's own never may: give an admin's with --kubeconfig, or run` : 'The same with kubectl alone';
  return `${head}\n${hint}: ${apply}`;
}

function reasonOf(error: unknown): string {
  return safe(error instanceof Error ? error.message : String(error));
}
