/** Many incidents at once: what is broken in each cluster, what fires, and which clock they run on. */
import { PracticeCluster } from '../../activities/practice/cluster';
import { runbooksDirectory, webhookOf, type Configured } from '../kill-matrix/incident';

/** Of the kill matrix' runbook: nothing but the receivers' Service is gone, so that one remedy mends it by one write. */
const EXAMPLE = 'service-gone';

export function brokenCluster(folder: string): PracticeCluster {
  const cluster = PracticeCluster.open(folder, runbooksDirectory());
  cluster.play(EXAMPLE);
  return cluster;
}

/** Every plan waits for a person, also one that is safe: all incidents are open at once. */
const ASKED_ALWAYS = { policy: { rules: [{ name: 'a person decides', when: { risk: 'safe' }, then: { approvers: 1 } }] } };

/**
 * What only waits is shortened; everything that waits for a process that may be dead is as in production. Milliseconds.
 */
export const SHORTENED = { stabilityWindow: { production: 600_000, here: 5_000 } } as const;

export const firing = (cluster: string): object => webhookOf(cluster, STARTED);
export const resolved = (cluster: string): object => webhookOf(cluster, STARTED, new Date().toISOString());

export const CONFIGURED: Configured = { more: ASKED_ALWAYS, shortened: SHORTENED };

const STARTED = new Date().toISOString();

export const clustersOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `fleet-${index + 1}`);
