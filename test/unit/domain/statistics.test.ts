import type { RecordSummary } from '../../../workflows/contracts';
import { spreadOf, statisticsOf } from '../../../workflows/domain/statistics';

const NOVEMBER = { label: '2026-11', timeZone: 'UTC', from: '2026-11-01T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' };
const MINUTE = 60_000;
let made = 0;

function summary(beganAt: string, change: Partial<RecordSummary> = {}): RecordSummary {
  made += 1;
  return {
    publicId: `20261101-${String(made).padStart(8, '0')}`,
    cluster: 'cluster-03',
    failureDomain: 'receive',
    incidentClass: 'remote-write-failure',
    title: { en: 't', ko: 't' },
    severity: 'critical',
    practice: false,
    outcome: 'recovered',
    beganAt,
    openedAt: beganAt,
    course: 'approved',
    toDetect: 0,
    missed: [],
    remedies: [],
    fixes: [],
    ...change,
  };
}

const cause = (id: string) => ({ id, title: { en: id, ko: id } });

describe('a month in numbers', () => {
  it('ranks the problems of the handbook by their count, equally frequent ones in its order', () => {
    const month = [
      ...Array.from({ length: 15 }, (_, n) => summary(`2026-11-${String(n + 1).padStart(2, '0')}T03:00:00.000Z`)),
      ...Array.from({ length: 8 }, () => summary('2026-11-03T03:00:00.000Z', { incidentClass: 'high-memory' })),
      ...Array.from({ length: 2 }, () => summary('2026-11-03T03:00:00.000Z', { incidentClass: 'tsdb-corruption' })),
      ...Array.from({ length: 2 }, () => summary('2026-11-03T03:00:00.000Z', { incidentClass: 'hashring-misconfigured' })),
    ];
    const { total, classes } = statisticsOf(month, NOVEMBER);
    expect(total.count).toBe(27);
    expect(classes.map(({ rank, incidentClass, count }) => [rank, incidentClass, count])).toEqual([
      [1, 'remote-write-failure', 15],
      [2, 'high-memory', 8],
      [3, 'hashring-misconfigured', 2],
      [4, 'tsdb-corruption', 2],
    ]);
    expect(classes[0]?.problem).toEqual({ en: 'Remote write fails', ko: 'Remote Write 실패' });
  });

  it('counts an incident in the month in which it began: the last moment is in, the first of the next is not', () => {
    const began = ['2026-10-31T23:59:59.999Z', '2026-11-01T00:00:00.000Z', '2026-11-30T23:59:59.999Z', '2026-12-01T00:00:00.000Z'].map((at) => summary(at, { closedAt: '2026-12-05T00:00:00.000Z' }));
    expect(statisticsOf(began, NOVEMBER).total.count).toBe(2);
  });

  it('tells how the pipeline came back, in shares of all', () => {
    const courses = ['self-healed', 'automatic', 'approved', 'approved', 'by-hand', 'by-hand', 'by-hand', 'by-hand'] as const;
    const { total } = statisticsOf(courses.map((course) => summary('2026-11-02T00:00:00.000Z', { course })), NOVEMBER);
    expect(total.courses).toEqual({ 'self-healed': { count: 1, share: 0.125 }, automatic: { count: 1, share: 0.125 }, approved: { count: 2, share: 0.25 }, 'by-hand': { count: 4, share: 0.5 } });
    expect(statisticsOf([], NOVEMBER).total.courses.approved).toEqual({ count: 0, share: 0 });
  });

  it('spreads times over those incidents in which it came to that', () => {
    const recovered = [10, 2, 4, 6].map((minutes) => summary('2026-11-02T00:00:00.000Z', { toRecover: minutes * MINUTE, toDetect: MINUTE }));
    const { total } = statisticsOf([...recovered, summary('2026-11-02T00:00:00.000Z', { course: 'by-hand' })], NOVEMBER);
    expect(total.toRecover).toEqual({ count: 4, mean: 5.5 * MINUTE, median: 5 * MINUTE, p90: 10 * MINUTE });
    expect(total.toDetect).toEqual({ count: 5, mean: 0.8 * MINUTE, median: MINUTE, p90: MINUTE });
    expect(total.toAcknowledge).toEqual({ count: 0 });
    const slow = summary('2026-11-02T00:00:00.000Z', { toAcknowledge: 3 * MINUTE, toRootCause: 7 * MINUTE });
    expect(statisticsOf([...recovered, slow], NOVEMBER).total).toMatchObject({ toAcknowledge: { count: 1, median: 3 * MINUTE }, toRootCause: { count: 1, median: 7 * MINUTE } });
  });

  it('counts missed targets, fixes by what became of them, and how often each remedy helped', () => {
    const { total } = statisticsOf(
      [
        summary('2026-11-02T00:00:00.000Z', { missed: ['rootCause', 'recovery'], fixes: [{ id: 'pdb', end: 'merged' }, { id: 'limits', end: 'open' }], remedies: [{ remedy: 'evict', helped: false }, { remedy: 'restore', helped: true }] }),
        summary('2026-11-03T00:00:00.000Z', { missed: ['recovery'], fixes: [{ id: 'pdb', end: 'declined' }], remedies: [{ remedy: 'evict', helped: true }] }),
      ],
      NOVEMBER,
    );
    expect(total.missed).toEqual({ rootCause: 1, recovery: 2 });
    expect(statisticsOf([summary('2026-11-02T00:00:00.000Z'), summary('2026-11-02T00:00:00.000Z', { missed: ['rootCause'] })], NOVEMBER).total.missed).toEqual({ rootCause: 1, recovery: 0 });
    expect(total.fixes).toEqual({ open: 1, merged: 1, declined: 1 });
    expect(total.remedies).toEqual([{ remedy: 'evict', tried: 2, helped: 1 }, { remedy: 'restore', tried: 1, helped: 1 }]);
  });

  it('lists remedies by how often they were tried, equally frequent ones by name', () => {
    const trial = (remedy: string) => ({ remedy, helped: true });
    const { total } = statisticsOf([summary('2026-11-02T00:00:00.000Z', { remedies: ['c', 'b', 'd', 'b', 'a'].map(trial) })], NOVEMBER);
    expect(total.remedies.map(({ remedy }) => remedy)).toEqual(['b', 'a', 'c', 'd']);
  });

  it('names each problem of the handbook in both languages', () => {
    const classes = ['metrics-missing', 'disk-full', 'high-memory', 'slow-query', 'grafana-unreachable', 'hashring-misconfigured', 'tsdb-corruption', 'remote-write-failure'] as const;
    for (const incidentClass of classes) {
      const [only] = statisticsOf([summary('2026-11-02T00:00:00.000Z', { incidentClass })], NOVEMBER).classes;
      expect(only?.problem?.en).toMatch(/[a-z]{4}/);
      expect(only?.problem?.ko).toMatch(/[가-힣A-Z]/);
    }
  });

  it('lists the causes of a class, most frequent first, and says where none was certain', () => {
    const { classes } = statisticsOf(['a', 'b', 'b', undefined].map((id) => summary('2026-11-02T00:00:00.000Z', id === undefined ? {} : { rootCause: cause(id) })), NOVEMBER);
    expect(classes[0]?.causes.map(({ id, count }) => [id, count])).toEqual([['b', 2], ['a', 1], ['unknown', 1]]);
  });

  it('leaves out what was merged and what was practised, and says so', () => {
    const month = [summary('2026-11-02T00:00:00.000Z'), summary('2026-11-02T00:00:00.000Z', { outcome: 'merged' }), summary('2026-11-02T00:00:00.000Z', { practice: true })];
    expect(statisticsOf(month, NOVEMBER)).toMatchObject({ total: { count: 1 }, leftOut: { merged: 1, practice: 1 } });
    expect(statisticsOf(month, NOVEMBER, { practice: true })).toMatchObject({ total: { count: 2 }, leftOut: { merged: 1, practice: 0 } });
  });
});

