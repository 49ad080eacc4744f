import type { Alert, TrackedAlert } from '../../../workflows/contracts';
import { gravestSeverity, mergeAlerts } from '../../../workflows/domain/alerts';

const firing: Alert = { fingerprint: 'a', status: 'firing', labels: { severity: 'warning' }, annotations: {}, startsAt: '2026-01-01T00:00:00Z' };
const ended: Alert = { ...firing, status: 'resolved', endsAt: '2026-01-01T01:00:00Z' };
const AT = '2026-01-01T00:01:00.000Z';
const merge = (...steps: Alert[][]) => steps.reduce<TrackedAlert[]>((known, incoming) => mergeAlerts(known, incoming, AT).alerts, []);

test('a repeat and an HA duplicate change nothing, however the time is written', () => {
  expect(merge([firing], [firing, { ...firing, startsAt: '2026-01-01T00:00:00.000Z' }])).toHaveLength(1);
});

test('resolved ends the alert; a late firing duplicate does not wake it', () => {
  expect(merge([firing], [ended], [firing])).toMatchObject([{ status: 'resolved', endsAt: ended.endsAt }]);
});

test('a new start of the same fingerprint is a new alert and ends the earlier one', () => {
  const again = { ...firing, startsAt: '2026-01-01T02:00:00Z' };
  expect(merge([firing], [again]).map(({ startsAt, status }) => [startsAt, status])).toEqual([[firing.startsAt, 'resolved'], [again.startsAt, 'firing']]);
});

test('a resolved alert that was never seen is kept as resolved', () => {
  expect(merge([ended])).toMatchObject([{ status: 'resolved' }]);
});

test.each([[['warning', 'critical'], 'critical'], [['info'], 'info'], [['page-me-now', 'info'], 'page-me-now'], [[], 'warning']])('gravest of %j is %s', (severities, expected) => {
  expect(gravestSeverity(severities.map((severity) => ({ ...firing, labels: { severity } })))).toBe(expected);
});
