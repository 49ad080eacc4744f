import type { IncidentRecord, IncidentStatus, Measurement } from '../../../workflows/contracts';
import { PHASE_TEXT } from '../../../workflows/domain/timeline';
import { chartSvg, type Chart } from './chart';
import { speaker, type Speaker } from './language';
import { escape, oneLine } from './markdown';

/** Drawn in this order, where there are two points or more; a single one is no course. */
const MEASURES = {
  deliveredRatio: { id: 'delivered', en: 'Delivered by the agent', ko: '에이전트 전송 성공률', unit: ' %', factor: 100, max: 100 },
  lagSeconds: { id: 'lag', en: 'Agent behind, in seconds', ko: '에이전트 지연(초)', unit: ' s', factor: 1, max: undefined },
  ready: { id: 'ready', en: 'Pods ready', ko: '준비된 파드', unit: '', factor: 1, max: undefined },
} as const satisfies Record<Measurement['field'], unknown>;

/** What Nightshift itself measured, when it looked: charts with the phases marked. What was between two looks is not known. */
export function measured(record: IncidentRecord, { say }: Speaker): string {
  const charts = chartsOf(record);
  if (charts.length === 0) return say('Too little was measured to draw a course: unknown.', '추이를 그릴 만큼 측정된 값이 없습니다: 알 수 없음.');
  const intro = say('Points are what Nightshift measured when it looked; what was between them is not known. Times in UTC.', '점은 Nightshift가 확인한 시점의 측정값이며, 그 사이의 값은 알 수 없습니다. 시각은 UTC입니다.');
  return [intro, ...charts.map((chart) => `![${escape(`${chart.title}: ${chart.description}`)}](${chartFile(chart)})`)].join('\n\n');
}

/** SVG by the file name under which the Markdown shows it. */
export function drawnCharts(record: IncidentRecord): Map<string, string> {
  return new Map(chartsOf(record).map((chart) => [chartFile(chart), chartSvg(chart)]));
}

function chartFile({ id }: Chart): string {
  return `charts/${id}.svg`;
}

function chartsOf({ incident, locale }: IncidentRecord): Chart[] {
  const words = speaker(locale);
  return (Object.keys(MEASURES) as Array<Measurement['field']>).flatMap((field): Chart[] => {
    const { id, unit, factor, max, ...title } = MEASURES[field];
    const points = (incident.measured ?? []).filter((each) => each.field === field).map(({ at, value }) => ({ at, value: Math.round(value * factor * 10) / 10 }));
    if (points.length < 2) return [];
    const description = points.map(({ at, value }) => `${words.time(at)} ${value}${unit}`).join(', ');
    const changes = [...new Set(incident.mutations.map(({ at }) => at))].slice(0, 1);
    return [{ id, title: oneLine(title[locale]), description, points, unit, ...(max !== undefined && { max }), phases: phasesOf(incident, locale), changes, changeName: words.say('change', '변경') }];
  });
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
