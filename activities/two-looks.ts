/** The metrics of a workload's pods, twice, some seconds apart. */
import { portOf, targetOf, type ClusterAccess } from './cluster-access';
import type { Target } from './clusters';
import type { Sample } from './prometheus/gateway';
import { findWorkload, type PodView } from './workload';

/** Between the looks, in milliseconds, times the time factor. */
const INTERVAL_MS = 6_000;
const SHORTEST_INTERVAL_MS = 2_000;
const WAITING_SHARE = 0.5;

export interface TwoLooks {
  pod: string;
  before: Sample[];
  after: Sample[];
}

/**
 * What a workload's pods say of themselves. One that is crashing in this very moment does not answer; the others' answers are worth
 * having. @throws what the first of them failed with when none answers
 */
export async function readAnswering<Reading>(access: ClusterAccess, target: Target, pods: readonly PodView[], toReading: (pod: PodView, samples: Sample[]) => Reading): Promise<Reading[]> {
  const port = portOf(target, 'metrics');
  const answers = await Promise.allSettled(pods.map(async (pod) => toReading(pod, await access.metrics.scrape({ namespace: target.namespace, name: pod.name, port }))));
  const silent = answers.find((answer) => answer.status === 'rejected');
  if (silent && answers.every(({ status }) => status === 'rejected')) throw silent.reason;
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
}

/** Of the pods that run and answer; one that does not is left out. @throws what the first failed with when none of several answers */
export async function lookTwice(access: ClusterAccess, role: string, timeoutMs: number): Promise<TwoLooks[]> {
  const target = targetOf(access, role);
  const running = ((await findWorkload(access, target))?.pods ?? []).filter((pod) => pod.running && pod.state !== 'terminating');
  if (running.length === 0) return [];
  const answering = await readAnswering(access, target, running, ({ name }, before) => ({ name, before }));
  await access.clock.sleep(Math.min(Math.max(SHORTEST_INTERVAL_MS, INTERVAL_MS * access.config.timeFactor), timeoutMs * WAITING_SHARE));
  const port = portOf(target, 'metrics');
  return Promise.all(answering.map(async ({ name, before }) => ({ pod: name, before, after: await access.metrics.scrape({ namespace: target.namespace, name, port }) })));
}

export function sumOf(samples: readonly Sample[], name: string, matches: (labels: Record<string, string>) => boolean = () => true): number {
  return samples.filter((sample) => sample.name === name && matches(sample.labels)).reduce((total, { value }) => total + value, 0);
}
