/** The hashring's ConfigMap together with what its receivers need of it. */
import { failure } from '../../workflows/contracts';
import { targetOf, type ClusterAccess } from '../cluster-access';
import type { Target } from '../clusters';
import { hostPortOf, parseHashring, ringProblems, type Ring, type RingProblem } from '../hashring';
import { readWorkload, textOf, type PodView, type Workload } from '../workload';
import { desiredOf } from './agent-config';
import type { KubernetesObject } from './gateway';
import { configReach, receiverSettings, type ReceiverSettings } from './receiver-settings';

export interface HashringConfig {
  target: Target;
  receiver: Target;
  /** The ConfigMap; undefined where there is none. */
  live: KubernetesObject | undefined;
  key: string;
  text: string | undefined;
  desired: { text: string; source: string } | undefined;
  workload: Workload;
  /** Of the template: what new pods are told. */
  settings: ReceiverSettings;
  reach: ReturnType<typeof configReach>;
}

/** A ring as it stands in a file, held against the cluster. */
export interface JudgedRing {
  rings: Ring[];
  problems: RingProblem[];
  /** Entries whose Service or pod does not exist and never will. */
  unresolved: string[];
  /** Entries that name a member beyond the workload's replicas. */
  absent: string[];
  /** Pods of the workload that no ring names. */
  outside: string[];
}

export async function readHashring(access: ClusterAccess, role: string, receiverRole: string): Promise<HashringConfig> {
  const [target, receiver] = [targetOf(access, role), targetOf(access, receiverRole)];
  const [live, workload] = await Promise.all([access.kubernetes.read(target), readWorkload(access, receiver)]);
  const settings = receiverSettings(workload.object, receiver);
  const desired = await desiredOf(access, target, live);
  const key = keyIn([live, desired?.manifest], target, settings);
  const wanted = desired && dataOf(desired.manifest)[key];
  return {
    target, receiver, live, key, workload, settings,
    text: live && dataOf(live)[key],
    desired: desired && typeof wanted === 'string' ? { text: wanted, source: desired.source } : undefined,
    reach: configReach(workload.object, receiver, target.name),
  };
}

/** The configured key, else the file that the receivers are told to read, else the only one there is. */
function keyIn(objects: ReadonlyArray<KubernetesObject | undefined>, target: Target, { hashringsFile }: ReceiverSettings): string {
  const keys = objects.flatMap((object) => (object ? Object.keys(dataOf(object)) : []));
  const named = [target.key, hashringsFile?.split('/').at(-1)].find((name) => name !== undefined && keys.includes(name));
  const only = new Set(keys).size === 1 ? keys[0] : undefined;
  const key = named ?? only ?? target.key;
  if (key !== undefined) return key;
  throw failure('InvalidInput', `${target.kind} ${target.namespace}/${target.name}: no key is configured, and none of ${keys.join(', ') || 'its keys'} is the receivers' file; set the target's key in the configuration`);
}

function dataOf(object: KubernetesObject): Record<string, string> {
  return (object['data'] ?? {}) as Record<string, string>;
}

/** The pre-flight of domain 4.7: parses, unique host:port, enough for the replication factor, gRPC port, one algorithm, names that resolve. */
export async function judgeRing(access: ClusterAccess, config: HashringConfig, text: string): Promise<JudgedRing | { problem: RingProblem }> {
  const parsed = parseHashring(text);
  if ('problem' in parsed) return parsed;
  const { rings } = parsed;
  const grpcPort = config.receiver.ports['grpc'] ?? DEFAULT_GRPC_PORT;
  const problems = ringProblems(rings, { grpcPort, flagAlgorithm: config.settings.flagAlgorithm, replicationFactor: highestFactor(config) });
  const addresses = [...new Set(rings.flatMap((ring) => ring.addresses))];
  const found = await Promise.all(addresses.map((address) => whereabouts(access, config, address)));
  const unresolved = addresses.filter((_, index) => found[index] === 'nowhere');
  if (unresolved.length > 0) problems.push({ fault: 'unresolved', en: `names what does not exist (${unresolved.slice(0, 3).join(', ')})`, ko: `존재하지 않는 이름이 있습니다(${unresolved.slice(0, 3).join(', ')})` });
  return { rings, problems, unresolved, absent: addresses.filter((_, index) => found[index] === 'absent'), outside: outsideOf(config, addresses) };
}

const DEFAULT_GRPC_PORT = 10_901;

/** A rollout may be under way: what the strictest pod needs counts. */
function highestFactor({ workload, settings, receiver }: HashringConfig): number {
  return Math.max(settings.replicationFactor, ...workload.pods.map(({ object }) => receiverSettings(object, receiver).replicationFactor));
}

/** Names outside of the cluster are nobody's business here. */
async function whereabouts(access: ClusterAccess, { workload, receiver }: HashringConfig, address: string): Promise<'there' | 'absent' | 'nowhere' | 'unknown'> {
  const host = hostPortOf(address)?.host;
  if (host === undefined) return 'unknown';
  if (/^[\d.]+$|^\[/.test(host)) return workload.pods.some(({ object }) => podIp(object) === host) ? 'there' : 'unknown';
  const names = host.replace(/\.$/, '').replace(/\.svc(\.[a-z0-9.-]+)?$/, '').split('.');
  if (names.length > 3) return 'unknown';
  const ordinal = names[0]!.startsWith(`${receiver.name}-`) ? Number(names[0]!.slice(receiver.name.length + 1)) : NaN;
  const [service, namespace = receiver.namespace] = Number.isInteger(ordinal) ? names.slice(1) : names.length === 3 ? names.slice(1) : names;
  if (service !== undefined && !(await access.kubernetes.read({ apiVersion: 'v1', kind: 'Service', namespace, name: service }))) return 'nowhere';
  if (Number.isInteger(ordinal)) return ordinal < workload.members ? 'there' : 'absent';
  return names.length === 3 ? 'nowhere' : 'there';
}

function podIp(pod: KubernetesObject): string {
  return textOf((pod['status'] as { podIP?: string } | undefined)?.podIP);
}

function outsideOf({ workload, receiver }: HashringConfig, addresses: readonly string[]): string[] {
  const own = (pod: PodView) => receiverSettings(pod.object, receiver).localEndpoint;
  return workload.pods.filter((pod) => own(pod) !== undefined && !addresses.includes(own(pod)!)).map(({ name }) => name);
}

/** The algorithms that the receivers' own flags name; more than one while a rollout is under way. */
export function flagAlgorithms({ workload, receiver, settings }: HashringConfig): string[] {
  return [...new Set([settings.flagAlgorithm, ...workload.pods.map(({ object }) => receiverSettings(object, receiver).flagAlgorithm)])];
}
