import { compareReadings, readRemoteWrite, worstOf } from '../../../activities/agent-signals';
import { parseExposition } from '../../../activities/exposition';
import { agentMetrics, NOW, type AgentNumbers } from '../../support/pipeline-objects';

const start = Date.parse(NOW);
const reading = (numbers: AgentNumbers, atSeconds = 0) => {
  const now = new Date(start + atSeconds * 1000);
  const parsed = parseExposition(agentMetrics(now, numbers));
  if ('fault' in parsed) throw new Error(parsed.fault);
  return readRemoteWrite(parsed.samples, now.getTime());
};
const between = (before: AgentNumbers, after: AgentNumbers, seconds = 10) => compareReadings(reading(before), reading(after, seconds));

describe('what an agent’s own metrics say (domain F5, F6)', () => {
  it('delivers', () => {
    expect(between({ attempted: 1000 }, { attempted: 1500, appended: 1500 })).toMatchObject({ deliveredRatio: 1, failedRatio: 0, retriedRatio: 0, attemptedPerSecond: 50, appendedPerSecond: 50, lagSeconds: 2, restarted: false });
  });

  it('sees a dead receiver as retried only', () => {
    expect(between({}, { attempted: 1400, retried: 400, lag: 77 })).toMatchObject({ retriedRatio: 1, failedRatio: 0, deliveredRatio: 0, lagSeconds: 77 });
  });

  it('sees a wrong path as failed, with no lag', () => {
    expect(between({}, { attempted: 1500, failed: 500, lag: 1 })).toMatchObject({ failedRatio: 1, retriedRatio: 0, deliveredRatio: 0, lagSeconds: 1 });
  });

  it('counts both rejections and retries against delivery', () => {
    expect(between({}, { attempted: 2000, failed: 20, retried: 30 }).deliveredRatio).toBeCloseTo(0.95);
  });

  it('knows no ratio when nothing was tried', () => {
    expect(between({}, {})).toMatchObject({ deliveredRatio: null, failedRatio: null, retriedRatio: null, attemptedPerSecond: 0 });
  });

  it('never says more than everything or less than nothing', () => {
    const signals = between({}, { attempted: 1100, retried: 300 });
    expect(signals.retriedRatio).toBe(1);
    expect(signals.deliveredRatio).toBe(0);
  });

  it('takes a restart in between for not known', () => {
    expect(between({}, { attempted: 5, started: 1_700_009_999 })).toMatchObject({ restarted: true, deliveredRatio: null, appendedPerSecond: null });
    expect(between({ attempted: 1000 }, { attempted: 999 })).toMatchObject({ restarted: true });
  });

  it('counts the lag of an agent that never sent anything from its start', () => {
    const started = start / 1000 - 300;
    expect(between({ lag: Infinity, started }, { lag: Infinity, started }).lagSeconds).toBe(310);
  });

  it('knows no lag where nothing tells it', () => {
    const bare = readRemoteWrite([{ name: 'prometheus_remote_storage_samples_total', labels: {}, value: 1 }], start);
    expect(compareReadings(bare, bare).lagSeconds).toBeNull();
    const none = readRemoteWrite([{ name: 'process_start_time_seconds', labels: {}, value: 1 }], start);
    expect(compareReadings(none, none)).toMatchObject({ queues: 0, lagSeconds: null });
  });

  it('takes the queue that is furthest behind', () => {
    const sent = (queue: string, value: number) => ({ name: 'prometheus_remote_storage_queue_highest_sent_timestamp_seconds', labels: { remote_name: queue }, value });
    const total = { name: 'prometheus_remote_storage_samples_total', labels: {}, value: 1 };
    const two = readRemoteWrite([total, sent('a', start / 1000 - 3), sent('b', start / 1000 - 500)], start);
    expect(compareReadings(two, two).lagSeconds).toBeCloseTo(500);
    const oneNever = readRemoteWrite([total, sent('a', start / 1000 - 3), sent('b', 0), { name: 'process_start_time_seconds', labels: {}, value: start / 1000 - 900 }], start);
    expect(compareReadings(oneNever, oneNever).lagSeconds).toBeCloseTo(900);
  });

  it('judges several agents by the worst', () => {
    const good = between({}, { attempted: 2000 });
    const bad = between({}, { attempted: 1100, retried: 100, lag: 90 });
    expect(worstOf([good, bad])).toMatchObject({ lagSeconds: 90, deliveredRatio: 0, retriedRatio: 1 });
    expect(worstOf([good, { ...bad, deliveredRatio: null, lagSeconds: null }])).toMatchObject({ lagSeconds: null, deliveredRatio: null });
    expect(worstOf([])).toBeUndefined();
  });
});
