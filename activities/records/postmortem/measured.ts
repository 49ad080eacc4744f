import type { CourseLine, IncidentRecord, IncidentStatus, Measurement, PipelineMetrics } from '../../../workflows/contracts';
import { PHASE_TEXT } from '../../../workflows/domain/timeline';
import { chartSvg, type Chart } from './chart';
import { speaker, type Speaker } from './language';
import { escape, oneLine } from './markdown';

interface Measure {
  id: string;
  en: string;
  ko: string;
  unit: string;
  factor: number;
  max?: number;
}

/** Drawn in this order; what Nightshift saw itself (`field`) where the metrics tell no course (`line`). */
const MEASURES: ReadonlyArray<Measure & { line?: CourseLine; field?: Measurement['field'] }> = [
  { line: 'delivered', field: 'deliveredRatio', id: 'delivered', en: 'Delivered by the agent', ko: '에이전트 전송 성공률', unit: ' %', factor: 100, max: 100 },
  { line: 'lag', field: 'lagSeconds', id: 'lag', en: 'Agent behind, in seconds', ko: '에이전트 지연(초)', unit: ' s', factor: 1 },
  { line: 'receiversReady', id: 'receivers', en: 'Receivers ready', ko: '준비된 리시버', unit: '', factor: 1 },
  { line: 'serverErrors', id: 'server-errors', en: 'Writes that receivers answered with an error of their own', ko: '리시버가 서버 오류로 응답한 쓰기', unit: ' %', factor: 100 },
  { field: 'ready', id: 'ready', en: 'Pods ready', ko: '준비된 파드', unit: '', factor: 1 },
];

/** The course of what matters, with the phases marked: by the pipeline's metrics where they could be read, and else by Nightshift's own looks. */
export function measured(record: IncidentRecord, words: Speaker): string {
  const charts = chartsOf(record);
  const told = [...aboutMetrics(record, words), ...(charts.some(({ kind }) => kind === 'looks') ? [aboutLooks(words)] : [])];
  if (charts.length === 0) told.push(words.say('Too little was measured to draw a course: unknown.', '추이를 그릴 만큼 측정된 값이 없습니다: 알 수 없음.'));
  return [...told, ...charts.map((chart) => `![${escape(`${chart.title}: ${chart.description}`)}](${chartFile(chart)})`)].join('\n\n');
}

function aboutLooks({ say }: Speaker): string {
  return say('Points are what Nightshift measured when it looked; what was between them is not known. Times in UTC.', '점은 Nightshift가 확인한 시점의 측정값이며, 그 사이의 값은 알 수 없습니다. 시각은 UTC입니다.');
}

/** Where lines come from, and what could not be read. */
function aboutMetrics({ metrics }: IncidentRecord, { say, moment, duration }: Speaker): string[] {
  if (!metrics) return [];
  if (metrics.kind === 'unread') return [say(`The pipeline’s metrics could not be read: ${escape(metrics.reason)}`, `파이프라인 메트릭을 읽지 못했습니다: ${escape(metrics.reason)}`)];
  const { source, from, to, stepSeconds, rateSeconds, problems } = metrics;
  const [who, step, rate] = [escape(source), duration(stepSeconds * 1_000), duration(rateSeconds * 1_000)];
  return [
    say(
      `Lines are what ${who} has of ${moment(from)} to ${moment(to)}: a value every ${step}, ratios over ${rate}. Where a line is broken, or there is none, there is nothing to draw.`,
      `선은 ${who}에 저장된 ${moment(from)}부터 ${moment(to)}까지의 값으로, 간격은 ${step}이며 비율은 ${rate} 동안의 값입니다. 선이 끊기거나 없는 곳은 값이 없습니다.`,
    ),
    ...(problems.length > 0 ? [say(`Not all of it could be read: ${escape(problems.join('; '))}`, `일부는 읽지 못했습니다: ${escape(problems.join('; '))}`)] : []),
  ];
}

/** SVG by the file name under which the Markdown shows it. */
export function drawnCharts(record: IncidentRecord): Map<string, string> {
  return new Map(chartsOf(record).map((chart) => [chartFile(chart), chartSvg(chart)]));
}

function chartFile({ id }: Chart): string {
  return `charts/${id}.svg`;
}

