import { failure, type IncidentRecord, type PipelineMetrics, type PipelineMetricsRequest } from '../../workflows/contracts';
import * as messages from '../../workflows/contracts/messages';
import { recordDigest } from '../../workflows/domain/audit';
import { alert, IncidentHarness, resolved, type IncidentHandle, type Incidents } from '../support/incident-harness';
import type { IncidentWorld } from '../support/incident-world';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

const METRICS: PipelineMetrics = {
  kind: 'read', source: 'Prometheus', from: '2026-01-01T02:50:00.000Z', to: '2026-01-01T03:20:00.000Z', stepSeconds: 600, rateSeconds: 600,
  courses: { delivered: [1, 0.2, null, 1], lag: [2, 400, null, 3], receiversReady: [3, 1, 1, 3], serverErrors: [] },
  samplesFailed: 0, samplesDropped: 12, mostBehindSeconds: 412, problems: [],
};

async function untilClosed(incidents: Incidents): Promise<{ handle: IncidentHandle; record: IncidentRecord }> {
  const fired = alert();
  const handle = await incidents.open({ alerts: [fired] });
  await incidents.waitingForApproval(handle);
  await handle.executeUpdate(messages.cancelIncident, { args: [{ actor: 'kim', reason: 'by hand' }] });
  await incidents.alerts(handle, resolved(fired));
  await handle.result();
  return { handle, record: incidents.world.log.records.at(-1)! };
}

const watched = (world: IncidentWorld, metrics: IncidentWorld['metrics']) => {
  world.settings = { ...world.settings, metrics: true };
  world.metrics = metrics;
};

test('the course of the metrics is read once, before the record is written: it is in the sealed record, and not in what people ask for', () => {
  const asked: Array<PipelineMetricsRequest & { records: number }> = [];
  return harness.run(async (incidents) => {
    const { handle, record } = await untilClosed(incidents);
    expect(record.metrics).toEqual(METRICS);
    expect(asked).toEqual([{ cluster: 'test', since: record.incident.beganAt, records: 0 }]);
    expect(record.audit?.at(-1)).toMatchObject({ kind: 'sealed', body: { recordDigest: recordDigest(record) } });
    expect(recordDigest(record)).not.toBe(recordDigest({ ...record, metrics: { ...METRICS, samplesDropped: 0 } }));
    expect(JSON.stringify(await incidents.status(handle))).not.toContain('mostBehindSeconds');
  }, (world) => watched(world, (request) => {
    asked.push({ ...request, records: world.log.records.length });
    return Promise.resolve(METRICS);
  }));
});

test('metrics that cannot be read hold no close up: the record says why', () => {
  let asked = 0;
  return harness.run(async (incidents) => {
    const { record } = await untilClosed(incidents);
    expect(record.metrics).toEqual({ kind: 'unread', reason: 'Prometheus answered 500 to GET /api/v1/query_range; it is asked again' });
    expect(record.incident).toMatchObject({ outcome: 'cancelled', phase: 'closed' });
    expect(asked).toBe(2);
  }, (world) => watched(world, () => {
    asked += 1;
    return Promise.reject(failure('UpstreamUnavailable', 'Prometheus answered 500 to GET /api/v1/query_range; it is asked again'));
  }));
});

test('a close waits for metrics for fifteen seconds at most, whatever its worker does', () =>
  harness.run(async (incidents) => {
    const { record: { metrics, incident } } = await untilClosed(incidents);
    expect(metrics).toEqual({ kind: 'unread', reason: 'Prometheus asks for patience' });
    const ended = incident.timeline.findLast(({ event }) => event === 'phaseEntered')!;
    expect(Date.parse(incident.closedAt!) - Date.parse(ended.at)).toBeLessThan(16_000);
  }, (world) => watched(world, () => Promise.reject(failure('RateLimited', 'Prometheus asks for patience', { nextRetryMs: 60_000 })))));

test('where nobody takes the tasks of the probing worker’s queue, the record says so', () =>
  harness.run(async (incidents) => {
    const fired = alert();
    const handle = await incidents.open({ alerts: [fired] });
    await incidents.until(handle, ({ phase }) => phase === 'waiting');
    await incidents.alerts(handle, resolved(fired));
    await handle.result();
    const { metrics, incident } = incidents.world.log.records.at(-1)!;
    expect(metrics).toEqual({ kind: 'unread', reason: 'no worker takes the tasks of the queue nobody-serves-it' });
    const ended = incident.timeline.findLast(({ event }) => event === 'phaseEntered')!;
    expect(Date.parse(incident.closedAt!) - Date.parse(ended.at)).toBeLessThan(16_000);
  }, (world) => {
    watched(world, () => Promise.resolve(METRICS));
    world.settings = { ...world.settings, queues: { ...world.settings.queues, probe: 'nobody-serves-it' }, durations: { ...world.settings.durations, workerBackWithin: 500 } };
  }));

test('nobody is asked where neither Prometheus nor Thanos Query is configured', () => {
  let asked = 0;
  return harness.run(async (incidents) => {
    const { record } = await untilClosed(incidents);
    expect('metrics' in record).toBe(false);
    expect(asked).toBe(0);
  }, (world) => {
    world.metrics = () => {
      asked += 1;
      return Promise.resolve(METRICS);
    };
  });
});

test('an incident that goes on because an alert fires again while it closes reads them again when it closes for good', () => {
  let asked = 0;
  return harness.run(async (incidents) => {
    const fired = alert();
    const handle = await incidents.open({ alerts: [fired] });
    let again = false;
    incidents.world.beforeRecord = async () => {
      if (again) return;
      again = true;
      await incidents.alerts(handle, { ...fired, startsAt: '2026-01-01T05:00:00.000Z' });
      throw failure('UpstreamUnavailable', 'The record store is away');
    };
    await incidents.waitingForApproval(handle);
    incidents.world.healthy = () => true;
    await incidents.alerts(handle, resolved(fired));
    await incidents.until(handle, ({ timeline }) => timeline.some(({ event }) => event === 'recoveryRevoked'));
    await incidents.alerts(handle, { ...resolved(fired), startsAt: '2026-01-01T05:00:00.000Z', endsAt: '2026-01-01T06:00:00.000Z' });
    await handle.result();
    expect(incidents.world.log.records.map(({ metrics }) => metrics?.kind === 'read' && metrics.samplesDropped)).toEqual([2]);
    expect(asked).toBe(2);
  }, (world) => watched(world, () => Promise.resolve({ ...METRICS, samplesDropped: (asked += 1) })));
});
