import { axiosQueryGateway } from '../../../activities/prometheus/axios-query-gateway';
import { createPrometheusActivities } from '../../../activities/prometheus/activities';
import { failure, type PipelineMetrics } from '../../../workflows/contracts';
import { accessWith, NOW, type TestAccess } from '../../support/pipeline-objects';
import { json, WireServer } from '../../support/wire-server';

const END = Date.parse(NOW) / 1_000;
const before = (seconds: number) => new Date((END - seconds) * 1_000).toISOString();

let server: WireServer;
beforeAll(async () => {
  server = await WireServer.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.seen.length = 0;
});

interface Question {
  path: string;
  query: string;
  start: number;
  end: number;
  step: number;
}

function question(line: string): Question {
  const url = new URL(line.replace('GET ', ''), server.url);
  const number = (name: string) => Number(url.searchParams.get(name));
  return { path: url.pathname, query: url.searchParams.get('query')!, start: number('start'), end: number('end'), step: number('step') };
}

const asked = () => server.seen.map(({ line }) => question(line));
const asks = (part: string) => asked().find(({ query }) => query.includes(part))!;

type Answer = { status: number; body: unknown } | 'never';
const good = (data: unknown, more: object = {}): Answer => ({ status: 200, body: { status: 'success', data, ...more } });
const number = (text?: string, more: object = {}) => good({ resultType: 'vector', result: text === undefined ? [] : [{ metric: {}, value: [END, text] }] }, more);
const course = (values: Array<[number, string]>, more: object = {}) => good({ resultType: 'matrix', result: [{ metric: {}, values }] }, more);
const nothing = good({ resultType: 'matrix', result: [] });
const isRange = ({ path }: Question) => path === '/api/v1/query_range';

/** Everything is well, except for what the test says. */
function answering(answer: (asked: Question) => Answer | undefined): void {
  server.handler = ({ url }, response) => {
    const about = question(`GET ${url}`);
    const said = answer(about) ?? (isRange(about) ? course([[about.start, '1'], [about.start + about.step, '0.5']]) : number('0'));
    if (said !== 'never') json(response, said.status, said.body);
  };
}

const watched = (timeFactor = 1, timeoutMs = 5_000): TestAccess => ({ ...accessWith({ timeFactor }), prometheus: axiosQueryGateway(server.url, 'Prometheus', timeoutMs) });
const read = (access: TestAccess, since = before(1_200)): Promise<PipelineMetrics> => createPrometheusActivities({ clusters: new Map([['cluster-03', access]]) }).prometheusPipelineMetrics({ cluster: 'cluster-03', since });

