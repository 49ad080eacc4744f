import { failure, type Locale, type RecordKeepingActivities } from '../../workflows/contracts';
import { renderMonthlyReport } from './monthly-report';
import { monthAt } from './months';
import { readStatistics } from './read-statistics';
import { statisticsText } from './statistics-tables';
import { sweep, type SweepDependencies } from './sweep';

export interface RecordKeepingDependencies extends Omit<SweepDependencies, 'locale'> {
  locale: Locale;
  timeZone: string;
  publicUrl: string;
}

/** What is done with records by the clock: completing them, and the report of a month. */
export function createRecordKeepingActivities(dependencies: RecordKeepingDependencies): RecordKeepingActivities {
  const { store, locale, timeZone, publicUrl, now = Date.now } = dependencies;
  return {
    recordsSweep: () => sweep(dependencies),
    recordsReport: async ({ month = monthAt(new Date(now()), timeZone, -1) }) => {
      const read = await readStatistics(store, [month], timeZone);
      const [statistics] = read.months;
      if (!statistics) throw failure('InvalidInput', `There are no figures of ${month}.`);
      const text = { en: renderMonthlyReport(read, 'en'), ko: renderMonthlyReport(read, 'ko') };
      const name = `report-${month}.md`;
      await store.writeAside(name, text[locale]);
      return {
        month,
        timeZone,
        location: `${store.location.replace(/\/$/, '')}/${name}`,
        title: { en: statisticsText(statistics, 'en').title, ko: statisticsText(statistics, 'ko').title },
        text,
        url: `${publicUrl}/api/v1/statistics?month=${month}`,
      };
    },
  };
}