function chartsOf(record: IncidentRecord): Chart[] {
  const { incident, locale } = record;
  const words = speaker(locale);
  const common = { phases: phasesOf(incident, locale), changes: [...new Set(incident.mutations.map(({ at }) => at))].slice(0, 1), changeName: words.say('change', '변경') };
  const drawn = MEASURES.flatMap(({ line, field, ...measure }): Chart[] => {
    const { id, unit, max } = measure;
    const found = courseOf(record.metrics, line, measure, words) ?? looksOf(incident, field, measure, words);
    return found ? [{ id, title: oneLine(measure[locale]), unit, ...(max !== undefined && { max }), ...found, ...common }] : [];
  });
  // Of an incident of receivers the pods are the receivers, whose course says more.
  return drawn.filter(({ id }) => id !== 'ready' || incident.failureDomain !== 'receive' || !drawn.some((chart) => chart.id === 'receivers'));
}

type Drawn = Pick<Chart, 'kind' | 'points' | 'description'>;

/** A single value is no course. */
const FEWEST = 2;

function courseOf(metrics: IncidentRecord['metrics'], line: CourseLine | undefined, measure: Measure, words: Speaker): Drawn | undefined {
  if (metrics?.kind !== 'read' || !line) return undefined;
  const points = metrics.courses[line].map((value, index) => ({ at: stepAt(metrics, index), value: value === null ? null : exact(value, measure) }));
  const values = points.flatMap(({ at, value }) => (value === null ? [] : [{ at, value }]));
  if (values.length < FEWEST) return undefined;
  return { kind: 'course', points, description: inWords(values, measure, words) };
}

function stepAt({ from, stepSeconds }: PipelineMetrics, index: number): string {
  return new Date(Date.parse(from) + index * stepSeconds * 1_000).toISOString();
}

/** Nobody listens to ninety numbers: the ends and the extremes. */
function inWords(values: ReadonlyArray<{ at: string; value: number }>, { unit }: Measure, { say, time }: Speaker): string {
  const tell = ({ at, value }: { at: string; value: number }) => `${value}${unit} (${time(at)})`;
  const [first, last] = [values[0]!, values.at(-1)!];
  const lowest = values.reduce((least, each) => (each.value < least.value ? each : least));
  const highest = values.reduce((most, each) => (each.value > most.value ? each : most));
  return say(
    `first ${tell(first)}, lowest ${tell(lowest)}, highest ${tell(highest)}, last ${tell(last)}`,
    `처음 ${tell(first)}, 최저 ${tell(lowest)}, 최고 ${tell(highest)}, 마지막 ${tell(last)}`,
  );
}

function looksOf({ measured: looks = [] }: IncidentStatus, field: Measurement['field'] | undefined, measure: Measure, { time }: Speaker): Drawn | undefined {
  const points = looks.filter((each) => each.field === field).map(({ at, value }) => ({ at, value: Math.round(value * measure.factor * 10) / 10 }));
  if (points.length < FEWEST) return undefined;
  return { kind: 'looks', points, description: points.map(({ at, value }) => `${time(at)} ${value}${measure.unit}`).join(', ') };
}

/** As many digits as were read. Where every sample is tried again more than once, less than nothing is delivered. */
function exact(value: number, { factor }: Measure): number {
  return Math.max(0, Number((value * factor).toPrecision(4)));
}

/** Phases that lasted long enough to be seen, each until the next one began. */
function phasesOf({ timeline, closedAt, openedAt }: IncidentStatus, locale: IncidentRecord['locale']): Chart['phases'] {
  const entered = timeline.filter(({ event }) => event === 'phaseEntered');
  const until = closedAt ?? timeline.at(-1)?.at ?? openedAt;
  const whole = Math.max(1, Date.parse(until) - Date.parse(openedAt));
  return entered
    .map(({ at, phase }, index) => ({ from: at, to: entered[index + 1]?.at ?? until, name: SHORT[phase]?.[locale] ?? PHASE_TEXT[phase][locale] }))
    .filter(({ from, to }) => (Date.parse(to) - Date.parse(from)) / whole > LEAST_SHARE);
}

/** Narrower bands cannot be labelled. */
const LEAST_SHARE = 0.03;

const SHORT: Partial<Record<string, { en: string; ko: string }>> = {
  plan: { en: 'Plan', ko: '계획' },
  approve: { en: 'Approval', ko: '승인 대기' },
  waiting: { en: 'With a person', ko: '담당자 처리' },
};
