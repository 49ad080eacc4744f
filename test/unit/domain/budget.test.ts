import fc from 'fast-check';
import type { Budgets, Spending, SpendRequest } from '../../../workflows/contracts';
import { spendFault, spendFrom } from '../../../workflows/domain/budget';

const HOUR = 3_600_000;
const T = Date.parse('2026-03-01T03:30:00.000Z');
const request = (change: Partial<SpendRequest> = {}): SpendRequest => ({ cluster: 'c', key: 'k', actions: 2, incidentClass: 'disk-full', budgets: { perHour: 4 }, ...change });
const spent = (actions: number, at: number, incidentClass = 'disk-full'): Spending => ({ key: `${at}`, actions, incidentClass, at });

test('what fits is granted and counted; what does not is refused and counts nothing', () => {
  expect(spendFrom([spent(2, T - 1)], request(), T)).toMatchObject({ answer: { granted: true }, spendings: [{}, { key: 'k', actions: 2, at: T }] });
  expect(spendFrom([spent(3, T - HOUR / 2)], request(), T)).toMatchObject({
    answer: { granted: false, exceeded: { scope: 'cluster', window: 'hour', most: 4, used: 3, freeAt: new Date(T + HOUR / 2).toISOString() } },
    spendings: [{ actions: 3 }],
  });
});

test('the hour slides: a minute past the full hour is not a new hour, sixty minutes later is', () => {
  const before = [spent(4, Date.parse('2026-03-01T03:59:00.000Z'))];
  const granted = (at: string) => spendFrom(before, request(), Date.parse(at)).answer.granted;
  expect(granted('2026-03-01T04:00:00.000Z')).toBe(false);
  expect(granted('2026-03-01T04:58:59.999Z')).toBe(false);
  expect(granted('2026-03-01T04:59:00.000Z')).toBe(true);
});

test('the day, the class and the cluster each have a say', () => {
  const budgets: Budgets = { perHour: 100, perDay: 5, classes: { 'disk-full': { perHour: 2 } } };
  expect(spendFrom([spent(4, T - 23 * HOUR, 'slow-query')], request({ budgets }), T).answer).toMatchObject({ exceeded: { scope: 'cluster', window: 'day', most: 5, used: 4 } });
  expect(spendFrom([spent(1, T - 1)], request({ budgets }), T).answer).toMatchObject({ exceeded: { scope: 'disk-full', window: 'hour', used: 1 } });
  expect(spendFrom([spent(1, T - 1)], request({ budgets, incidentClass: 'slow-query' }), T).answer).toEqual({ granted: true });
  expect(spendFrom([spent(5, T - 24 * HOUR)], request({ budgets }), T)).toMatchObject({ answer: { granted: true }, spendings: [{ key: 'k' }] });
});

test('the same plan is counted once, a trial never; a plan larger than the limit is never free', () => {
  const once = spendFrom([], request({ actions: 4 }), T).spendings;
  expect(spendFrom(once, request({ actions: 4 }), T + 1)).toEqual({ answer: { granted: true }, spendings: once });
  expect(spendFrom([], request({ trial: true }), T)).toEqual({ answer: { granted: true }, spendings: [] });
  expect(spendFrom([], request({ actions: 5 }), T).answer).toEqual({ granted: false, exceeded: { scope: 'cluster', window: 'hour', most: 4, used: 0 } });
  expect(spendFrom([], request({ budgets: { perHour: 0 } }), T).answer.granted).toBe(false);
});

test('whatever is asked in whatever order, no window ever holds more than its limit, and freeAt is true', () => {
  const asks = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 2 * HOUR }), actions: fc.integer({ min: 1, max: 4 }) }), { maxLength: 40 });
  fc.assert(fc.property(asks, fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 20 }), (all, perHour, perDay) => {
    let spendings: Spending[] = [];
    let now = T;
    for (const [index, { wait, actions }] of all.entries()) {
      now += wait;
      const ask = request({ key: `${index}`, actions, budgets: { perHour, perDay } });
      const after = spendFrom(spendings, ask, now);
      spendings = after.spendings;
      for (const [length, most] of [[HOUR, perHour], [24 * HOUR, perDay]] as const) {
        expect(spendings.filter(({ at }) => now - at < length).reduce((sum, spending) => sum + spending.actions, 0)).toBeLessThanOrEqual(most);
      }
      if (after.answer.granted) continue;
      const { freeAt, window } = after.answer.exceeded;
      if (freeAt === undefined) expect(actions).toBeGreaterThan(window === 'hour' ? perHour : perDay);
      else expect(spendFrom(spendings, ask, Date.parse(freeAt)).answer).not.toMatchObject({ exceeded: { window } });
    }
  }));
});

test.each([undefined, null, {}, { ...request(), actions: -1 }, { ...request(), actions: 0.5 }, { ...request(), actions: '2' }, { ...request(), key: 1 }, { ...request(), budgets: null }, { ...request(), budgets: { classes: 1 } }])('%j is refused', (given) => {
  expect(spendFault(given)).toEqual(expect.any(String));
});

test('a class’s limit counts its own spendings alone', () => {
  const budgets: Budgets = { classes: { 'disk-full': { perHour: 4 } } };
  expect(spendFrom([spent(3, T - 1, 'slow-query')], request({ budgets }), T).answer).toEqual({ granted: true });
  expect(spendFrom([spent(3, T - 1)], request({ budgets }), T).answer).toMatchObject({ exceeded: { scope: 'disk-full', used: 3 } });
});

test('free is when as much of the oldest has been forgotten as is needed, whatever their order', () => {
  const freeAt = (spendings: Spending[], actions: number) => {
    const { answer } = spendFrom(spendings, request({ actions }), T);
    return answer.granted ? undefined : answer.exceeded.freeAt;
  };
  const at = (minutesAgo: number) => new Date(T - minutesAgo * 60_000 + HOUR).toISOString();
  const three = [spent(1, T - 10 * 60_000), spent(2, T - 50 * 60_000), spent(1, T - 30 * 60_000)];
  expect([freeAt(three, 1), freeAt(three, 2), freeAt(three, 3), freeAt(three, 4)]).toEqual([at(50), at(50), at(30), at(10)]);
});

test('a request that cannot be read is refused with the reason, and one that can is not', () => {
  expect(spendFault(request())).toBeUndefined();
  expect(spendFault(request({ actions: 1, budgets: { classes: {} } }))).toBeUndefined();
  const faults = { key: 'a spending has a key and an incident class', actions: 'a spending is of one action at least', budgets: 'a spending says what the budgets are' };
  for (const wrong of [undefined, null, 5, {}, { ...request(), key: 5 }, { ...request(), incidentClass: undefined }]) expect(spendFault(wrong)).toBe(faults.key);
  for (const actions of [0, -1, 1.5, '2', undefined, null]) expect(spendFault({ ...request(), actions })).toBe(faults.actions);
  for (const budgets of [undefined, null, 5, 'x', { classes: null }, { classes: 5 }]) expect(spendFault({ ...request(), budgets })).toBe(faults.budgets);
});
