import { firstFolderFor, monthAt, monthPeriod, monthsBetween } from '../../../activities/records/months';
import { failureTypeOf } from '../../../workflows/contracts';

test.each([
  ['2026-11', 'UTC', '2026-11-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z'],
  ['2026-11', 'Asia/Seoul', '2026-10-31T15:00:00.000Z', '2026-11-30T15:00:00.000Z'],
  ['2026-12', 'Asia/Seoul', '2026-11-30T15:00:00.000Z', '2026-12-31T15:00:00.000Z'],
  // A leap year, and one that is none although it divides by four.
  ['2028-02', 'Asia/Seoul', '2028-01-31T15:00:00.000Z', '2028-02-29T15:00:00.000Z'],
  ['2100-02', 'UTC', '2100-02-01T00:00:00.000Z', '2100-03-01T00:00:00.000Z'],
  // Clocks are put back and forward in the month.
  ['2026-10', 'Europe/Berlin', '2026-09-30T22:00:00.000Z', '2026-10-31T23:00:00.000Z'],
  ['2026-03', 'America/New_York', '2026-03-01T05:00:00.000Z', '2026-04-01T04:00:00.000Z'],
])('%s in %s', (month, timeZone, from, to) => expect(monthPeriod(month, timeZone)).toEqual({ label: month, timeZone, from, to }));

test.each(['2026-13', '2026-1', 'november', '2026-11-01', ''])('%j is no month', (month) => {
  expect(() => monthPeriod(month, 'UTC')).toThrow(`${JSON.stringify(month)} is no month; one looks like 2026-11.`);
});

test('a zone that there is not is said', () => {
  const error = ((): unknown => {
    try {
      return monthPeriod('2026-11', 'Asia/Soul');
    } catch (caught) {
      return caught;
    }
  })();
  expect(failureTypeOf(error)).toBe('InvalidInput');
  expect((error as Error).message).toBe('"Asia/Soul" is no time zone; one looks like Asia/Seoul.');
});

test('the month that it is depends on where one is', () => {
  const turn = new Date('2026-10-31T15:00:00.000Z');
  expect(monthAt(turn, 'Asia/Seoul')).toBe('2026-11');
  expect(monthAt(turn, 'UTC')).toBe('2026-10');
  expect(monthAt(turn, 'Asia/Seoul', -1)).toBe('2026-10');
  expect(monthAt(new Date('2026-03-31T12:00:00.000Z'), 'UTC', -1)).toBe('2026-02');
  expect(monthsBetween('2026-11', '2027-02')).toEqual(['2026-11', '2026-12', '2027-01', '2027-02']);
});

test('records of the month and of the 30 days before it are looked at', () => {
  expect(firstFolderFor(monthPeriod('2026-11', 'Asia/Seoul'))).toBe('2026-09');
  expect(firstFolderFor(monthPeriod('2026-03', 'UTC'))).toBe('2026-01');
});
