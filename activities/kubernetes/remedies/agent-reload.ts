/** Which configuration an agent runs with, by its own word (`/api/v1/status/config`; works in agent mode, domain F1). */
import { failure, type Json } from '../../../workflows/contracts';
import type { ClusterAccess } from '../../cluster-access';
import { maxShardsOf, parseAgentConfig, type AgentConfig } from '../agent-config';
import { sameJson } from '../../same-json';

/**
 * Does the agent run with this file? It shows its configuration with defaults filled in and secrets hidden, so what is
 * compared is where it sends, its external labels, how many senders, and what it scrapes and keeps, each in one form.
 * @throws UpstreamRejected when what it answers is not understood.
 */
export async function runsWith(access: ClusterAccess, pod: { namespace: string; name: string; port: number }, file: string): Promise<boolean> {
  const answer = await access.kubernetes.proxyGet({ ...pod, resource: 'pods', path: '/api/v1/status/config' });
  const loaded = parseAgentConfig(yamlOf(answer, pod.name));
  const wanted = parseAgentConfig(file);
  // An agent without any remote write runs with another file than one that has it.
  if ('fault' in loaded || 'fault' in wanted) return false;
  return sameJson(essence(loaded.config), essence(wanted.config)) && sendersAsWanted(loaded.config, wanted.config);
}

/** What a file leaves to the agent's own default says nothing about what it runs with. */
function sendersAsWanted(loaded: AgentConfig, wanted: AgentConfig): boolean {
  return wanted.remote_write.every((entry, index) => maxShardsOf(entry) === undefined || maxShardsOf(entry) === maxShardsOf(loaded.remote_write[index]));
}

/** Would going from one file to the other begin a queue anew (domain F3)? A file that is not understood is taken to. */
export function changesRemoteWrite(from: string, to: string): boolean {
  const [a, b] = [parseAgentConfig(from), parseAgentConfig(to)];
  if ('fault' in a || 'fault' in b) return true;
  return !sameJson([a.config.remote_write, a.config.global?.external_labels], [b.config.remote_write, b.config.global?.external_labels]);
}

function essence({ remote_write, global, scrape_configs = [] }: AgentConfig) {
  const defaults = (global ?? {}) as Fields;
  return {
    jobs: scrape_configs.map((job) => jobEssence(job as Fields, defaults)),
    urls: remote_write.map(({ url }) => {
      const { protocol, host, pathname, search } = new URL(url);
      return `${protocol}//${host}${pathname}${search}`;
    }),
    labels: Object.fromEntries(Object.entries(global?.external_labels ?? {}).map(([name, value]) => [name, String(value)])),
  };
}

type Fields = Record<string, unknown>;

/** Prometheus' own defaults, which it writes out where a file leaves them open. */
function jobEssence(job: Fields, defaults: Fields) {
  return {
    name: job['job_name'],
    interval: milliseconds(job['scrape_interval'] ?? defaults['scrape_interval'] ?? '1m'),
    path: job['metrics_path'] ?? '/metrics',
    scheme: job['scheme'] ?? 'http',
    limits: ['sample_limit', 'target_limit'].map((name) => Number(job[name] ?? defaults[name] ?? 0)),
    discovery: Object.keys(job).filter((name) => name.endsWith('_sd_configs')).sort(),
    targets: listOf(job['static_configs']).map((group) => group['targets']),
    rules: ['relabel_configs', 'metric_relabel_configs'].map((name) => listOf(job[name]).map(ruleEssence)),
  } as unknown as Json;
}

function ruleEssence(rule: Fields): Json {
  return [rule['action'] ?? 'replace', rule['source_labels'] ?? [], rule['target_label'] ?? '', rule['regex'] ?? '(.*)', rule['replacement'] ?? '$1'] as unknown as Json;
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? (value as Fields[]) : [];
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s` and `1m30s` are the same. */
function milliseconds(duration: unknown): number {
  return [...String(duration).matchAll(/(\d+)(ms|[smhd])/g)].reduce((total, [, amount, unit]) => total + Number(amount) * UNITS[unit!]!, 0);
}

function yamlOf(answer: string, pod: string): string {
  try {
    const { data } = JSON.parse(answer) as { data?: { yaml?: unknown } };
    if (typeof data?.yaml === 'string') return data.yaml;
  } catch {
    // Said below, with where it came from.
  }
  throw failure('UpstreamRejected', `What Pod ${pod} answers to /api/v1/status/config is not understood; is the configured http port really the agent’s?`);
}
