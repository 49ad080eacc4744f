import type { Statistics } from '../../workflows/contracts';
import { statisticsOf, type StatisticsOptions } from '../../workflows/domain/statistics';
import { firstFolderFor, monthPeriod } from './months';
import { readSummaries, type Summaries } from './record-index';
import type { RecordStore } from './store';

export interface MonthlyStatistics extends Pick<Summaries, 'unreadable' | 'indexProblem'> {
  months: Statistics[];
}

/** The figures of some months, oldest first. @throws InvalidInput for what is no month */
export async function readStatistics(store: RecordStore, months: readonly string[], timeZone: string, options: StatisticsOptions = {}): Promise<MonthlyStatistics> {
  const periods = months.map((month) => monthPeriod(month, timeZone));
  const since = periods.map(firstFolderFor).sort()[0];
  const { summaries, unreadable, indexProblem } = await readSummaries(store, since);
  return { months: periods.map((period) => statisticsOf(summaries, period, options)), unreadable, ...(indexProblem !== undefined && { indexProblem }) };
}