describe('the course of an incident', () => {
  it('is read from ten minutes before the first alert until now, in ninety points at most, with the lines of the checklist', async () => {
    answering(() => undefined);
    const metrics = await read(watched());
    expect(metrics).toMatchObject({ kind: 'read', source: 'Prometheus', from: before(1_800), to: NOW, stepSeconds: 21, rateSeconds: 300, problems: [] });
    const ranges = asked().filter(isRange);
    expect(ranges).toHaveLength(4);
    for (const { start, end, step } of ranges) expect([start, end, step]).toEqual([END - 1_800, END, 21]);
    expect(asks('samples_retried_total').query).toContain('prometheus_remote_storage_samples_retried_total{cluster=~"cluster-03|"}[300s]');
    expect(asks('highest_sent').query).toBe('max(time() - prometheus_remote_storage_queue_highest_sent_timestamp_seconds{cluster=~"cluster-03|"}) < 1e9');
    expect(asks('thanos_status').query).toMatch(/^count\(thanos_status\{.*\} == 1\) or 0 \* count\(thanos_status\{/);
    expect(metrics.courses.delivered).toHaveLength(86);
    expect(metrics.courses.delivered.slice(0, 3)).toEqual([1, 0.5, null]);
  });

  it('keeps gaps, and what is no number, as gaps; has nothing where there never was a number', async () => {
    answering((about) => {
      if (about.query.includes('thanos_status')) return nothing;
      if (about.query.includes('http_requests_total')) return course([[about.start, 'NaN'], [about.start + about.step, '+Inf']]);
      return isRange(about) ? course([[about.start, '0.123456'], [about.start + 3 * about.step, '98765.4'], [about.end + 2 * about.step, '7'], [about.start - about.step, '7']]) : undefined;
    });
    const { courses } = await read(watched());
    expect(courses.delivered.slice(0, 5)).toEqual([0.1235, null, null, 98_770, null]);
    expect(courses.delivered).not.toContain(7);
    expect([courses.receiversReady, courses.serverErrors]).toEqual([[], []]);
  });

  it('says what was lost for good, and how far behind the agent was at most, over the whole time', async () => {
    answering(({ query }) => {
      if (query.includes('samples_failed_total') && query.startsWith('sum(increase')) return number('12345.6');
      if (query.includes('samples_dropped_total')) return number('0');
      return query.startsWith('max_over_time') ? number('912.34') : undefined;
    });
    expect(await read(watched())).toMatchObject({ samplesFailed: 12_350, samplesDropped: 0, mostBehindSeconds: 912.3 });
    expect(asks('samples_dropped_total').query).toBe('sum(increase(prometheus_remote_storage_samples_dropped_total{reason!="dropped_series",cluster=~"cluster-03|"}[1800s])) or 0 * sum(increase(prometheus_remote_storage_samples_total{cluster=~"cluster-03|"}[1800s]))');
    expect(asks('max_over_time').query).toMatch(/^max_over_time\(\(max\(time\(\) - .* < 1e9\)\[1800s:5s\]\)$/);
  });

  it('an empty answer, one that is no number and a partial one are not known', async () => {
    answering(({ path, query, start }) => {
      if (query.startsWith('max_over_time')) return number('NaN');
      if (query.includes('samples_dropped_total')) return number('3', { warnings: ['store 2 did not answer'] });
      if (query.includes('highest_sent') && path.endsWith('range')) return course([[start, '4']], { warnings: ['store 2 did not answer'] });
      return path.endsWith('query') ? number() : undefined;
    });
    const metrics = await read(watched());
    expect(metrics).toMatchObject({ samplesFailed: null, samplesDropped: null, mostBehindSeconds: null });
    expect(metrics.courses.lag[0]).toBe(4);
    expect(metrics.problems).toEqual(['lag: the answer is partial: store 2 did not answer', 'samples dropped: the answer is partial: store 2 did not answer']);
  });

  it('keeps what was answered where one query fails, and says which', async () => {
    answering(({ query, path }) => (query.includes('thanos_status') || (path.endsWith('query') && query.includes('failed')) ? { status: 500, body: { status: 'error', error: 'no such thing' } } : undefined));
    const metrics = await read(watched());
    expect(metrics.courses.delivered[0]).toBe(1);
    expect(metrics.courses.receiversReady).toEqual([]);
    expect(metrics.samplesFailed).toBeNull();
    expect(metrics.problems).toEqual([expect.stringMatching(/^receiversReady: Prometheus answered 500 .*no such thing/), expect.stringMatching(/^samples failed: /)]);
  });

  it.each([['a server that answers 500', { status: 500, body: {} }, 'UpstreamUnavailable', /answered 500/], ['one that refuses', { status: 422, body: { status: 'error', error: 'unavailable with Prometheus Agent' } }, 'UpstreamRejected', /unavailable with Prometheus Agent/], ['one that never answers', 'never', 'UpstreamUnavailable', /did not answer in time/]] as const)('%s fails it, in time', async (_name, answer, type, message) => {
    answering(() => answer);
    const began = Date.now();
    await expect(read(watched(1, 300))).rejects.toMatchObject({ type, message: expect.stringMatching(message) });
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  it('asks Thanos Query where no Prometheus is configured, and nobody where neither is', async () => {
    answering(() => undefined);
    expect((await read({ ...accessWith(), query: axiosQueryGateway(server.url, 'Thanos Query') })).source).toBe('Thanos Query');
    server.seen.length = 0;
    await expect(read(accessWith())).rejects.toMatchObject({ type: 'InvalidInput', message: expect.stringContaining('endpoints.query') });
    expect(server.seen).toEqual([]);
  });

  it.each([
    ['where the clocks run fast, a rate still holds several scrapes', 0.02, 40, { start: 100, step: 5, rate: 15 }],
    ['the lead is a tenth where the factor is a tenth', 0.1, 1_000, { start: 1_060, step: 12, rate: 30 }],
    ['ninety points: a step more would be one too many', 1, 3_850, { start: 4_450, step: 50, rate: 300 }],
    ['a second longer, and the step is longer, too', 1, 3_851, { start: 4_451, step: 51, rate: 300 }],
    ['a rate is never over less than a step', 1, 86_400, { start: 87_000, step: 978, rate: 978 }],
    ['of an alert that fires for a month, the last week', 1, 30 * 86_400, { start: 604_800, step: 6_796, rate: 6_796 }],
    ['a clock that is behind that of the alert', 1, -90, { start: 600, step: 7, rate: 300 }],
  ])('%s', async (_name, timeFactor, ago, { start, step, rate }) => {
    answering(() => undefined);
    const metrics = await read(watched(timeFactor), before(ago));
    expect(metrics).toMatchObject({ from: before(start), stepSeconds: step, rateSeconds: rate });
    expect(metrics.courses.delivered.length).toBeLessThanOrEqual(90);
    expect(asks('max_over_time').query).toContain(`[${start}s:${Math.max(5, Math.ceil(step / 10))}s]`);
  });

  it('is small, however long the numbers and the complaints are', async () => {
    answering((about) => (isRange(about)
      ? course(Array.from({ length: 90 }, (_, index): [number, string] => [about.start + index * about.step, '-0.00000123456789']), { warnings: ['w'.repeat(5_000)] })
      : { status: 500, body: { error: 'e'.repeat(5_000) } }));
    const metrics = await read(watched(), before(3_850));
    expect(metrics.courses.lag).toHaveLength(90);
    expect(metrics.problems).toHaveLength(3);
    expect(JSON.stringify(metrics).length).toBeLessThan(10_000);
  });

  it('waits for no query longer than six seconds', async () => {
    answering(({ query }) => (query.includes('thanos_status') ? 'never' : undefined));
    // The gateway's own patience is longer than this test's: it would end for its time-out.
    const metrics = await read(watched(1, 600_000));
    expect(metrics.problems).toEqual([expect.stringMatching(/^receiversReady: .*(did not finish within 6 s|did not answer in time)/)]);
    expect(metrics.courses.delivered[0]).toBe(1);
  });

  it('a failure of its own making is told as it is', async () => {
    const access = watched();
    const refuse = () => Promise.reject(failure('RateLimited', 'slower'));
    await expect(read({ ...access, prometheus: { query: refuse, queryRange: refuse } })).rejects.toMatchObject({ type: 'RateLimited' });
  });
});
