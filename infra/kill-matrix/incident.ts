/** The incident that every cell plays: what is configured, what fires, and which clock it runs on. */
import path from 'node:path';
import { PracticeCluster } from '../../activities/practice/cluster';
import { practiceManifests } from '../../activities/practice/manifests';
import type { Durations } from '../../workflows/contracts';
import { projectRoot } from '../project';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/**
 * What is waited for in every cell, in production and here, in milliseconds. Everything else is as in production. The
 * deadline of verification has to outlast a worker that was killed while verifying: 5 s until its heartbeat is missed, and
 * a few more until it is back. Evidence that a kill has cost is asked for again after a quarter of `rootCauseTarget`.
 */
export const SHORTENED = {
  rootCauseTarget: { production: 5 * MINUTE, here: 60 * SECOND },
  stabilityWindow: { production: 10 * MINUTE, here: 2 * SECOND },
  verifyDeadline: { production: 15 * MINUTE, here: 15 * SECOND },
  verifyEvery: { production: 5 * SECOND, here: 2_500 },
} as const satisfies Partial<Record<keyof Durations, { production: number; here: number }>>;

/** "stabilityWindow 600 s → 3 s (÷ 200)". */
export function shortenings(): string[] {
  return Object.entries(SHORTENED).map(([name, { production, here }]) => `${name} ${production / SECOND} s → ${here / SECOND} s (÷ ${production / here})`);
}

const EXAMPLE = 'service-gone-and-rollout-stuck';

export function runbooksDirectory(): string {
  return path.join(projectRoot(), 'infra', 'kill-matrix', 'runbook');
}

/** A cluster of its own for one cell, with both faults in it. */
export function brokenCluster(folder: string): PracticeCluster {
  const cluster = PracticeCluster.open(folder, runbooksDirectory());
  cluster.play(EXAMPLE);
  return cluster;
}

/** What restores the pipeline; the alert resolves when it has been done. */
export const RECOVERED_BY = { verb: 'create', kind: 'Service', name: 'thanos-receive-lb' } as const;

/** Kinds whose final state is compared: everything that a remedy of the runbook may change, and the pods that follow from it. */
export const WATCHED_KINDS = [
  { apiVersion: 'v1', kind: 'ConfigMap' },
  { apiVersion: 'v1', kind: 'Pod' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
] as const;
export const NAMESPACE = 'monitoring';

/** Alertmanager's webhook, firing or resolved. */
export function webhookOf(cluster: string, startsAt: string, endsAt?: string): object {
  const labels = { alertname: 'RemoteWriteLagging', severity: 'critical', cluster, namespace: NAMESPACE, job: 'prometheus-agent', pod: 'prometheus-agent-0' };
  const status = endsAt ? 'resolved' : 'firing';
  return { version: '4', status, truncatedAlerts: 0, alerts: [{ status, labels, annotations: { summary: 'Remote write lags' }, startsAt, ...(endsAt && { endsAt }), fingerprint: `kill-${cluster}` }] };
}

export interface Configured {
  /** What nightshift.yaml says beside clusters and clocks. */
  more?: object;
  /** Which clocks run faster; those of the matrix where absent. */
  shortened?: Readonly<Record<string, { here: number }>>;
}

/** `nightshift.yaml` for the clusters of one lane; JSON is YAML. */
export function configurationFor(clusters: readonly string[], kubeconfigOf: (cluster: string) => string, { more = {}, shortened = SHORTENED }: Configured = {}): string {
  const durations = Object.fromEntries(Object.entries(shortened).map(([name, { here }]) => [name, `${here}ms`]));
  return JSON.stringify({
    practice: false,
    ...more,
    runbooks: { directory: runbooksDirectory() },
    clusters: clusters.map((name) => ({ name, kubeconfig: kubeconfigOf(name), namespace: NAMESPACE, mode: 'act', desiredState: { directory: practiceManifests() }, durations })),
  });
}
