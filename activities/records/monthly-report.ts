import type { Locale } from '../../workflows/contracts';
import { speaker } from './postmortem/language';
import { escape, table } from './postmortem/markdown';
import type { MonthlyStatistics } from './read-statistics';
import { statisticsText } from './statistics-tables';

/** The month as Markdown, with the handbook's table first. Pure: the same records make the same report. */
export function renderMonthlyReport({ months, unreadable }: Pick<MonthlyStatistics, 'months' | 'unreadable'>, locale: Locale): string {
  const { say } = speaker(locale);
  const parts = months.flatMap((statistics) => {
    const { title, remarks, tables } = statisticsText(statistics, locale);
    return [`# ${escape(title)}`, ...remarks.map(escape), ...tables.flatMap(({ title: heading, head, rows }) => [`## ${escape(heading)}`, table(head, rows.map((row) => row.map(escape)))])];
  });
  if (unreadable.length > 0) parts.push(say(`Not counted, because their records cannot be read: ${unreadable.map(({ publicId }) => publicId).join(', ')}.`, `기록을 읽을 수 없어 집계하지 못한 장애: ${unreadable.map(({ publicId }) => publicId).join(', ')}.`));
  return `${parts.join('\n\n')}\n`;
}
