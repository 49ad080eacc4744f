/** An agent's configuration file, as far as remote write goes. */
import { parse } from 'yaml';
import { z } from 'zod';
import type { Json } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import type { Target } from '../clusters';
import { failure } from '../../workflows/contracts';
import type { DesiredObject } from '../desired-state';
import { wanted } from '../desired-state';
import { annotationsOf } from '../workload';
import type { KubernetesObject } from './gateway';

const AGENT_CONFIG = z.looseObject({
  global: z.looseObject({ external_labels: z.record(z.string(), z.unknown()).optional() }).optional(),
  scrape_configs: z.array(z.looseObject({ job_name: z.string() })).optional(),
  scrape_config_files: z.array(z.string()).optional(),
  remote_write: z.array(z.looseObject({ url: z.url({ protocol: /^https?$/ }) })).min(1),
});

export type AgentConfig = z.infer<typeof AGENT_CONFIG>;

/** How many senders a remote write may have, where the file says so. */
export function maxShardsOf(entry: AgentConfig['remote_write'][number] | undefined): number | undefined {
  const shards = (entry?.['queue_config'] as { max_shards?: unknown } | null | undefined)?.max_shards;
  return typeof shards === 'number' ? shards : undefined;
}

/** The parsed file, or in one phrase why an agent would not take it (or would send nothing). */
export function parseAgentConfig(text: string): { config: AgentConfig } | { fault: string } {
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 100 });
  } catch {
    return { fault: 'it is no YAML' };
  }
  const parsed = AGENT_CONFIG.safeParse(document);
  if (parsed.success) return { config: parsed.data };
  const [issue] = parsed.error.issues;
  return { fault: `${issue?.path.join('.') || 'the document'}: ${issue?.message ?? 'not understood'}` };
}

export interface RemoteWriteUrl {
  host: string;
  port: number;
  path: string;
}

/** Never with its userinfo or query: those may be secrets. */
export function urlOf({ remote_write: [first] }: AgentConfig): RemoteWriteUrl {
  const url = new URL(first!.url);
  return { host: url.hostname, port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80), path: url.pathname };
}

/** The names under which a Service answers inside the cluster. */
export function namesOfService({ name, namespace }: Pick<Target, 'name' | 'namespace'>, from: string): string[] {
  const qualified = [`${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`];
  return from === namespace ? [name, ...qualified] : qualified;
}

/** The file in a ConfigMap. @throws InvalidInput when the configuration names no key, UpstreamRejected when the key is not there. */
export function fileOf(object: KubernetesObject, target: Target): string {
  const key = keyOf(target);
  const text = (object['data'] as Record<string, Json> | undefined)?.[key];
  if (typeof text === 'string') return text;
  throw failure('UpstreamRejected', `${target.kind} ${target.namespace}/${target.name} has no key ${key}; check the target’s key in the configuration`);
}

export function keyOf(target: Target): string {
  if (target.key) return target.key;
  throw failure('InvalidInput', `${target.kind} ${target.namespace}/${target.name} has no key in the configuration; name the file that matters`);
}

/** How the object should be: the manifests directory, else what was applied to it last. */
export async function desiredOf(access: ClusterAccess, target: Target, live: KubernetesObject | undefined): Promise<DesiredObject | undefined> {
  const found = await access.desiredState.find(target);
  if (found || !live) return found;
  const applied = annotationsOf(live)['kubectl.kubernetes.io/last-applied-configuration'];
  if (!applied) return undefined;
  try {
    return { manifest: wanted(JSON.parse(applied) as KubernetesObject, target), source: 'last-applied annotation of the object' };
  } catch {
    // An annotation that somebody has damaged says nothing; the plan then says that nothing is known.
    return undefined;
  }
}

/** Dotted paths at which two parsed files differ: `remote_write.0.url`. */
export function differingPaths(a: unknown, b: unknown, path = ''): string[] {
  if (Object.is(a, b)) return [];
  if (typeof a === 'object' && a !== null && typeof b === 'object' && b !== null) {
    const left = a as Record<string, unknown>;
    const right = b as Record<string, unknown>;
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    return keys.flatMap((key) => differingPaths(Object.hasOwn(left, key) ? left[key] : undefined, Object.hasOwn(right, key) ? right[key] : undefined, path === '' ? key : `${path}.${key}`));
  }
  return [path];
}
