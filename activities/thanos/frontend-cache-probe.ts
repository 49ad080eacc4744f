import { z } from 'zod';
import { failureTypeOf } from '../../workflows/contracts';
import { portOf, targetOf, type ClusterAccess } from '../cluster-access';
import type { Target } from '../clusters';
import type { Probe } from '../probe';
import type { Sample } from '../prometheus/gateway';
import { sumOf } from '../two-looks';
import { findWorkload, READS_WORKLOAD, type PodView } from '../workload';

const INPUT = z.strictObject({
  target: z.string().default('frontend').describe('Role of the query frontend.'),
  query: z.string().default('count(up)').describe('A cheap query that is asked through the frontend, so that it asks its cache.'),
});

/** As `thanos.frontend`: enough to be split and cached, in seconds. */
const BACK_S = 3_600;
const STEP_S = 30;
/** A cache that hangs keeps the question waiting; after this share of the probe's time its metrics are read all the same. */
const WAITING_SHARE = 0.6;
/** One of several cache servers is enough to make queries wait; single failures under load are not. */
const FAILING = 0.2;

/**
 * What the frontend counts of its requests to memcached and Redis (Thanos internal/cortex/chunk/cache, `memcacheStatusCode`):
 * 200 and 404 are answers, 500 is none. `Memcache.GetBatched` wraps others and always says 200.
 */
const COUNTERS = ['cortex_memcache_request_duration_seconds_count', 'cortex_rediscache_request_duration_seconds_count'] as const;
const WRAPPER = 'Memcache.GetBatched';
const NO_ANSWER = '500';

/** Failures that say that a pod cannot be read now, which tells nothing of the cache. */
const UNREADABLE: ReadonlySet<string> = new Set(['UpstreamUnavailable', 'UpstreamRejected', 'TargetNotFound']);

/** Does the cache behind the query frontend answer? A cache that hangs still takes connections, so it counts as ready. */
export const frontendCacheProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'thanos.frontendCache',
  title: 'The cache behind the query frontend: do the frontend’s requests to it fail while a query goes through',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'no frontend is configured' },
    answering: { type: 'number', unit: 'count', text: 'pods of the frontend whose metrics were read' },
    requests: { type: 'number', unit: 'count', text: 'requests to the cache that ended while it was looked at; 0 where it is kept in memory' },
    failedRatio: { type: 'number|null', unit: 'ratio', text: 'share of these that had no answer; null when there were none' },
    failing: { type: 'boolean', text: 'a fifth of them or more had no answer; false where nothing was seen' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] }],
  async ask(access, { target: role, query }, { timeoutMs }) {
    if (!access.frontend) return { fields: { notApplicable: true, answering: 0, requests: 0, failedRatio: null, failing: false }, summary: 'No query frontend is configured for this cluster.' };
    const target = targetOf(access, role);
    const pods = ((await findWorkload(access, target))?.pods ?? []).filter((pod) => pod.running && pod.state !== 'terminating');
    const before = await Promise.all(pods.map((pod) => read(access, target, pod)));
    await Promise.race([askThrough(access, query), access.clock.sleep(timeoutMs * WAITING_SHARE)]);
    const after = await Promise.all(pods.map((pod) => read(access, target, pod)));
    const increase = (matches: (labels: Record<string, string>) => boolean) => pods.reduce((total, _pod, index) => total + increaseOf(before[index], after[index], matches), 0);
    const requests = increase(() => true);
    const failed = increase(({ status_code }) => status_code === NO_ANSWER);
    const failedRatio = requests > 0 ? failed / requests : null;
    const answering = after.filter((samples, index) => samples && before[index]).length;
    return {
      fields: { notApplicable: false, answering, requests, failedRatio, failing: failedRatio !== null && failedRatio >= FAILING },
      summary: answering === 0 ? 'No pod of the query frontend says how its cache does.' : requests === 0 ? 'The query frontend asked no cache while it was looked at.' : `Of ${requests} requests of the query frontend to its cache ${failed} had no answer.`,
    };
  },
};

async function read(access: ClusterAccess, target: Target, { name }: PodView): Promise<Sample[] | undefined> {
  try {
    return await access.metrics.scrape({ namespace: target.namespace, name, port: portOf(target, 'metrics') });
  } catch (error) {
    if (UNREADABLE.has(failureTypeOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** Whether it is answered does not matter here: what it made the frontend ask of its cache is counted. */
async function askThrough({ frontend, clock }: ClusterAccess, query: string): Promise<void> {
  const end = Math.floor(clock.now().getTime() / 1000 / STEP_S) * STEP_S;
  await frontend?.queryRange(query, { start: end - BACK_S, end, stepSeconds: STEP_S }, { partial: true }).catch(() => undefined);
}

/** A frontend that has started anew in between counts from nothing. */
function increaseOf(before: Sample[] | undefined, after: Sample[] | undefined, matches: (labels: Record<string, string>) => boolean): number {
  if (!before || !after) return 0;
  const count = (samples: Sample[]) => COUNTERS.reduce((total, name) => total + sumOf(samples, name, (labels) => labels['method'] !== WRAPPER && matches(labels)), 0);
  return Math.max(0, count(after) - count(before));
}
