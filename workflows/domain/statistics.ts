/** A month in numbers. Pure, and over records only: what Temporal still remembers plays no part. */
import { COURSES, FIX_ENDS, type ClassFigures, type Course, type Figures, type FixEnd, type Period, type RecordSummary, type Share, type Spread, type Statistics } from '../contracts/statistics';
import type { Text } from '../contracts/text';
import type { IncidentClass } from '../contracts/vocabulary';

/** The same root cause in the same cluster within this time is the same problem, not a new one. */
export const RECURS_WITHIN_MS = 30 * 24 * 3_600_000;

/** The handbook's names of the problems. */
export const PROBLEM: Record<IncidentClass, Text> = {
  'remote-write-failure': { en: 'Remote write fails', ko: 'Remote Write 실패' },
  'metrics-missing': { en: 'Metrics missing', ko: '메트릭 누락' },
  'disk-full': { en: 'Disk full', ko: '디스크 용량 부족' },
  'high-memory': { en: 'High memory use', ko: '메모리 사용량 과다' },
  'slow-query': { en: 'Slow queries', ko: '쿼리 지연' },
  'grafana-unreachable': { en: 'Grafana unreachable', ko: 'Grafana 접속 불가' },
  'hashring-misconfigured': { en: 'Hashring misconfigured', ko: 'Hashring 설정 오류' },
  'tsdb-corruption': { en: 'TSDB corrupt', ko: 'TSDB 손상' },
  'alerting-pipeline-down': { en: 'Alerting pipeline down', ko: '알림 파이프라인 중단' },
  unknown: { en: 'Not classified', ko: '분류되지 않음' },
};

const NO_CAUSE: Text = { en: 'no cause was certain', ko: '원인 미확정' };

export interface StatisticsOptions {
  /** Count what was practised, too. */
  practice?: boolean;
}

/**
 * The figures of one period. An incident belongs to the period in which it began, however long it lasted.
 * @param summaries of the period and of the 30 days before it, in any order; others do no harm
 */
export function statisticsOf(summaries: readonly RecordSummary[], period: Period, { practice = false }: StatisticsOptions = {}): Statistics {
  const began = summaries.filter(({ beganAt }) => isWithin(beganAt, period));
  const real = began.filter((summary) => practice || !summary.practice);
  const counted = real.filter(({ outcome }) => outcome !== 'merged');
  const withDaysBefore = { from: new Date(Date.parse(period.from) - RECURS_WITHIN_MS).toISOString(), to: period.to };
  // Of many years of records those of a month and of the 30 days before it matter.
  const near = summaries.filter(({ beganAt }) => isWithin(beganAt, withDaysBefore));
  const again = recurrencesAmong(near.filter((summary) => practice || !summary.practice));
  return {
    schema: 'nightshift/statistics/v1',
    period,
    total: figuresOf(counted, again),
    classes: classesOf(counted, again),
    leftOut: { merged: real.length - counted.length, practice: began.length - real.length },
  };
}

function isWithin(at: string, { from, to }: Pick<Period, 'from' | 'to'>): boolean {
  const time = Date.parse(at);
  return time >= Date.parse(from) && time < Date.parse(to);
}

/** Public IDs of those incidents whose root cause their cluster had had shortly before. */
function recurrencesAmong(summaries: readonly RecordSummary[]): ReadonlySet<string> {
  const last = new Map<string, number>();
  const again = new Set<string>();
  const known = summaries.filter(({ outcome, rootCause }) => rootCause !== undefined && outcome !== 'merged').map((summary) => ({ summary, began: Date.parse(summary.beganAt) }));
  for (const { summary, began } of known.sort((a, b) => a.began - b.began || (a.summary.publicId < b.summary.publicId ? -1 : 1))) {
    const cause = `${summary.cluster} ${summary.rootCause?.id ?? ''}`;
    const before = last.get(cause);
    if (before !== undefined && began - before <= RECURS_WITHIN_MS) again.add(summary.publicId);
    last.set(cause, began);
  }
  return again;
}

/** Most frequent first; of equally frequent ones, in the order of the handbook. */
function classesOf(counted: readonly RecordSummary[], again: ReadonlySet<string>): ClassFigures[] {
  const order = Object.keys(PROBLEM);
  const groups = [...groupBy(counted, ({ incidentClass }) => incidentClass)].sort(([a, ours], [b, theirs]) => theirs.length - ours.length || order.indexOf(a) - order.indexOf(b));
  return groups.map(([incidentClass, members], index) => ({ rank: index + 1, incidentClass, problem: PROBLEM[incidentClass], causes: causesOf(members), ...figuresOf(members, again) }));
}

function causesOf(members: readonly RecordSummary[]): ClassFigures['causes'] {
  const groups = [...groupBy(members, ({ rootCause }) => rootCause?.id ?? 'unknown')];
  return groups
    .map(([id, of]) => ({ id, title: of[0]?.rootCause?.title ?? NO_CAUSE, count: of.length }))
    .sort((a, b) => b.count - a.count || (a.id < b.id ? -1 : 1));
}

function figuresOf(members: readonly RecordSummary[], again: ReadonlySet<string>): Figures {
  const fixes = members.flatMap((summary) => summary.fixes);
  return {
    count: members.length,
    courses: Object.fromEntries(COURSES.map((course) => [course, shareOf(members, course)])) as Record<Course, Share>,
    toDetect: spreadOf(members.map(({ toDetect }) => toDetect)),
    toAcknowledge: spreadOf(members.map(({ toAcknowledge }) => toAcknowledge)),
    toRootCause: spreadOf(members.map(({ toRootCause }) => toRootCause)),
    toRecover: spreadOf(members.map(({ toRecover }) => toRecover)),
    missed: { rootCause: members.filter(({ missed }) => missed.includes('rootCause')).length, recovery: members.filter(({ missed }) => missed.includes('recovery')).length },
    recurrences: members.filter(({ publicId }) => again.has(publicId)).length,
    fixes: Object.fromEntries(FIX_ENDS.map((wanted) => [wanted, fixes.filter(({ end }) => end === wanted).length])) as Record<FixEnd, number>,
    remedies: remediesOf(members),
  };
}

function shareOf(members: readonly RecordSummary[], course: Course): Share {
  const count = members.filter((summary) => summary.course === course).length;
  return { count, share: members.length === 0 ? 0 : count / members.length };
}

function remediesOf(members: readonly RecordSummary[]): Figures['remedies'] {
  const groups = [...groupBy(members.flatMap(({ remedies }) => remedies), ({ remedy }) => remedy)];
  return groups.map(([remedy, trials]) => ({ remedy, tried: trials.length, helped: trials.filter(({ helped }) => helped).length })).sort((a, b) => b.tried - a.tried || (a.remedy < b.remedy ? -1 : 1));
}

/** The median of an even number is the mean of the middle two; p90 is the smallest value that nine of ten do not exceed. */
export function spreadOf(values: ReadonlyArray<number | undefined>): Spread {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const count = sorted.length;
  if (count === 0) return { count };
  const at = (index: number) => sorted[index] ?? 0;
  return {
    count,
    mean: sorted.reduce((sum, value) => sum + value, 0) / count,
    median: (at(Math.floor((count - 1) / 2)) + at(Math.ceil((count - 1) / 2))) / 2,
    p90: at(Math.ceil(count * 0.9) - 1),
  };
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
