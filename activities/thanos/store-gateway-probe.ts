import { z } from 'zod';
import { quantile } from '../histogram';
import type { Probe } from '../probe';
import { lookTwice, sumOf } from '../two-looks';
import { READS_WORKLOAD } from '../workload';

const INPUT = z.strictObject({ target: z.string().default('store').describe('Role of the store gateways.') });
const OBJSTORE = 'thanos_objstore_bucket_operation';

/** What store gateways say of themselves: blocks, cache, and how the object store treats them (domain 4.5). */
export const storeGatewayProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'thanos.storeGateway',
  title: 'The store gateways’ own metrics: blocks loaded, latency and failures of the object store, index cache, series gate',
  input: INPUT,
  fields: {
    answering: { type: 'number', unit: 'count', text: 'store gateways that were read' },
    blocksLoaded: { type: 'number|null', unit: 'count', text: 'blocks that the one with fewest has loaded' },
    objstoreP99Seconds: { type: 'number|null', unit: 'seconds', text: '99 of 100 reads of the object store took less, between two looks; since the start when there were none' },
    objstoreFailures: { type: 'number', unit: 'count', text: 'operations that failed between the two looks' },
    seriesGateP99Seconds: { type: 'number|null', unit: 'seconds', text: '99 of 100 requests waited less for their turn' },
    cacheHitRatio: { type: 'number|null', unit: 'ratio', text: 'hits of the index cache since the start; null when it was not asked' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/proxy'], verbs: ['get'] }],
  async ask(access, { target }, { timeoutMs }) {
    const looks = await lookTwice(access, target, timeoutMs);
    const worst = (name: string) => {
      const values = looks.map(({ before, after }) => quantile(0.99, name, after, before) ?? quantile(0.99, name, after)).filter((value) => value !== null);
      return values.length > 0 ? Math.max(...values) : null;
    };
    const total = (name: string, which: 'before' | 'after') => looks.reduce((sum, look) => sum + sumOf(look[which], name), 0);
    const requests = total('thanos_store_index_cache_requests_total', 'after');
    const objstoreP99Seconds = worst(`${OBJSTORE}_duration_seconds`);
    const objstoreFailures = Math.max(0, total(`${OBJSTORE}_failures_total`, 'after') - total(`${OBJSTORE}_failures_total`, 'before'));
    const blocksLoaded = looks.length > 0 ? Math.min(...looks.map(({ after }) => sumOf(after, 'thanos_bucket_store_blocks_loaded'))) : null;
    return {
      fields: {
        answering: looks.length, blocksLoaded, objstoreP99Seconds, objstoreFailures, seriesGateP99Seconds: worst('thanos_bucket_store_series_gate_duration_seconds'),
        cacheHitRatio: requests > 0 ? total('thanos_store_index_cache_hits_total', 'after') / requests : null,
      },
      summary: looks.length === 0 ? 'No store gateway runs.' : `${looks.length} store gateways have at least ${blocksLoaded} blocks each; 99 of 100 reads of the object store took less than ${objstoreP99Seconds?.toFixed(1) ?? '?'} s, ${objstoreFailures} failed.`,
    };
  },
};
