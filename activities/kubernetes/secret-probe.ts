import { z } from 'zod';
import { targetOf } from '../cluster-access';
import type { Probe } from '../probe';
import { READS_WORKLOAD, readWorkload } from '../workload';
import { dataChangedAt, startedBefore } from './remedies/restore-secret';
import { digestsOf, keyChanges, secretData } from './secrets';

const INPUT = z.strictObject({
  target: z.string().default('objectStore').describe('Role of a Secret.'),
  readers: z.string().default('receiver').describe('Role of the workload whose pods read it at their start only.'),
});

/** Is a Secret as the desired state says? By keyed digests only: no value leaves this file. */
export const secretProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.secret',
  title: 'A Secret compared with the desired state by keyed digests, and whether its readers were started with its present values',
  input: INPUT,
  fields: {
    exists: { type: 'boolean', text: 'the Secret is there' },
    keyPresent: { type: 'boolean|null', text: 'it has the key that programs read; null when it is not there, or no key is configured' },
    desiredKnown: { type: 'boolean', text: 'the desired state says how it should be' },
    matchesDesired: { type: 'boolean|null', text: 'every value is the one of the desired state; null when that is not known' },
    changedKeys: { type: 'list', text: 'keys whose value is missing or another one than desired' },
    minutesSinceChange: { type: 'number|null', text: 'minutes since its data was last written; null when its managed fields do not say' },
    changedBy: { type: 'list', text: 'who wrote its data: field managers such as kubectl-edit' },
    startedBeforeChange: { type: 'list', text: 'pods of its readers that were started before its data was last written: they run with other values' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['secrets'], verbs: ['get'], names: ['objectStore'] }],
  async ask(access, { target: role, readers }) {
    const target = targetOf(access, role);
    const [live, desired, { pods }] = await Promise.all([access.kubernetes.read(target), access.desiredState.find(target), readWorkload(access, targetOf(access, readers))]);
    const wanted = desired && digestsOf(access, target, secretData(desired.manifest));
    const present = live ? digestsOf(access, target, secretData(live)) : {};
    const changedKeys = wanted ? keyChanges(present, wanted).map(({ key }) => key) : [];
    const changedAt = live && dataChangedAt(live);
    const stale = startedBefore(pods, changedAt).map(({ name }) => name);
    const managers = ((live?.metadata['managedFields'] ?? []) as Array<{ manager?: string; fieldsV1?: object }>).filter(({ fieldsV1 }) => fieldsV1 && 'f:data' in fieldsV1).map(({ manager = 'unknown' }) => manager);
    const name = `Secret ${target.namespace}/${target.name}`;
    return {
      fields: {
        exists: live !== undefined,
        keyPresent: live && target.key !== undefined ? target.key in present : null,
        desiredKnown: desired !== undefined,
        matchesDesired: wanted ? live !== undefined && changedKeys.length === 0 : null,
        changedKeys,
        minutesSinceChange: changedAt === undefined ? null : Math.round((access.clock.now().getTime() - changedAt) / 60_000),
        changedBy: [...new Set(managers)],
        startedBeforeChange: stale,
      },
      summary: [
        live ? `${name} is there` : `There is no ${name}`,
        !desired ? 'nothing says how it should be' : changedKeys.length > 0 ? `it differs from ${desired.source} at ${changedKeys.join(', ')}` : `it is as ${desired.source} says`,
        ...(stale.length > 0 ? [`${stale.join(', ')} still runs with what it held before`] : []),
      ].join('; ') + '.',
      ...(wanted && { table: { columns: ['key', 'now', 'desired'], rows: Object.keys({ ...present, ...wanted }).sort().map((key) => [key, present[key] ?? 'absent', wanted[key] ?? 'not said']) } }),
    };
  },
};
