import { DateTime, IANAZone } from 'luxon';
import { failure, type Period } from '../../workflows/contracts';

/** The month on the wall clock of a time zone, by its instants. @throws InvalidInput for what is no month or no zone */
export function monthPeriod(month: string, timeZone: string): Period {
  const from = DateTime.fromFormat(month, 'yyyy-MM', { zone: zoneNamed(timeZone) });
  if (!from.isValid) throw failure('InvalidInput', `${JSON.stringify(month)} is no month; one looks like 2026-11.`);
  return { label: month, timeZone, from: instant(from), to: instant(from.plus({ months: 1 })) };
}

/** The month that it is at an instant, and months before or after it: `2026-11`. */
export function monthAt(at: Date, timeZone: string, offset = 0): string {
  return DateTime.fromJSDate(at, { zone: zoneNamed(timeZone) }).startOf('month').plus({ months: offset }).toFormat('yyyy-MM');
}

/** Months from one to another, both in it. */
export function monthsBetween(first: string, last: string): string[] {
  const months: string[] = [];
  for (let month = DateTime.fromFormat(first, 'yyyy-MM', { zone: 'utc' }); month.isValid && month.toFormat('yyyy-MM') <= last; month = month.plus({ months: 1 })) months.push(month.toFormat('yyyy-MM'));
  return months;
}

/**
 * The earliest folder (a month in UTC) with records that matter for a period: its incidents and those of the 30 days
 * before, and a day for time zones. An incident is never opened before it began.
 */
export function firstFolderFor({ from }: Period): string {
  return DateTime.fromISO(from, { zone: 'utc' }).minus({ days: 31 }).toFormat('yyyy-MM');
}

function zoneNamed(timeZone: string): IANAZone {
  if (!IANAZone.isValidZone(timeZone)) throw failure('InvalidInput', `${JSON.stringify(timeZone)} is no time zone; one looks like Asia/Seoul.`);
  return IANAZone.create(timeZone);
}

function instant(time: DateTime): string {
  return time.toUTC().toISO() ?? '';
}
