import { z } from 'zod';
import { failureTypeOf } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import type { Target } from '../clusters';
import type { Probe } from '../probe';
import { plainLine } from '../redact';
import { findWorkload, READS_WORKLOAD, type PodView } from '../workload';
import { lookBackSeconds } from './log-window';
import { LOG_PATTERN_NAMES, LOG_PATTERNS } from './log-patterns';
import { ROLES_INPUT, some, workloadsAmong } from '../survey';

const INPUT = z.strictObject({
  targets: ROLES_INPUT,
  since: z.string().regex(/^\d+[smh]$/).default('15m').describe('How far back the present containers are read, e.g. 10m.'),
});

/** Of so many pods the logs are read; those that are not ready come first, then those that restarted. */
const MOST_PODS = 16;
/** The end of a log is enough: what the last hundreds of lines do not say, a person looks up. */
const TAIL = 400;
const LINES_PER_LOG = 3;
const MOST_LINES = 20;
const LONGEST_LINE = 300;

/** How programs mark a line as an error: logfmt, JSON, klog, Go's own panics. */
const ERROR = /\blevel="?(error|fatal|crit\w*)\b|\blvl=(eror|crit)\b|"level"\s*:\s*"(error|fatal|panic)"|^[EF]\d{4} |\bpanic: |\bfatal error: |\bFATAL\b|^error[ :]/i;
/** What a cell of a table has no room for: the time, which has a column, and where in the program's source a line was made. */
const BESIDES = /\b(ts|time|caller|source)=\S+\s*/g;
/** The time that a line begins with or names. */
const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?/;

interface LogRead {
  role: string;
  pod: PodView;
  container: 'current' | 'previous';
  lines: string[];
}

interface Shown {
  at: string;
  pod: string;
  container: LogRead['container'];
  line: string;
}

/** "Errors in the logs": of present and previous containers, of several pods side by side, by time. */
export const errorLogsProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.errorLogs',
  title: 'The last error lines of all pods side by side, of present and previous containers, by time',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'none of the roles is a workload of this cluster' },
    pods: { type: 'list', text: 'pods whose logs were read' },
    withErrors: { type: 'list', text: 'pods with error lines' },
    matched: { type: 'list', text: 'names of the known patterns that occur in these lines' },
    unreadable: { type: 'list', text: 'pods whose log could not be read' },
    leftOut: { type: 'number', unit: 'count', text: 'pods beyond the most that are read' },
  },
  rbac: [...READS_WORKLOAD, { apiGroup: '', resources: ['pods/log'], verbs: ['get'] }],
  async ask(access, { targets: roles, since }) {
    const wanted = workloadsAmong(access, roles);
    const workloads = await Promise.all(wanted.map(async ({ role, target }) => ({ role, target, pods: (await findWorkload(access, target))?.pods ?? [] })));
    const all = workloads.flatMap(({ role, target, pods }) => pods.map((pod) => ({ role, target, pod }))).sort((a, b) => Number(a.pod.ready) - Number(b.pod.ready) || b.pod.restarts - a.pod.restarts);
    const read = all.slice(0, MOST_PODS);
    const settled = await Promise.all(read.map(({ role, target, pod }) => logsOf(access, role, target, pod, lookBackSeconds(access, since)).catch((error: unknown) => unreadable(pod, error))));
    const failed = settled.filter((item) => 'error' in item);
    // Nothing could be read: that is no answer, and why is the one thing to say.
    if (failed.length > 0 && failed.length === read.length) throw failed[0]!.error;
    const shown = settled.flatMap((item) => ('error' in item ? [] : item.flatMap(errorsIn)));
    const withErrors = [...new Set(shown.map(({ pod }) => pod))];
    const matched = LOG_PATTERN_NAMES.filter((name) => shown.some(({ line }) => LOG_PATTERNS[name].pattern.test(line)));
    return {
      fields: { notApplicable: all.length === 0, pods: read.map(({ pod }) => pod.name), withErrors, matched, unreadable: failed.map(({ pod }) => pod), leftOut: all.length - read.length },
      summary: sentence(read.length, withErrors, matched.map((name) => LOG_PATTERNS[name].text), failed),
      ...(shown.length > 0 && { table: { columns: ['time', 'pod', 'container', 'line'], rows: side(shown).map(({ at, pod, container, line }) => [at, pod, container, line]) } }),
    };
  },
};

interface Unreadable {
  pod: string;
  error: Error;
}

/** A refusal or an absence concerns this pod; what else went wrong is thrown. */
function unreadable(pod: PodView, error: unknown): Unreadable {
  if (!(error instanceof Error) || failureTypeOf(error) === undefined) throw error;
  return { pod: pod.name, error };
}

async function logsOf(access: ClusterAccess, role: string, target: Target, pod: PodView, sinceSeconds: number): Promise<LogRead[]> {
  const query = { namespace: target.namespace, pod: pod.name, tailLines: TAIL, ...(pod.container && { container: pod.container }) };
  const [previous, current] = await Promise.all([pod.restarts > 0 ? access.kubernetes.logs({ ...query, previous: true }) : '', access.kubernetes.logs({ ...query, sinceSeconds })]);
  const split = (text: string) => text.split('\n').filter((line) => line.trim() !== '');
  return [{ role, pod, container: 'previous', lines: split(previous) }, { role, pod, container: 'current', lines: split(current) }];
}

/** The last errors, each said once; of a container that ended without one, its last words. */
function errorsIn({ pod, container, lines }: LogRead): Shown[] {
  const errors = lines.filter((line) => ERROR.test(line));
  const lastWords = errors.length === 0 && !pod.ready && container === 'previous' ? lines.slice(-2) : [];
  const distinct = new Map([...errors, ...lastWords].map((line) => [line.replace(TIME, '').replace(/\d+/g, '#'), line]));
  return [...distinct.values()].slice(-LINES_PER_LOG).map((line) => ({ at: TIME.exec(line)?.[0] ?? '', pod: pod.name, container, line: plainLine(line.replace(BESIDES, ''), LONGEST_LINE) }));
}

/** The newest lines of all pods, in the order in which they were said: one pod's complaint is another's cause. */
function side(shown: readonly Shown[]): Shown[] {
  const timeOf = ({ at }: Shown) => Date.parse(at) || 0;
  return [...shown].sort((a, b) => timeOf(a) - timeOf(b)).slice(-MOST_LINES);
}

function sentence(read: number, withErrors: readonly string[], meanings: readonly string[], failed: readonly Unreadable[]): string {
  const parts = [
    withErrors.length === 0 ? `No error in the logs of ${read - failed.length} pods` : `Errors in the logs of ${withErrors.length} of ${read} pods (${some(withErrors)})${meanings.length > 0 ? `: ${some(meanings)}` : ''}`,
    ...(failed.length > 0 ? [`not readable: ${some(failed.map(({ pod }) => pod))} (${plainLine(failed[0]!.error.message, 200)})`] : []),
  ];
  return `${parts.join('; ')}.`;
}
