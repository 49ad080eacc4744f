import { z } from 'zod';
import { runningAgents } from '../agent-sampling';
import { portOf, targetOf, type ClusterAccess } from '../cluster-access';
import type { Target } from '../clusters';
import type { Probe, ProbeAnswer } from '../probe';
import { pageOf } from '../program-json';
import { plainLine } from '../redact';
import { READS_WORKLOAD, unique, type PodView } from '../workload';
import { scrapeErrorOf, textOfScrapeError } from './scrape-errors';
import { scrapePoolsIn } from './scrape-pools';

const INPUT = z.strictObject({
  target: z.string().default('agent').describe('Role of the agent.'),
  config: z.string().default('agentConfig').describe('Role of the ConfigMap whose desired form says which jobs there should be.'),
  ignore: z.array(z.string()).default([]).describe('Jobs that are nobody’s business here.'),
});

const TARGETS = z.looseObject({
  data: z.looseObject({
    activeTargets: z.array(z.looseObject({ scrapePool: z.string().default(''), labels: z.record(z.string(), z.string()), health: z.string(), lastError: z.string().default('') })).nullish(),
    droppedTargetCounts: z.record(z.string(), z.number()).nullish(),
  }),
});
const POOLS = z.looseObject({ data: z.looseObject({ scrapePools: z.array(z.string()).nullish() }) });
const CONFIG = z.looseObject({ data: z.looseObject({ yaml: z.string() }) });

interface ScrapeTarget {
  pool: string;
  job: string;
  instance: string;
  health: string;
  lastError: string;
}

interface AgentView {
  targets: ScrapeTarget[];
  /** Scrape pools by the running configuration. */
  pools: string[];
  dropped: Record<string, number>;
}

const NO_AGENT: ProbeAnswer['fields'] = {
  running: false, agents: 0, targets: 0, up: 0, down: 0, downRatio: null, downJobs: [], errors: [], lines: [], pools: [], emptyPools: [], droppedInEmptyPools: 0, desiredKnown: false, missingPools: [],
};

/** What the agent scrapes and what comes of it, by its own API, which works while nothing is delivered (domain F1). */
export const targetsProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'prometheus.targets',
  title: 'The agent’s targets by its own API: healthy or not and why, jobs without targets, jobs that its configuration lacks',
  input: INPUT,
  fields: {
    running: { type: 'boolean', text: 'at least one agent runs' },
    agents: { type: 'number', unit: 'count', text: 'agents that were asked' },
    targets: { type: 'number', unit: 'count', text: 'targets that they scrape' },
    up: { type: 'number', unit: 'count', text: 'targets whose last scrape succeeded' },
    down: { type: 'number', unit: 'count', text: 'targets whose last scrape failed' },
    downRatio: { type: 'number|null', unit: 'ratio', text: 'share of those that failed; null when there are no targets' },
    downJobs: { type: 'list', text: 'jobs with a target that failed' },
    errors: { type: 'list', text: 'why they failed: refused, noSuchHost, unauthorized, deadline, blankContentType, sampleLimit, …' },
    lines: { type: 'list', text: 'the first error of each kind, cut and redacted' },
    pools: { type: 'list', text: 'scrape configurations that it runs with' },
    emptyPools: { type: 'list', text: 'of those, the ones that find no target' },
    droppedInEmptyPools: { type: 'number', unit: 'count', text: 'targets that these find and that relabelling drops' },
    desiredKnown: { type: 'boolean', text: 'the desired state says which jobs there should be' },
    missingPools: { type: 'list', text: 'jobs of the desired configuration that it does not run with' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] }],
  async ask(access, { target: role, config, ignore }) {
    const target = targetOf(access, role);
    const running = await runningAgents(access, target);
    if (running.length === 0) return { fields: NO_AGENT, summary: 'No agent runs, so none can be asked what it scrapes.' };
    const [views, wanted] = await Promise.all([Promise.all(running.map((pod) => viewOf(access, target, pod))), desiredPools(access, config)]);
    return describe(views, wanted, ignore);
  },
};

