/** Which configuration an agent runs with, by its own word (`/api/v1/status/config`; works in agent mode, domain F1). */
import { failure } from '../../../workflows/contracts';
import type { ClusterAccess } from '../../cluster-access';
import { parseAgentConfig, type AgentConfig } from '../agent-config';
import { sameJson } from '../same-json';

/**
 * Does the agent run with this file, as far as remote write goes? It shows its configuration with defaults filled in
 * and secrets hidden, so addresses and external labels are compared.
 * @throws UpstreamRejected when what it answers is not understood.
 */
export async function runsWith(access: ClusterAccess, pod: { namespace: string; name: string; port: number }, file: string): Promise<boolean> {
  const answer = await access.kubernetes.proxyGet({ ...pod, resource: 'pods', path: '/api/v1/status/config' });
  const loaded = parseAgentConfig(yamlOf(answer, pod.name));
  const wanted = parseAgentConfig(file);
  // An agent without any remote write runs with another file than one that has it.
  if ('fault' in loaded || 'fault' in wanted) return false;
  return sameJson(essence(loaded.config), essence(wanted.config));
}

/** Would going from one file to the other begin a queue anew (domain F3)? A file that is not understood is taken to. */
export function changesRemoteWrite(from: string, to: string): boolean {
  const [a, b] = [parseAgentConfig(from), parseAgentConfig(to)];
  if ('fault' in a || 'fault' in b) return true;
  return !sameJson([a.config.remote_write, a.config.global?.external_labels], [b.config.remote_write, b.config.global?.external_labels]);
}

function essence({ remote_write, global }: AgentConfig) {
  return {
    urls: remote_write.map(({ url }) => {
      const { protocol, host, pathname, search } = new URL(url);
      return `${protocol}//${host}${pathname}${search}`;
    }),
    labels: Object.fromEntries(Object.entries(global?.external_labels ?? {}).map(([name, value]) => [name, String(value)])),
  };
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
