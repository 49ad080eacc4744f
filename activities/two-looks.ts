/** The metrics of a workload's pods, twice, some seconds apart. */
import { portOf, targetOf, type ClusterAccess } from './cluster-access';
import type { Sample } from './prometheus/gateway';
import { findWorkload } from './workload';

/** Between the looks, in milliseconds, times the time factor. */
const INTERVAL_MS = 6_000;
const SHORTEST_INTERVAL_MS = 2_000;
const WAITING_SHARE = 0.5;

export interface TwoLooks {
  pod: string;
  before: Sample[];
  after: Sample[];
}

/** Of the pods that run and answer; one that does not is left out. @throws what the first failed with when none of several answers */
export async function lookTwice(access: ClusterAccess, role: string, timeoutMs: number): Promise<TwoLooks[]> {
  const target = targetOf(access, role);
  const running = ((await findWorkload(access, target))?.pods ?? []).filter((pod) => pod.running && pod.state !== 'terminating');
  const read = (name: string) => access.metrics.scrape({ namespace: target.namespace, name, port: portOf(target, 'metrics') });
  const first = await Promise.allSettled(running.map(({ name }) => read(name)));
  const silent = first.find((answer) => answer.status === 'rejected');
  if (silent && first.every(({ status }) => status === 'rejected')) throw silent.reason;
  const answering = running.flatMap(({ name }, index) => (first[index]?.status === 'fulfilled' ? [{ name, before: first[index].value }] : []));
  if (answering.length === 0) return [];
  await access.clock.sleep(Math.min(Math.max(SHORTEST_INTERVAL_MS, INTERVAL_MS * access.config.timeFactor), timeoutMs * WAITING_SHARE));
  return Promise.all(answering.map(async ({ name, before }) => ({ pod: name, before, after: await read(name) })));
}

export function sumOf(samples: readonly Sample[], name: string, matches: (labels: Record<string, string>) => boolean = () => true): number {
  return samples.filter((sample) => sample.name === name && matches(sample.labels)).reduce((total, { value }) => total + value, 0);
}