async function viewOf(access: ClusterAccess, target: Target, pod: PodView): Promise<AgentView> {
  const page = { namespace: target.namespace, pod: pod.name, port: portOf(target, 'http') };
  const [active, pools, config] = await Promise.all([
    pageOf(access, { ...page, path: '/api/v1/targets?state=active' }, TARGETS),
    pageOf(access, { ...page, path: '/api/v1/scrape_pools' }, POOLS),
    pageOf(access, { ...page, path: '/api/v1/status/config' }, CONFIG),
  ]);
  const targets = (active.data.activeTargets ?? []).map(({ scrapePool, labels, health, lastError }): ScrapeTarget => ({ pool: scrapePool, job: labels['job'] ?? scrapePool, instance: labels['instance'] ?? '', health, lastError }));
  const known = unique([...(scrapePoolsIn(config.data.yaml) ?? []), ...(pools.data.scrapePools ?? [])]);
  const empty = known.filter((pool) => !targets.some((candidate) => candidate.pool === pool));
  return { targets, pools: known, dropped: empty.length > 0 ? await droppedTargets(access, page) : {} };
}

/** How many targets relabelling drops, by scrape pool; asked for only where a pool is empty, because the answer may be long. */
async function droppedTargets(access: ClusterAccess, page: { namespace: string; pod: string; port: number }): Promise<Record<string, number>> {
  return (await pageOf(access, { ...page, path: '/api/v1/targets?state=dropped' }, TARGETS)).data.droppedTargetCounts ?? {};
}

async function desiredPools(access: ClusterAccess, role: string): Promise<string[] | undefined> {
  if (!Object.hasOwn(access.config.targets, role)) return undefined;
  const target = targetOf(access, role);
  const desired = await access.desiredState.find(target);
  const file = (desired?.manifest['data'] as Record<string, unknown> | undefined)?.[target.key ?? ''];
  return typeof file === 'string' ? scrapePoolsIn(file) : undefined;
}

function describe(views: readonly AgentView[], wanted: string[] | undefined, ignore: readonly string[]) {
  const targets = views.flatMap((view) => view.targets).filter(({ job, pool }) => !ignore.includes(job) && !ignore.includes(pool));
  const failed = targets.filter(({ health }) => health === 'down');
  const pools = unique(views.flatMap((view) => view.pools));
  const emptyPools = pools.filter((pool) => !ignore.includes(pool) && !targets.some((candidate) => candidate.pool === pool));
  const classes = failed.map((target) => ({ target, error: scrapeErrorOf(target.lastError) }));
  const errors = unique(classes.map(({ error }) => error));
  const missingPools = (wanted ?? []).filter((pool) => !pools.includes(pool) && !ignore.includes(pool));
  const downJobs = unique(failed.map(({ job }) => job));
  return {
    fields: {
      running: true, agents: views.length, targets: targets.length, up: targets.filter(({ health }) => health === 'up').length, down: failed.length,
      downRatio: targets.length > 0 ? failed.length / targets.length : null, downJobs, errors,
      lines: errors.map((name) => plainLine(classes.find(({ error }) => error === name)!.target.lastError, 240)),
      pools, emptyPools, droppedInEmptyPools: views.reduce((total, { dropped }) => total + emptyPools.reduce((sum, pool) => sum + (dropped[pool] ?? 0), 0), 0),
      desiredKnown: wanted !== undefined, missingPools,
    },
    summary: summarize(targets.length, failed.length, downJobs, errors.map((name) => textOfScrapeError(name as ReturnType<typeof scrapeErrorOf>)), emptyPools, missingPools),
    ...(failed.length > 0 && { table: { columns: ['job', 'instance', 'error', 'says'], rows: classes.map(({ target, error }) => [target.job, target.instance, error, plainLine(target.lastError, 120)]) } }),
  };
}

function summarize(total: number, down: number, jobs: readonly string[], why: readonly string[], empty: readonly string[], missing: readonly string[]): string {
  const parts = [down === 0 ? `The agent scrapes ${total} targets, all of them healthy` : `${down} of the agent's ${total} targets cannot be scraped (${jobs.join(', ')}): ${why.join('; ')}`];
  if (empty.length > 0) parts.push(`no target is found for ${empty.join(', ')}`);
  if (missing.length > 0) parts.push(`its configuration lacks ${missing.join(', ')}`);
  return `${parts.join('; ')}.`;
}
