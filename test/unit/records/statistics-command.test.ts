import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DirectoryRecordStore } from '../../../activities/records/directory-store';
import { renderMonthlyReport } from '../../../activities/records/monthly-report';
import { readStatistics } from '../../../activities/records/read-statistics';
import { statisticsText } from '../../../activities/records/statistics-tables';
import type { IncidentClass, IncidentRecord } from '../../../workflows/contracts';
import { fixture } from './records-harness';

const root = mkdtempSync(path.join(os.tmpdir(), 'nightshift-statistics-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const store = new DirectoryRecordStore(root);

/** The record of an incident that began then, and recovered so many minutes later. */
async function incident(number: number, beganAt: string, minutes: number, incidentClass: IncidentClass = 'remote-write-failure'): Promise<void> {
  const record: IncidentRecord = fixture('recovered');
  const openedAt = new Date(Date.parse(beganAt) + 60_000).toISOString();
  const recoveredAt = new Date(Date.parse(beganAt) + minutes * 60_000).toISOString();
  const publicId = `${openedAt.slice(0, 10).replaceAll('-', '')}-${String(number).padStart(8, '0')}`;
  const clocks = { rootCause: { dueAt: openedAt }, recovery: { dueAt: new Date(Date.parse(openedAt) + 900_000).toISOString(), metAt: recoveredAt } };
  const changed = { ...record, incident: { ...record.incident, publicId, incidentClass, beganAt, openedAt, recoveredAt, closedAt: recoveredAt, clocks, decisions: [], notes: [], timeline: [] } };
  await store.write(publicId, { 'record.json': JSON.stringify(changed) });
}

beforeAll(async () => {
  // In Seoul the first is of November and the last is of December; in UTC it is the other way round.
  await incident(1, '2026-10-31T15:00:00.000Z', 10);
  await incident(2, '2026-11-30T14:59:59.999Z', 4);
  await incident(3, '2026-11-30T15:00:00.000Z', 6);
  // Began in November, recovered three days into December.
  await incident(4, '2026-11-30T12:00:00.000Z', 3 * 24 * 60, 'high-memory');
  // Leap day.
  await incident(5, '2028-02-29T14:59:00.000Z', 5);
  await incident(6, '2028-02-29T15:01:00.000Z', 5);
});

const figures = async (month: string, timeZone: string) => {
  const { months } = await readStatistics(store, [month], timeZone);
  const [{ total, classes } = { total: undefined, classes: [] }] = months;
  return { count: total?.count, classes: classes.map(({ incidentClass, count }) => `${incidentClass} ${count}`), median: (total?.toRecover.median ?? 0) / 60_000, p90: (total?.toRecover.p90 ?? 0) / 60_000, missed: total?.missed.recovery, recurrences: total?.recurrences };
};

test.each([
  ['2026-11', 'Asia/Seoul', { count: 3, classes: ['remote-write-failure 2', 'high-memory 1'], median: 10, p90: 4320, missed: 1, recurrences: 2 }],
  ['2026-12', 'Asia/Seoul', { count: 1, classes: ['remote-write-failure 1'], median: 6, p90: 6, missed: 0, recurrences: 1 }],
  ['2026-10', 'UTC', { count: 1, classes: ['remote-write-failure 1'], median: 10, p90: 10, missed: 0, recurrences: 0 }],
  ['2026-11', 'UTC', { count: 3, classes: ['remote-write-failure 2', 'high-memory 1'], median: 6, p90: 4320, missed: 1, recurrences: 3 }],
  ['2028-02', 'Asia/Seoul', { count: 1, classes: ['remote-write-failure 1'], median: 5, p90: 5, missed: 0, recurrences: 0 }],
  ['2028-02', 'UTC', { count: 2, classes: ['remote-write-failure 2'], median: 5, p90: 5, missed: 0, recurrences: 1 }],
  ['2028-03', 'Asia/Seoul', { count: 1, classes: ['remote-write-failure 1'], median: 5, p90: 5, missed: 0, recurrences: 1 }],
  ['2027-05', 'UTC', { count: 0, classes: [], median: 0, p90: 0, missed: 0, recurrences: 0 }],
])('%s in %s, in exact numbers', async (month, timeZone, expected) => expect(await figures(month, timeZone)).toEqual(expected));

test('the table of the handbook, in both languages', async () => {
  const { months } = await readStatistics(store, ['2026-11'], 'Asia/Seoul');
  const [english, korean] = (['en', 'ko'] as const).map((locale) => statisticsText(months[0]!, locale));
  const cause = fixture('recovered').incident.causes.find(({ id }) => id === 'receivers-own-files-broken')!.title;
  expect(english!.title).toBe('Incidents in 2026-11 (Asia/Seoul): 3');
  expect(english!.tables[0]).toEqual({ title: 'Problems', head: ['Rank', 'Problem', 'Count', 'Causes'], rows: [['1', 'Remote write fails', '2', `${cause.en} (2)`], ['2', 'High memory use', '1', `${cause.en} (1)`]] });
  expect(korean!.tables[0]).toEqual({ title: '문제별 건수', head: ['순위', '문제', '건수', '원인'], rows: [['1', 'Remote Write 실패', '2', `${cause.ko} (2)`], ['2', '메모리 사용량 과다', '1', `${cause.ko} (1)`]] });
  expect(english!.tables[1]!.rows.at(-1)).toEqual(['All', '1 min (1 min)', 'never', 'never', '10 min (3 d)', '0 / 1']);
  expect(korean!.tables[1]!.rows.at(-1)).toEqual(['전체', '1분 (1분)', '해당 없음', '해당 없음', '10분 (3일)', '0 / 1']);
});

test('the monthly report is the same each time, and says what could not be counted', async () => {
  const read = await readStatistics(store, ['2026-11'], 'Asia/Seoul');
  const report = renderMonthlyReport(read, 'ko');
  expect(renderMonthlyReport(await readStatistics(store, ['2026-11'], 'Asia/Seoul'), 'ko')).toBe(report);
  expect(report).toContain('| 1 | Remote Write 실패 | 2 |');
  expect(renderMonthlyReport({ ...read, unreadable: [{ publicId: '20261122-00000009', problem: 'x' }] }, 'en')).toContain('Not counted, because their records cannot be read: 20261122-00000009.');
});
