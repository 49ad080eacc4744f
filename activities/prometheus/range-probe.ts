import { z } from 'zod';
import { failureTypeOf } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import type { Probe } from '../probe';
import { READS_WORKLOAD, readWorkload } from '../workload';

/**
 * Domain section 6, as it stands there. `CLUSTER` becomes a matcher that fits the cluster's own series, with its label or without:
 * a Prometheus beside the pipeline does not label what it keeps. `RANGE` is five minutes, times the time factor.
 */
const LINES = {
  delivered: '1 - (sum(rate(prometheus_remote_storage_samples_failed_total{CLUSTER}[RANGE])) + sum(rate(prometheus_remote_storage_samples_retried_total{CLUSTER}[RANGE]))) / sum(rate(prometheus_remote_storage_samples_total{CLUSTER}[RANGE]))',
  lag: 'max(time() - prometheus_remote_storage_queue_highest_sent_timestamp_seconds{CLUSTER})',
  targetsUp: 'count(up{CLUSTER} == 1) / count(up{CLUSTER})',
  receiversReady: 'count(thanos_status{component="receive",check="ready",CLUSTER} == 1)',
  serverErrors: '(sum(rate(http_requests_total{job=~".*thanos-receive.*",handler="receive",code=~"5..",CLUSTER}[RANGE])) or vector(0)) / sum(rate(http_requests_total{job=~".*thanos-receive.*",handler="receive",CLUSTER}[RANGE]))',
  uploadFailures: 'sum(rate(thanos_shipper_dir_sync_failures_total{CLUSTER}[RANGE]))',
  compactorHalted: 'max(thanos_compact_halted{CLUSTER})',
} as const;
const LINE_NAMES = Object.keys(LINES) as [keyof typeof LINES, ...Array<keyof typeof LINES>];

const INPUT = z.strictObject({ line: z.enum(LINE_NAMES).describe('Which line of the post-recovery checklist.') });

const RANGE_SECONDS = 300;
/** A rate needs several scrapes, however fast the clocks run. */
const SHORTEST_RANGE_SECONDS = 15;

/** One line of the post-recovery checklist over the last five minutes: what confirms a recovery that deltas have found. */
export const rangeProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'prometheus.range',
  title: 'One line of the post-recovery checklist over the last five minutes, from the Prometheus or Thanos Query that has the pipeline’s metrics',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'neither a Prometheus nor a Thanos Query is configured' },
    value: { type: 'number|null', text: 'what the line evaluates to; null when the result is empty, which is a failure' },
    missing: { type: 'number|null', unit: 'count', text: 'receivers fewer than there should be; null for other lines and when the result is empty' },
    warnings: { type: 'list', text: 'what the answer warns of; anything here makes it partial' },
  },
  rbac: [...READS_WORKLOAD],
  async ask(access, { line }) {
    // `up` is about what the agent scrapes, and is asked where that arrives; the rest where the pipeline itself is watched.
    const source = line === 'targetsUp' ? (access.query ?? access.prometheus) : (access.prometheus ?? access.query);
    if (!source) return { fields: { notApplicable: true, value: null, missing: null, warnings: [] }, summary: 'Neither a Prometheus nor a Thanos Query is configured that has the pipeline’s own metrics.' };
    const compactor = access.config.targets['compactor'];
    // The role is configured by default. One that is not there has not halted, and no series says so.
    if (line === 'compactorHalted' && compactor && !(await access.kubernetes.read(compactor))) {
      return { fields: { notApplicable: true, value: null, missing: null, warnings: [] }, summary: `There is no ${compactor.kind} ${compactor.name} in this cluster.` };
    }
    const seconds = Math.max(SHORTEST_RANGE_SECONDS, Math.round(RANGE_SECONDS * access.config.timeFactor));
    const promql = LINES[line].replaceAll('CLUSTER', `cluster=~${JSON.stringify(`${escaped(access.config.name)}|`)}`).replaceAll('RANGE', `${seconds}s`);
    const [{ samples, warnings }, members] = await Promise.all([source.query(promql), line === 'receiversReady' ? receiversOf(access) : undefined]);
    const found = samples[0]?.value;
    const value = found === undefined || !Number.isFinite(found) ? null : found;
    return {
      fields: { notApplicable: false, value, missing: members === undefined || value === null ? null : Math.max(0, members - value), warnings },
      summary: `${value === null ? 'Nothing answers' : `${Math.round(value * 10_000) / 10_000} is what is found for`} ${line} over ${seconds} s${warnings.length > 0 ? '; the answer is partial' : ''}.`,
    };
  },
};

/** A cluster's name inside a regular expression of PromQL. */
function escaped(name: string): string {
  return name.replace(/[.+*?()|[\]{}^$\\]/g, '\\$&');
}

/** How many receivers there should be; none where the role's workload is not there, so that nothing is missing of it. */
async function receiversOf(access: ClusterAccess): Promise<number> {
  const target = access.config.targets['receiver'];
  if (!target) return 0;
  return (await readWorkload(access, target).catch((error: unknown) => {
    if (failureTypeOf(error) === 'TargetNotFound') return { members: 0 };
    throw error;
  })).members;
}
