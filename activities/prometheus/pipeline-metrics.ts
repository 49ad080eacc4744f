import { COURSE_LINES, failure, type CourseLine, type PipelineMetrics } from '../../workflows/contracts';
import { within } from '../call-scope';
import type { ClusterAccess } from '../cluster-access';
import { cut } from '../redact';
import type { Range, Sample, Series } from './gateway';
import { lineOf, promqlOf, rangeSecondsOf, sourceOf } from './pipeline-lines';

/** How long before the first alert it begins, times the time factor: an alert has waited for minutes before it fires. In seconds. */
const LEAD_SECONDS = 600;
const SHORTEST_LEAD_SECONDS = 60;
/** An alert that has fired for longer began with something that no chart of an incident shows. In seconds. */
const LONGEST_SECONDS = 7 * 86_400;
/** As many as a chart can show. With 4 digits a value, four lines are below 5 KB: they go through the history. */
const MOST_POINTS = 90;
const DIGITS = 4;
/** More often than this nobody scrapes a pipeline, in a lab either. In seconds. */
const SHORTEST_STEP_SECONDS = 5;
/** How much finer than a chart the longest lag is looked for. */
const LOOKS_PER_STEP = 10;
/** Twice this, and the pause before the second attempt, is what a close may wait. In milliseconds. */
const READ_MS = 6_000;
const MOST_PROBLEMS = 3;
const LONGEST_PROBLEM = 250;

/** Samples that the agent has given up; what its own rules leave out on purpose (`dropped_series`) is no loss. */
const DROPPED = 'sum(increase(prometheus_remote_storage_samples_dropped_total{reason!="dropped_series",CLUSTER}[RANGE]))';
/** That counter begins with the first sample that is dropped: an agent that counts what it sends and has none has dropped none. */
const NONE_DROPPED = '0 * sum(increase(prometheus_remote_storage_samples_total{CLUSTER}[RANGE]))';
const FAILED = 'sum(increase(prometheus_remote_storage_samples_failed_total{CLUSTER}[RANGE]))';
/** No receiver that is ready is a number, and not nothing, while receivers say that they are not. */
const NONE_READY = '0 * count(thanos_status{component="receive",check="ready",CLUSTER})';
/** A queue that has sent nothing yet says 0 and would be behind since 1970. In seconds. */
const NO_LAG = '1e9';

/** What the pipeline's metrics say of the time since some minutes before the first alert. @throws what the first query failed with, where none was answered */
export async function readPipelineMetrics(access: ClusterAccess, since: string): Promise<PipelineMetrics> {
  const source = sourceOf(access, 'delivered');
  if (!source) throw failure('InvalidInput', `Neither endpoints.prometheus nor endpoints.query is configured for the cluster ${access.config.name}`);
  const window = windowOf(access, since);
  // Not shorter than a step, so that nothing falls between two of them.
  const rateSeconds = Math.max(rangeSecondsOf(access), window.stepSeconds);
  const whole = window.end - window.start;
  const ask = async <Answer extends { warnings: string[] }>(what: string, query: () => Promise<Answer>): Promise<Asked<Answer>> => {
    try {
      const answer = await within(READ_MS, `Reading ${what} from ${source.name}`, query);
      return { answer, ...(answer.warnings[0] !== undefined && { problem: `${what}: the answer is partial: ${answer.warnings[0]}` }) };
    } catch (error) {
      return { error, problem: `${what}: ${error instanceof Error ? error.message : 'no reason given'}` };
    }
  };
  const number = (what: string, promql: string) => ask(what, () => source.gateway.query(promql));
  const [lines, failed, dropped, behind] = await Promise.all([
    Promise.all(COURSE_LINES.map((line) => ask(line, () => source.gateway.queryRange(courseOf(access, line, rateSeconds), window)))),
    number('samples failed', promqlOf(access, FAILED, whole)),
    number('samples dropped', promqlOf(access, `${DROPPED} or ${NONE_DROPPED}`, whole)),
    number('longest lag', `max_over_time((${courseOf(access, 'lag', rateSeconds)})[${whole}s:${Math.max(SHORTEST_STEP_SECONDS, Math.ceil(window.stepSeconds / LOOKS_PER_STEP))}s])`),
  ]);
  const all: Array<Asked<unknown>> = [...lines, failed, dropped, behind];
  if (all.every(({ answer }) => answer === undefined)) throw all[0]!.error;
  return {
    kind: 'read',
    source: source.name,
    from: new Date(window.start * 1_000).toISOString(),
    to: new Date(window.end * 1_000).toISOString(),
    stepSeconds: window.stepSeconds,
    rateSeconds,
    courses: Object.fromEntries(COURSE_LINES.map((line, index) => [line, valuesOf(lines[index]?.answer?.series[0], window)])) as PipelineMetrics['courses'],
    samplesFailed: numberOf(failed),
    samplesDropped: numberOf(dropped),
    mostBehindSeconds: numberOf(behind),
    problems: all.flatMap(({ problem }) => problem ?? []).slice(0, MOST_PROBLEMS).map((problem) => cut(problem, LONGEST_PROBLEM)),
  };
}

interface Asked<Answer> {
  answer?: Answer;
  error?: unknown;
  problem?: string;
}

function windowOf({ config, clock }: ClusterAccess, since: string): Range {
  const end = Math.floor(clock.now().getTime() / 1_000);
  const lead = Math.max(SHORTEST_LEAD_SECONDS, Math.round(LEAD_SECONDS * config.timeFactor));
  const start = Math.max(end - LONGEST_SECONDS, Math.min(Math.floor(Date.parse(since) / 1_000), end) - lead);
  return { start, end, stepSeconds: Math.max(SHORTEST_STEP_SECONDS, Math.ceil((end - start) / (MOST_POINTS - 1))) };
}

function courseOf(access: ClusterAccess, line: CourseLine, rateSeconds: number): string {
  const promql = lineOf(access, line, rateSeconds);
  if (line === 'lag') return `${promql} < ${NO_LAG}`;
  return line === 'receiversReady' ? `${promql} or ${promqlOf(access, NONE_READY, rateSeconds)}` : promql;
}

/** A value for each step, so that gaps stay gaps. */
function valuesOf(series: Series | undefined, { start, end, stepSeconds }: Range): Array<number | null> {
  const values = Array.from({ length: Math.floor((end - start) / stepSeconds) + 1 }, (): number | null => null);
  for (const [at, value] of series?.points ?? []) {
    const step = Math.round((at - start) / stepSeconds);
    if (step >= 0 && step < values.length) values[step] = rounded(value);
  }
  return values.every((value) => value === null) ? [] : values;
}

/** Of a part of the agents, a sum or a maximum is no answer. */
function numberOf({ answer, problem }: Asked<{ samples: Sample[] }>): number | null {
  const value = answer?.samples[0]?.value;
  return value === undefined || problem !== undefined ? null : rounded(value);
}

function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : null;
}
