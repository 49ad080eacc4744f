import { z } from 'zod';
import type { Json } from '../../workflows/contracts';
import { algorithmOf, takesAnyTenant, type RingProblem } from '../hashring';
import type { Probe, ProbeAnswer } from '../probe';
import { READS_WORKLOAD } from '../workload';
import { flagAlgorithms, judgeRing, readHashring, type HashringConfig } from './hashring-config';
import { sameJson } from '../same-json';

const INPUT = z.strictObject({
  target: z.string().default('hashring').describe('Role of the ConfigMap that holds the hashring.'),
  receiver: z.string().default('receiver').describe('Role of the receivers that read it.'),
});

/** The ring that receivers are given, judged as they would when they start with it. */
export const hashringConfigProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.hashringConfig',
  title: 'The hashring’s ConfigMap: would receivers start with it, reach each other, agree; and is it as desired',
  input: INPUT,
  fields: {
    exists: { type: 'boolean', text: 'the ConfigMap is there, with the file in it' },
    parses: { type: 'boolean|null', text: 'it is JSON that Thanos reads; null when it is not there' },
    valid: { type: 'boolean|null', text: 'it passes the whole pre-flight' },
    faults: { type: 'list', text: 'what is wrong: notJson, empty, notHostPort, notGrpcPort, duplicate, tooFew, unknownAlgorithm, mixedAlgorithms, unresolved' },
    endpoints: { type: 'number|null', unit: 'count', text: 'endpoints of the smallest ring' },
    replicas: { type: 'number', unit: 'count', text: 'receivers there should be' },
    replicationFactor: { type: 'number', unit: 'count', text: 'as the receivers are told' },
    enoughEndpoints: { type: 'boolean|null', text: 'every ring has as many endpoints as the replication factor; otherwise every receiver that reads it ends' },
    addressesGood: { type: 'boolean|null', text: 'every entry is a unique host:port at the gRPC port whose name exists' },
    absentMembers: { type: 'list', text: 'entries that name a receiver beyond the replicas: there is none, and none is being made' },
    membersOutside: { type: 'list', text: 'receivers whose own address no ring names' },
    algorithm: { type: 'text|null', text: 'hashmod, ketama, or mixed' },
    algorithmsDiffer: { type: 'boolean', text: 'receivers were started with different algorithms' },
    reloadFlushes: { type: 'boolean', text: 'a change of the ring makes every receiver flush and be not ready meanwhile' },
    anyTenant: { type: 'boolean|null', text: 'some ring takes tenants that no ring names' },
    reach: { type: 'text', text: 'how a change gets into a receiver: live, restart (copied when the pod is made), never (subPath), unknown' },
    desiredKnown: { type: 'boolean', text: 'it is known how the ring should be' },
    desiredValid: { type: 'boolean|null', text: 'the ring that it should be passes the pre-flight' },
    matchesDesired: { type: 'boolean|null', text: 'it is as it should be' },
  },
  rbac: [
    ...READS_WORKLOAD,
    { apiGroup: '', resources: ['configmaps'], verbs: ['get'], names: ['hashring'] },
    // The Services that the ring names, which may be any.
    { apiGroup: '', resources: ['services'], verbs: ['get'], names: 'any' },
  ],
  async ask(access, { target, receiver }) {
    const config = await readHashring(access, target, receiver);
    const { text, desired, workload, settings, reach } = config;
    const judged = text === undefined ? undefined : await judgeRing(access, config, text);
    const wanted = desired && (await judgeRing(access, config, desired.text));
    const whole = judged && 'rings' in judged ? judged : undefined;
    const problems: RingProblem[] = !judged ? [] : 'problem' in judged ? [judged.problem] : judged.problems;
    const faults = problems.map(({ fault }) => fault);
    const has = (...names: string[]) => (whole ? !faults.some((fault) => names.includes(fault)) : null);
    const algorithms = flagAlgorithms(config);
    return {
      fields: {
        exists: text !== undefined,
        parses: judged ? whole !== undefined : null,
        valid: judged ? problems.length === 0 : null,
        faults,
        endpoints: whole ? Math.min(...whole.rings.map(({ addresses }) => addresses.length)) : null,
        replicas: workload.members,
        replicationFactor: settings.replicationFactor,
        enoughEndpoints: has('tooFew'),
        addressesGood: has('notHostPort', 'notGrpcPort', 'duplicate', 'unresolved'),
        absentMembers: whole?.absent ?? [],
        membersOutside: whole?.outside ?? [],
        algorithm: whole ? algorithmOf(whole.rings, settings.flagAlgorithm) : null,
        algorithmsDiffer: algorithms.length > 1,
        reloadFlushes: algorithms.some((algorithm) => algorithm !== 'ketama'),
        anyTenant: whole ? takesAnyTenant(whole.rings) : null,
        reach,
        desiredKnown: desired !== undefined,
        desiredValid: wanted ? 'rings' in wanted && wanted.problems.length === 0 : null,
        matchesDesired: matches(config),
      },
      summary: summarize(config, problems, whole?.absent ?? []),
    };
  },
};

function matches({ text, desired }: HashringConfig): boolean | null {
  if (!desired) return null;
  if (text === undefined) return false;
  return text === desired.text || sameJson(jsonOf(text), jsonOf(desired.text));
}

/** White space is nobody's business; what is no JSON is compared as text. */
function jsonOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function summarize(config: HashringConfig, problems: readonly RingProblem[], absent: readonly string[]): ProbeAnswer['summary'] {
  const { target, text, desired } = config;
  const name = `The hashring in ${target.kind} ${target.namespace}/${target.name}`;
  if (text === undefined) return `${name} is not there: receivers that run keep theirs, any that restarts cannot start.`;
  const faults = problems.map(({ en }) => en);
  if (absent.length > 0) faults.push(`names ${absent.length} receivers that do not exist (${absent.slice(0, 3).join(', ')})`);
  const same = matches(config);
  const comparison = same === null ? 'how it should be is not known' : same ? `it is as ${desired!.source} says` : `it differs from ${desired!.source}`;
  return faults.length > 0 ? `${name} ${faults.join('; ')}; ${comparison}.` : `${name} is one that receivers take; ${comparison}.`;
}
