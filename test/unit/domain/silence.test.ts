import { silenceAlert } from '../../../workflows/domain/silence';

const input = { cluster: 'cluster-03', expectedBy: '2026-11-22T03:00:00.000Z', tolerateMs: 300_000, lastHeartbeatAt: '2026-11-22T02:55:00.000Z' } as Parameters<typeof silenceAlert>[0];

test('silence is an alert like any other, and says that nobody has sent it', () => {
  expect(silenceAlert(input)).toEqual({
    fingerprint: 'heartbeat-missing-cluster-03',
    status: 'firing',
    labels: { alertname: 'HeartbeatMissing', cluster: 'cluster-03', severity: 'critical', raised_by: 'nightshift' },
    annotations: { summary: expect.stringContaining('No heartbeat from cluster-03 for more than 5'), description: expect.stringContaining('the last one came at 2026-11-22T02:55:00.000Z') },
    startsAt: input.expectedBy,
  });
  const { lastHeartbeatAt: _never, ...never } = input;
  expect(silenceAlert(never).annotations['description']).toContain('none has ever come');
});

test('whoever ends it ends the same alert', () => {
  const endedAt = '2026-11-22T03:10:00.000Z';
  expect(silenceAlert(input, endedAt)).toEqual({ ...silenceAlert(input), status: 'resolved', endsAt: endedAt });
});
