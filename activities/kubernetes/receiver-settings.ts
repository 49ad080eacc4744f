/** What a receiver was told at its start, read from its pod. */
import type { Json, JsonObject } from '../../workflows/contracts';
import type { Target } from '../clusters';
import type { KubernetesObject } from './gateway';

export interface ReceiverSettings {
  replicationFactor: number;
  /** `--receive.hashrings-algorithm`. A change of the ring makes a receiver flush and be not ready for it, unless this is ketama, whatever the file says (measured on Thanos 0.42.4). */
  flagAlgorithm: string;
  hashringsFile: string | undefined;
  localEndpoint: string | undefined;
}

interface Container {
  name?: string;
  args?: string[];
  command?: string[];
  env?: Array<{ name: string; value?: string; valueFrom?: { fieldRef?: { fieldPath?: string } } }>;
  volumeMounts?: Array<{ name: string; subPath?: string }>;
}

interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
  volumes?: Array<{ name: string; configMap?: { name?: string } }>;
}

/** Thanos' own defaults. */
const DEFAULTS = { replicationFactor: 1, flagAlgorithm: 'hashmod' } as const;

/** Of a pod, or of a workload's template (whose `$(NAME)` stays as it is written). */
export function receiverSettings(object: KubernetesObject, target: Target): ReceiverSettings {
  const container = receiverContainer(specOf(object), target);
  const flags = flagsOf(container, object);
  const factor = Number(flags['receive.replication-factor'] ?? DEFAULTS.replicationFactor);
  return {
    replicationFactor: Number.isInteger(factor) && factor > 0 ? factor : DEFAULTS.replicationFactor,
    flagAlgorithm: flags['receive.hashrings-algorithm'] ?? DEFAULTS.flagAlgorithm,
    hashringsFile: flags['receive.hashrings-file'],
    localEndpoint: flags['receive.local-endpoint'],
  };
}

/**
 * How a change of the ConfigMap gets into a receiver: `live` through a mounted volume; `restart` where something copies it
 * when the pod is made; `never` through a subPath, which Kubernetes does not update; `unknown` where no volume shows it.
 */
export function configReach(object: KubernetesObject, target: Target, configMap: string): 'live' | 'restart' | 'never' | 'unknown' {
  const spec = specOf(object);
  const volumes = (spec.volumes ?? []).filter((volume) => volume.configMap?.name === configMap).map(({ name }) => name);
  const mounted = (container: Container | undefined) => (container?.volumeMounts ?? []).filter(({ name }) => volumes.includes(name));
  const own = mounted(receiverContainer(spec, target));
  if (own.length > 0) return own.some(({ subPath }) => subPath) ? 'never' : 'live';
  if ((spec.initContainers ?? []).some((container) => mounted(container).length > 0)) return 'restart';
  // A sidecar that writes the file at once is as good as a volume.
  return (spec.containers ?? []).some((container) => mounted(container).length > 0) ? 'live' : 'unknown';
}

function specOf(object: KubernetesObject): PodSpec {
  const spec = (object['spec'] ?? {}) as JsonObject;
  const template = spec['template'] as JsonObject | undefined;
  return (template ? template['spec'] : spec) as PodSpec;
}

function receiverContainer({ containers = [] }: PodSpec, target: Target): Container | undefined {
  return containers.find(({ name }) => name === target.container) ?? containers.find((container) => flagsOf(container)['receive.hashrings-file'] !== undefined) ?? containers[0];
}

/** `--flag=value` and `--flag value`, with `$(NAME)` filled in as far as the pod says. */
function flagsOf(container: Container | undefined, pod?: KubernetesObject): Record<string, string> {
  const words = [...(container?.command ?? []), ...(container?.args ?? [])].map((word) => expand(word, container, pod));
  const flags: Record<string, string> = {};
  words.forEach((word, index) => {
    const [, name, value] = /^--([a-z0-9.-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) return;
    const next = words[index + 1];
    flags[name] = value ?? (next?.startsWith('--') === false ? next : '');
  });
  return flags;
}

function expand(word: string, container: Container | undefined, pod: KubernetesObject | undefined): string {
  if (!pod) return word;
  return word.replace(/\$\(([A-Za-z_][A-Za-z0-9_]*)\)/g, (whole, name: string) => {
    const found = container?.env?.find((variable) => variable.name === name);
    const field = found?.valueFrom?.fieldRef?.fieldPath;
    const value = found?.value ?? (field === undefined ? undefined : fieldOf(pod, field));
    return typeof value === 'string' ? value : whole;
  });
}

function fieldOf(pod: KubernetesObject, path: string): Json | undefined {
  // A template has no name of its own: what it says stays as it is written.
  if (pod.kind !== 'Pod') return undefined;
  return path.split('.').reduce<Json | undefined>((value, key) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? value[key] : undefined), pod);
}
