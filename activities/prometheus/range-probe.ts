import { z } from 'zod';
import { failureTypeOf } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import type { Probe } from '../probe';
import { READS_WORKLOAD, readWorkload } from '../workload';
import { LINE_NAMES, lineOf, rangeSecondsOf, sourceOf } from './pipeline-lines';

const INPUT = z.strictObject({ line: z.enum(LINE_NAMES).describe('Which line of the post-recovery checklist.') });

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
    const source = sourceOf(access, line);
    if (!source) return { fields: { notApplicable: true, value: null, missing: null, warnings: [] }, summary: 'Neither a Prometheus nor a Thanos Query is configured that has the pipeline’s own metrics.' };
    const compactor = access.config.targets['compactor'];
    // The role is configured by default. One that is not there has not halted, and no series says so.
    if (line === 'compactorHalted' && compactor && !(await access.kubernetes.read(compactor))) {
      return { fields: { notApplicable: true, value: null, missing: null, warnings: [] }, summary: `There is no ${compactor.kind} ${compactor.name} in this cluster.` };
    }
    const [{ samples, warnings }, members] = await Promise.all([source.gateway.query(lineOf(access, line)), line === 'receiversReady' ? receiversOf(access) : undefined]);
    const found = samples[0]?.value;
    const value = found === undefined || !Number.isFinite(found) ? null : found;
    return {
      fields: { notApplicable: false, value, missing: members === undefined || value === null ? null : Math.max(0, members - value), warnings },
      summary: `${value === null ? 'Nothing answers' : `${Math.round(value * 10_000) / 10_000} is what is found for`} ${line} over ${rangeSecondsOf(access)} s${warnings.length > 0 ? '; the answer is partial' : ''}.`,
    };
  },
};

/** How many receivers there should be; none where the role's workload is not there, so that nothing is missing of it. */
async function receiversOf(access: ClusterAccess): Promise<number> {
  const target = access.config.targets['receiver'];
  if (!target) return 0;
  return (await readWorkload(access, target).catch((error: unknown) => {
    if (failureTypeOf(error) === 'TargetNotFound') return { members: 0 };
    throw error;
  })).members;
}
