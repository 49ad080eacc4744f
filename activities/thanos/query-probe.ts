import { z } from 'zod';
import type { Probe } from '../probe';

const INPUT = z.strictObject({
  label: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/).default('cluster').describe('External label that tells clusters apart.'),
});

/** Do the cluster's series arrive at Thanos Query, whole? A partial answer is no answer (domain F11). */
export const queryProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'thanos.query',
  title: 'The cluster’s series at Thanos Query: how many targets are up, how fresh, with partial answers refused',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'no Thanos Query is configured' },
    upSeries: { type: 'number|null', unit: 'count', text: 'targets of the cluster that Query knows of' },
    upRatio: { type: 'number|null', unit: 'ratio', text: 'share of them that are up; null when there are none' },
    ageSeconds: { type: 'number|null', unit: 'seconds', text: 'age of the newest sample; null when there is none' },
    warnings: { type: 'list', text: 'what Query warns of; anything here makes the answer partial' },
  },
  rbac: [],
  async ask(access, { label }) {
    const { query } = access;
    if (!query) {
      return { fields: { notApplicable: true, upSeries: null, upRatio: null, ageSeconds: null, warnings: [] }, summary: 'No Thanos Query is configured for this cluster.' };
    }
    const series = `up{${label}=${JSON.stringify(access.config.name)}}`;
    const [count, up, age] = await Promise.all([query.query(`count(${series})`), query.query(`count(${series} == 1)`), query.query(`time() - max(timestamp(${series}))`)]);
    const total = count.samples[0]?.value ?? 0;
    const warnings = [...new Set([...count.warnings, ...up.warnings, ...age.warnings])];
    const ageSeconds = age.samples[0]?.value ?? null;
    const upRatio = total > 0 ? (up.samples[0]?.value ?? 0) / total : null;
    return {
      fields: { notApplicable: false, upSeries: total, upRatio, ageSeconds, warnings },
      summary: total === 0
        ? `Thanos Query has no series of ${series}.`
        : `Thanos Query knows ${total} targets of the cluster, ${((upRatio ?? 0) * 100).toFixed(0)} % up; the newest sample is ${Math.round(ageSeconds ?? 0)} s old${warnings.length > 0 ? '; the answer is partial' : ''}.`,
    };
  },
};