describe('a recurrence', () => {
  const recurrences = (...incidents: RecordSummary[]) => statisticsOf(incidents, NOVEMBER).total.recurrences;

  it('is the same root cause in the same cluster within thirty days, over the turn of the month, too', () => {
    expect(recurrences(summary('2026-10-20T00:00:00.000Z', { rootCause: cause('a') }), summary('2026-11-19T00:00:00.000Z', { rootCause: cause('a') }))).toBe(1);
    expect(recurrences(summary('2026-10-20T00:00:00.000Z', { rootCause: cause('a') }), summary('2026-11-19T00:00:00.001Z', { rootCause: cause('a') }))).toBe(0);
    // In whichever order the records are read.
    expect(recurrences(summary('2026-11-10T00:00:00.000Z', { rootCause: cause('a') }), summary('2026-10-20T00:00:00.000Z', { rootCause: cause('a') }))).toBe(1);
  });

  it('is none where cause or cluster differ, where no cause is known, or where it was only practised', () => {
    const [first, later] = ['2026-11-02T00:00:00.000Z', '2026-11-03T00:00:00.000Z'] as const;
    expect(recurrences(summary(first, { rootCause: cause('a') }), summary(later, { rootCause: cause('b') }))).toBe(0);
    expect(recurrences(summary(first, { rootCause: cause('a') }), summary(later, { rootCause: cause('a'), cluster: 'cluster-04' }))).toBe(0);
    expect(recurrences(summary(first), summary(later))).toBe(0);
    expect(recurrences(summary(first, { rootCause: cause('a'), outcome: 'merged' }), summary(later, { rootCause: cause('a') }))).toBe(0);
    expect(recurrences(summary(first, { rootCause: cause('a'), practice: true }), summary(later, { rootCause: cause('a') }))).toBe(0);
  });

  it('counts every time that it comes back', () => {
    expect(recurrences(...[5, 2, 9, 7].map((day) => summary(`2026-11-0${day}T00:00:00.000Z`, { rootCause: cause('a') })))).toBe(3);
  });
});

test.each([
  [[], { count: 0 }],
  [[undefined, 3], { count: 1, mean: 3, median: 3, p90: 3 }],
  [[4, 1], { count: 2, mean: 2.5, median: 2.5, p90: 4 }],
  [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], { count: 10, mean: 5.5, median: 5.5, p90: 9 }],
  [[10, 100, 9], { count: 3, mean: 119 / 3, median: 10, p90: 100 }],
])('the spread of %j', (values, spread) => expect(spreadOf(values)).toEqual(spread));
