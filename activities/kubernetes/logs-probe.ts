import { z } from 'zod';
import { failureTypeOf } from '../../workflows/contracts';
import { targetOf, type ClusterAccess } from '../cluster-access';
import type { Target } from '../clusters';
import type { Probe } from '../probe';
import { plainLine } from '../redact';
import { READS_WORKLOAD, readWorkload, type PodView } from '../workload';
import { lookBackSeconds } from './log-window';
import { LOG_PATTERN_NAMES, LOG_PATTERNS, type LogPattern } from './log-patterns';

const INPUT = z.strictObject({
  target: z.string().describe('Role of the workload whose pods’ logs are read.'),
  patterns: z.array(z.enum(LOG_PATTERN_NAMES)).min(1).describe('Named patterns to look for.'),
  since: z.string().regex(/^\d+[smh]$/).default('15m').describe('How far back, e.g. 10m.'),
  pods: z.enum(['notReady', 'all']).default('notReady').describe('Pods that are not ready, or all when all are ready; or all in any case.'),
  previous: z.boolean().default(true).describe('Look at the previous container as well, where one has ended.'),
});

/** Logs of more pods than this tell nothing new; those that are not ready come first. */
const MOST_PODS = 8;
const LONGEST_LINE = 300;

interface Match {
  pattern: LogPattern;
  pod: string;
  line: string;
}

/** Which named patterns occur in the logs of the pods that are not ready, or of all when all are ready. */
export const logsProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.logs',
  title: 'Named patterns in the logs of a workload: of its pods that are not ready, or of all when all are ready',
  input: INPUT,
  fields: {
    matched: { type: 'list', text: 'names of the patterns that occur; how often is never counted' },
    lines: { type: 'list', text: 'the first line that matched, per pattern, cut and redacted' },
    pods: { type: 'list', text: 'pods whose logs were read' },
    matchedPods: { type: 'list', text: 'pods in whose logs a pattern occurs' },
    empty: { type: 'boolean', text: 'nothing was logged at all' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/log'], verbs: ['get'] }],
  async ask(access, { target: role, patterns, since, pods: which, previous }) {
    const target = targetOf(access, role);
    const { pods } = await readWorkload(access, target);
    const notReady = pods.filter((pod) => !pod.ready);
    const others = which === 'all' || notReady.length === 0 ? pods.filter((pod) => pod.ready) : [];
    const read = [...notReady, ...others].slice(0, MOST_PODS);
    const logs = await Promise.all(read.map(async (pod) => ({ pod: pod.name, text: await logOf(access, target, pod, lookBackSeconds(access, since), previous) })));
    const matches = patterns.flatMap((pattern) => firstMatch(pattern, logs));
    const matched = [...new Set(matches.map((match) => match.pattern))];
    return {
      fields: {
        matched,
        lines: matches.map((match) => match.line),
        pods: read.map((pod) => pod.name),
        matchedPods: [...new Set(logs.filter(({ text }) => patterns.some((pattern) => LOG_PATTERNS[pattern].pattern.test(text))).map(({ pod }) => pod))],
        empty: logs.every(({ text }) => text === ''),
      },
      summary: matched.length > 0
        ? `The logs of ${role} say: ${matched.map((name) => LOG_PATTERNS[name].text).join('; ')}.`
        : `None of the looked-for patterns is in the logs of ${read.length} pods of ${role}.`,
      ...(matches.length > 0 && { table: { columns: ['pattern', 'pod', 'line'], rows: matches.map(({ pattern, pod, line }) => [pattern, pod, line]) } }),
    };
  },
};

/** The previous container's log before the present one's: an answer that a crashed container gave is in the former. */
async function logOf(access: ClusterAccess, target: Target, pod: PodView, sinceSeconds: number, previous: boolean): Promise<string> {
  const query = { namespace: target.namespace, pod: pod.name, ...(pod.container && { container: pod.container }) };
  const read = (of: { previous?: boolean; sinceSeconds?: number }) =>
    access.kubernetes.logs({ ...query, ...of }).catch((error: unknown) => {
      // The pod has gone since it was listed: what it said is lost, which is no reason to lose the others' words.
      if (failureTypeOf(error) === 'TargetNotFound') return '';
      throw error;
    });
  const parts = await Promise.all([previous && pod.restarts > 0 ? read({ previous: true }) : '', read({ sinceSeconds })]);
  return parts.join('\n').trim();
}

function firstMatch(pattern: LogPattern, logs: ReadonlyArray<{ pod: string; text: string }>): Match[] {
  for (const { pod, text } of logs) {
    const line = text.split('\n').find((candidate) => LOG_PATTERNS[pattern].pattern.test(candidate));
    if (line !== undefined) return [{ pattern, pod, line: plainLine(line, LONGEST_LINE) }];
  }
  return [];
}
