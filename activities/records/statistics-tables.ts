import type { ClassFigures, Figures, Locale, Spread, Statistics } from '../../workflows/contracts';
import { speaker, type Speaker } from './postmortem/language';

export interface FigureTable {
  title: string;
  head: string[];
  rows: string[][];
}

/** A month for people: the handbook's table, and what stands behind it. Plain text; whoever shows it escapes it. */
export interface StatisticsText {
  title: string;
  /** What was not counted, and why; empty where everything was. */
  remarks: string[];
  tables: FigureTable[];
}

/** Causes beside a problem: those that a reader can take in. */
const CAUSES_SHOWN = 3;

export function statisticsText(statistics: Statistics, locale: Locale): StatisticsText {
  const words = speaker(locale);
  const { say } = words;
  const { period, total, classes } = statistics;
  const title = say(`Incidents in ${period.label} (${period.timeZone}): ${total.count}`, `${period.label} 장애 통계 (${period.timeZone}): 총 ${total.count}건`);
  if (total.count === 0) return { title, remarks: remarksOf(statistics, words), tables: [] };
  return { title, remarks: remarksOf(statistics, words), tables: [handbookTable(classes, words), timesTable(classes, total, words), coursesTable(classes, total, words), ...remediesTable(total, words)] };
}

/** As the handbook has it: rank, problem, count. */
function handbookTable(classes: readonly ClassFigures[], { say, locale }: Speaker): FigureTable {
  return {
    title: say('Problems', '문제별 건수'),
    head: [say('Rank', '순위'), say('Problem', '문제'), say('Count', '건수'), say('Causes', '원인')],
    rows: classes.map(({ rank, problem, count, causes }) => [String(rank), problem[locale], String(count), causesOf(causes, locale)]),
  };
}

function causesOf(causes: ClassFigures['causes'], locale: Locale): string {
  const shown = causes.slice(0, CAUSES_SHOWN).map(({ title, count }) => `${title[locale]} (${count})`);
  const left = causes.length - shown.length;
  return [...shown, ...(left > 0 ? [`+${left}`] : [])].join(', ');
}

function timesTable(classes: readonly ClassFigures[], total: Figures, words: Speaker): FigureTable {
  const { say } = words;
  const row = (name: string, figures: Figures) => [
    name,
    ...[figures.toDetect, figures.toAcknowledge, figures.toRootCause, figures.toRecover].map((spread) => spreadText(spread, words)),
    say(`${figures.missed.rootCause} / ${figures.missed.recovery}`, `${figures.missed.rootCause} / ${figures.missed.recovery}`),
  ];
  return {
    title: say('Times: median (nine of ten within)', '소요 시간: 중앙값 (90 %가 이내)'),
    head: [say('Problem', '문제'), say('Detected (MTTD)', '감지 (MTTD)'), say('Somebody there (MTTA)', '담당자 응답 (MTTA)'), say('Root cause', '근본 원인'), say('Recovered (MTTR)', '복구 (MTTR)'), say('Targets missed: cause / recovery', '목표 초과: 원인 / 복구')],
    rows: [...classes.map((figures) => row(figures.problem[words.locale], figures)), row(say('All', '전체'), total)],
  };
}

function spreadText({ median, p90 }: Spread, { duration, say }: Speaker): string {
  return median === undefined || p90 === undefined ? say('never', '해당 없음') : `${duration(median)} (${duration(p90)})`;
}

function coursesTable(classes: readonly ClassFigures[], total: Figures, { say, locale }: Speaker): FigureTable {
  const row = (name: string, { courses, recurrences, fixes }: Figures) => [
    name,
    ...(['self-healed', 'automatic', 'approved', 'by-hand'] as const).map((course) => `${courses[course].count} (${Math.round(courses[course].share * 100)} %)`),
    String(recurrences),
    `${fixes.open} / ${fixes.merged} / ${fixes.declined}`,
  ];
  return {
    title: say('How it came back, and whether it comes again', '복구 방식과 재발'),
    head: [say('Problem', '문제'), say('By itself', '자연 복구'), say('Automatic', '자동 복구'), say('Approved', '승인 후 복구'), say('By hand', '담당자 조치'), say('Recurrences', '재발'), say('Fixes: open / merged / declined', '영구 해결: 진행 / 반영 / 거절')],
    rows: [...classes.map((figures) => row(figures.problem[locale], figures)), row(say('All', '전체'), total)],
  };
}

function remediesTable({ remedies }: Figures, { say }: Speaker): FigureTable[] {
  if (remedies.length === 0) return [];
  return [{ title: say('Remedies', '조치별 효과'), head: [say('Remedy', '조치'), say('Tried', '시도'), say('Helped', '효과 있음')], rows: remedies.map(({ remedy, tried, helped }) => [remedy, String(tried), `${helped} (${Math.round((helped / tried) * 100)} %)`]) }];
}

function remarksOf({ leftOut }: Statistics, { say }: Speaker): string[] {
  return [
    ...(leftOut.merged > 0 ? [say(`${leftOut.merged} more were merged into a leading incident and count there.`, `선행 장애에 병합된 ${leftOut.merged}건은 선행 장애로 집계했습니다.`)] : []),
    ...(leftOut.practice > 0 ? [say(`${leftOut.practice} more were practised and are not counted.`, `연습 ${leftOut.practice}건은 집계에서 제외했습니다.`)] : []),
  ];
}
