import { maintenanceAt, type Maintenance } from '../../../activities/configuration/maintenance';

const SEOUL = 'Asia/Seoul';
const upgrades: Maintenance = { reason: 'upgrades', windows: [{ days: ['sun'], from: '23:00', to: '01:00', timeZone: SEOUL }], periods: [] };
const move: Maintenance = { reason: 'move', windows: [], periods: [{ from: '2026-11-23T00:30', until: '2026-11-23T06:00', timeZone: SEOUL }] };
const at = (time: string, planned: Maintenance[] = [upgrades, move]) => maintenanceAt(planned, new Date(time));

test.each([
  ['before it begins', '2026-11-22T22:59:59+09:00', undefined],
  ['windows that meet count as one silence; the reason is the one that counts now', '2026-11-22T23:10:20+09:00', { until: '2026-11-22T21:00:00.000Z', reason: 'upgrades' }],
  ['within the second alone', '2026-11-23T03:00:00+09:00', { until: '2026-11-22T21:00:00.000Z', reason: 'move' }],
  ['when it is over', '2026-11-23T06:00:00+09:00', undefined],
])('%s', (_, time, expected) => expect(at(time)).toEqual(expected));

test('one that lasts for weeks is looked at again after a day', () => {
  const long: Maintenance = { reason: 'rebuild', windows: [], periods: [{ from: '2026-11-01', until: '2026-12-31', timeZone: 'UTC' }] };
  expect(at('2026-11-22T00:00:00Z', [long])).toEqual({ until: '2026-11-23T00:00:00.000Z', reason: 'rebuild' });
});
