import { z } from 'zod';
import { failureTypeOf } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import type { Probe, ProbeAnswer } from '../probe';
import type { QueryGateway, Sample } from '../prometheus/gateway';
import { unique } from '../workload';

const INPUT = z.strictObject({
  label: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/).default('cluster').describe('External label that tells clusters apart.'),
  tenantLabel: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/).default('tenant_id').describe('Label by which Receive tells tenants apart.'),
});

/** How far back is looked for what there was; in seconds, times the time factor. */
const MEMORY_S = 6 * 3_600;
/** What is remembered must be older than this, or a change a moment ago would count as "it was always so". */
const RECENT_S = 1_800;
const LEAST_RECENT_S = 90;
/** An alert fires minutes after what it is about has begun: the state before that. */
const BEFORE_S = 1_800;
const LEAST_BEFORE_S = 120;
/** A query that refuses partial answers fails with these when a store or receiver cannot be reached. */
const PARTIAL_REFUSED: ReadonlySet<string> = new Set(['UpstreamRejected', 'UpstreamUnavailable']);

const UNKNOWN: ProbeAnswer['fields'] = { series: null, remembered: null, beforeRatio: null, vanished: null, vanishedJobs: [], lostJobs: [], newValues: [], newTenants: [], partial: null, warnings: [] };

interface Asked {
  samples: Sample[];
  warnings: string[];
}

/** Where did a cluster's series go: are they missing, under another label or tenant, or is only the question not answered in full? */
export const presenceProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'thanos.presence',
  title: 'The cluster’s series at Thanos Query now and some hours ago: vanished jobs, other cluster labels and tenants, partial answers',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'no Thanos Query is configured' },
    series: { type: 'number|null', unit: 'count', text: 'targets of the cluster that Query knows of now' },
    remembered: { type: 'number|null', unit: 'count', text: 'targets of it that it has known within the last six hours' },
    beforeRatio: { type: 'number|null', unit: 'ratio', text: 'targets now, of those shortly before the incident began; null when nothing of that time is left' },
    vanished: { type: 'boolean|null', text: 'it has known targets, and now none' },
    vanishedJobs: { type: 'list', text: 'jobs that it has known, and of which now nothing arrives' },
    lostJobs: { type: 'list', text: 'jobs of which something arrived shortly before the incident began, and now nothing does' },
    newValues: { type: 'list', text: 'values of the cluster label that have the same targets and are new' },
    newTenants: { type: 'list', text: 'tenants that the cluster’s series have, and that are new' },
    partial: { type: 'boolean|null', text: 'the answer is not whole: a store or receiver was not reached' },
    warnings: { type: 'list', text: 'what Query warns of' },
  },
  rbac: [],
  async ask(access, { label, tenantLabel }, { since }) {
    const { query } = access;
    if (!query) return { fields: { notApplicable: true, ...UNKNOWN }, summary: 'No Thanos Query is configured for this cluster.' };
    const { whole, first } = await askWhole(query, `count(up{${label}=${quoted(access)}})`);
    const ask = async (promql: string): Promise<Asked> => query.query(promql, { partial: !whole });
    const memory = seconds(access, MEMORY_S, LEAST_RECENT_S * 4);
    const recent = seconds(access, RECENT_S, LEAST_RECENT_S);
    const own = `up{${label}=${quoted(access)}}`;
    const kept = `last_over_time(${own}[${memory}s])`;
    const before = Math.floor(Date.parse(since) / 1000) - seconds(access, BEFORE_S, LEAST_BEFORE_S);
    const [past, then, goneJobs, lost, others, othersBefore, tenants, tenantsBefore] = await Promise.all([
      ask(`count(${kept})`),
      ask(`count(${own} @ ${before})`),
      ask(`group by (job) (${kept}) unless group by (job) (${own})`),
      ask(`group by (job) (${own} @ ${before}) unless group by (job) (${own})`),
      ask(`group by (${label}) (up{${label}!=${quoted(access)}} and on (job, instance) ${kept})`),
      ask(`group by (${label}) (last_over_time(up{${label}!=${quoted(access)}}[${memory}s] offset ${recent}s))`),
      ask(`group by (${tenantLabel}) (${own})`),
      ask(`group by (${tenantLabel}) (last_over_time(${own}[${memory}s] offset ${recent}s))`),
    ]);
    const series = first.samples[0]?.value ?? 0;
    const remembered = past.samples[0]?.value ?? 0;
    const earlier = then.samples[0]?.value ?? 0;
    const vanishedJobs = labelsIn(goneJobs, 'job');
    const newValues = labelsIn(others, label).filter((value) => !labelsIn(othersBefore, label).includes(value));
    // Without a past nothing is new.
    const tenantsThen = labelsIn(tenantsBefore, tenantLabel);
    const newTenants = tenantsThen.length === 0 ? [] : labelsIn(tenants, tenantLabel).filter((value) => !tenantsThen.includes(value));
    const warnings = unique([first, past, goneJobs, others].flatMap((answer) => answer.warnings));
    const partial = !whole || warnings.length > 0;
    return {
      fields: { notApplicable: false, series, remembered, beforeRatio: earlier > 0 ? series / earlier : null, vanished: series === 0 && remembered > 0, vanishedJobs, lostJobs: labelsIn(lost, 'job'), newValues, newTenants, partial, warnings },
      summary: summarize(access.config.name, series, remembered, vanishedJobs, newValues, newTenants, partial),
    };
  },
};

function quoted({ config }: ClusterAccess): string {
  return JSON.stringify(config.name);
}

/** A whole answer where there is one, else what can be had. @throws what Query says when it answers neither. */
async function askWhole(query: QueryGateway, promql: string): Promise<{ whole: boolean; first: Asked }> {
  try {
    return { whole: true, first: await query.query(promql) };
  } catch (error) {
    if (!PARTIAL_REFUSED.has(failureTypeOf(error) ?? '')) throw error;
    return { whole: false, first: await query.query(promql, { partial: true }) };
  }
}

function seconds({ config }: ClusterAccess, value: number, atLeast: number): number {
  return Math.round(Math.max(atLeast, value * config.timeFactor));
}

function labelsIn({ samples }: Asked, label: string): string[] {
  return unique(samples.map(({ labels }) => labels[label]));
}

function summarize(cluster: string, series: number, remembered: number, jobs: readonly string[], values: readonly string[], tenants: readonly string[], partial: boolean): string {
  const parts = [series === 0 && remembered > 0 ? `Thanos Query has no series of ${cluster} now and had ${remembered} targets of it` : `Thanos Query knows ${series} targets of ${cluster}, and ${remembered} within the last hours`];
  if (jobs.length > 0) parts.push(`gone are the jobs ${jobs.join(', ')}`);
  if (values.length > 0) parts.push(`the same targets arrive as ${values.join(', ')}`);
  if (tenants.length > 0) parts.push(`the tenant ${tenants.join(', ')} is new`);
  if (partial) parts.push('the answer is not whole: a store or receiver was not reached');
  return `${parts.join('; ')}.`;
}
