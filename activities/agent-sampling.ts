/** Looks at the agents' own metrics twice; used by probes and by the gate that protects unsent samples. */
import { compareReadings, readRemoteWrite, worstOf, type RemoteWriteReading, type RemoteWriteSignals } from './agent-signals';
import { portOf, type ClusterAccess } from './cluster-access';
import type { Target } from './clusters';
import { findWorkload, type PodView } from './workload';

export interface AgentSignals {
  /** Agents that run, ready or not. */
  running: PodView[];
  /** Undefined when no agent runs. */
  signals: RemoteWriteSignals | undefined;
}

/** @throws what the gateways throw: an agent that runs and cannot be read is no agent that is well. */
export async function sampleAgents(access: ClusterAccess, target: Target, windowMs: number): Promise<AgentSignals> {
  const running = await runningAgents(access, target);
  if (running.length === 0) return { running, signals: undefined };
  const before = await readAll(access, target, running);
  await access.clock.sleep(windowMs);
  const after = await readAll(access, target, running);
  return { running, signals: worstOf(before.map((reading, index) => compareReadings(reading, after[index]!))) };
}

export async function runningAgents(access: ClusterAccess, target: Target): Promise<PodView[]> {
  return ((await findWorkload(access, target))?.pods ?? []).filter((pod) => pod.running);
}

/** One look at each agent. */
export async function readAll(access: ClusterAccess, target: Target, pods: readonly PodView[]): Promise<RemoteWriteReading[]> {
  const port = portOf(target, 'metrics');
  return Promise.all(pods.map(async ({ name }) => {
    const samples = await access.metrics.scrape({ namespace: target.namespace, name, port });
    return readRemoteWrite(samples, access.clock.now().getTime());
  }));
}
