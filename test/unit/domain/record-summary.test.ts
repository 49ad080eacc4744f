import type { IncidentRecord, MutationRecord, PlanResult, Text } from '../../../workflows/contracts';
import { durationsOf, isMissed, summaryOfRecord } from '../../../workflows/domain/record-summary';
import { fixture } from '../records/records-harness';

const SAME: Text = { en: 'x', ko: 'x' };

/** The record of a real run, with another course of events. */
function changed(change: Partial<IncidentRecord['incident']>): IncidentRecord {
  const record = fixture('recovered');
  return { ...record, incident: { ...record.incident, decisions: [], mutations: [], plans: [], notes: [], timeline: [], ...change } };
}

const plan = (id: string, remedy: string) => ({ kind: 'planned', plan: { id, remedy } }) as unknown as PlanResult;
const mutation = (planId: string, result = 'patched', undo = false) => ({ planId, result, undo, at: '2026-11-21T23:59:55.000Z' }) as unknown as MutationRecord;
const approval = (planId: string, at = '2026-11-21T23:59:54.000Z') => ({ planId, verdict: 'approve', at, actor: 'a' }) as never;

test('a real record, in one line of numbers', () => {
  expect(summaryOfRecord(fixture('recovered'))).toMatchObject({
    publicId: '20261122-5a791f8b',
    incidentClass: 'remote-write-failure',
    rootCause: { id: 'receivers-own-files-broken' },
    course: 'approved',
    toDetect: 95_200,
    toAcknowledge: 7_093,
    toRootCause: 405,
    toRecover: 107_140,
    missed: [],
    remedies: [{ helped: true }],
    fixes: [{ id: 'resilient-receivers', end: 'open' }, { id: 'check-hashring-copy', end: 'open' }],
  });
  const { course, toRecover, remedies } = summaryOfRecord(fixture('handed-over'));
  expect({ course, toRecover, remedies }).toEqual({ course: 'by-hand', toRecover: undefined, remedies: [] });
});

test('who brought it back', () => {
  const courseOf = (change: Partial<IncidentRecord['incident']>) => summaryOfRecord(changed(change)).course;
  expect(courseOf({ outcome: 'self-healed' })).toBe('self-healed');
  expect(courseOf({ outcome: 'recovered', mutations: [mutation('p1')] })).toBe('automatic');
  expect(courseOf({ outcome: 'recovered', mutations: [mutation('p1'), mutation('p2')], decisions: [approval('p2')] })).toBe('approved');
  // The first plan was approved and undone; what helped went ahead by itself.
  expect(courseOf({ outcome: 'recovered', mutations: [mutation('p1'), mutation('p1', 'patched', true), mutation('p2')], decisions: [approval('p1')] })).toBe('automatic');
  expect(courseOf({ outcome: 'recovered', mutations: [mutation('p1', 'unchanged')] })).toBe('self-healed');
  expect(courseOf({ outcome: 'handed-over', mutations: [mutation('p1')], decisions: [approval('p1')] })).toBe('by-hand');
});

test('a remedy that was undone, or after which something else had to be changed, did not help', () => {
  const remediesOf = (mutations: MutationRecord[], recoveredAt?: string) => {
    const { recoveredAt: _none, ...rest } = changed({ outcome: 'recovered', mutations, plans: [plan('p1', 'evict'), plan('p2', 'restore')] }).incident;
    return summaryOfRecord({ ...fixture('recovered'), incident: { ...rest, ...(recoveredAt && { recoveredAt }) } }).remedies;
  };
  const at = '2026-11-21T23:59:58.000Z';
  expect(remediesOf([mutation('p1'), mutation('p2')], at)).toEqual([{ remedy: 'evict', helped: false }, { remedy: 'restore', helped: true }]);
  expect(remediesOf([mutation('p1'), mutation('p2'), mutation('p2', 'patched', true)], at)).toEqual([{ remedy: 'evict', helped: false }, { remedy: 'restore', helped: false }]);
  expect(remediesOf([mutation('p1')])).toEqual([{ remedy: 'evict', helped: false }]);
});

test('whatever a person did first says that somebody was there', () => {
  const acknowledged = (change: Partial<IncidentRecord['incident']>) => summaryOfRecord(changed(change)).toAcknowledge;
  const event = (type: string, actor: string, second: number) => ({ at: `2026-11-21T23:59:${second}.200Z`, phase: 'approve', event: type, actor, text: SAME }) as never;
  expect(acknowledged({})).toBeUndefined();
  expect(acknowledged({ timeline: [event('opened', 'nightshift', 46), event('outcome', 'nightshift', 47)] })).toBeUndefined();
  expect(acknowledged({ timeline: [event('takenOver', 'jiyoon.kim', 56)], decisions: [approval('p1', '2026-11-21T23:59:58.000Z')] })).toBe(10_000);
});

test('a target is missed when its clock ran out, or was met too late', () => {
  const clocks = { rootCause: { dueAt: '2026-11-22T00:00:00.000Z', metAt: '2026-11-22T00:00:00.001Z' }, recovery: { dueAt: '2026-11-22T00:00:00.000Z', breachedAt: '2026-11-22T00:00:00.000Z' } };
  expect(summaryOfRecord(changed({ clocks })).missed).toEqual(['rootCause', 'recovery']);
});

test('what became of the fixes comes from beside the record; what is neither merged nor declined is open', () => {
  const states = ['proposed', 'merged', 'declined'] as const;
  const fixes = { publicId: 'x', cluster: 'c', reminders: 0, fixes: states.map((state) => ({ id: state, title: SAME, state })) };
  expect(summaryOfRecord(fixture('recovered'), fixes).fixes).toEqual([{ id: 'proposed', end: 'open' }, { id: 'merged', end: 'merged' }, { id: 'declined', end: 'declined' }]);
});

test('a target that was met in the last moment is not missed, and one that is open is not yet', () => {
  const dueAt = '2026-11-22T00:00:00.000Z';
  expect([{ dueAt, metAt: dueAt }, { dueAt }, { dueAt, metAt: '2026-11-22T00:00:00.001Z' }].map(isMissed)).toEqual([false, false, true]);
});

test('nothing is said of what never happened, and closing is', () => {
  const { closedAt: _closed, recoveredAt: _recovered, ...rest } = changed({}).incident;
  const open = { ...rest, clocks: { rootCause: { dueAt: rest.openedAt }, recovery: { dueAt: rest.openedAt } } };
  const told = summaryOfRecord({ ...fixture('recovered'), incident: open });
  for (const field of ['closedAt', 'recoveredAt', 'toRecover', 'toRootCause', 'toAcknowledge', 'ended']) expect(told).not.toHaveProperty(field);
  expect(durationsOf(open)).toEqual({ toDetect: 95_200, open: 0 });
  const after = (seconds: number) => new Date(Date.parse(open.openedAt) + seconds * 1_000).toISOString();
  const whole = { ...open, closedAt: after(90), recoveredAt: after(30), clocks: { ...open.clocks, rootCause: { dueAt: after(300), metAt: after(4) } }, decisions: [approval('p1', after(10)), approval('p2', after(20))] };
  expect(durationsOf(whole)).toEqual({ toDetect: 95_200, toRootCause: 4_000, toDecision: 20_000, toRecovery: 30_000, open: 90_000 });
  expect(summaryOfRecord({ ...fixture('recovered'), incident: whole, ended: { how: 'terminated' } as never })).toMatchObject({ closedAt: after(90), ended: 'terminated' });
});

test('of a cause that was found, not of one that was ruled out', () => {
  const causes = [{ id: 'first', title: SAME }, { id: 'second', title: SAME }] as never;
  const { treatedCause: _none, ...rest } = changed({ causes, rootCause: 'second' }).incident;
  expect(summaryOfRecord({ ...fixture('recovered'), incident: rest }).rootCause).toEqual({ id: 'second', title: SAME });
});

test('a rejection approves nothing, and what was only mitigated was brought back, too', () => {
  const rejection = { planId: 'p1', verdict: 'reject', at: '2026-11-21T23:59:54.000Z', actor: 'a' } as never;
  expect(summaryOfRecord(changed({ outcome: 'recovered', mutations: [mutation('p1')], decisions: [rejection] })).course).toBe('automatic');
  expect(summaryOfRecord(changed({ outcome: 'mitigated', mutations: [mutation('p1')], decisions: [approval('p1')] })).course).toBe('approved');
});

test('what was found as it should be was not tried, and an undo that found nothing to do undid nothing', () => {
  const trials = (mutations: MutationRecord[], plans = [plan('p1', 'evict'), plan('p2', 'restore')]) => summaryOfRecord(changed({ outcome: 'recovered', recoveredAt: '2026-11-21T23:59:58.000Z', mutations, plans })).remedies;
  expect(trials([mutation('p1', 'unchanged'), mutation('p2')])).toEqual([{ remedy: 'restore', helped: true }]);
  expect(trials([mutation('p2'), mutation('p2', 'unchanged', true)])).toEqual([{ remedy: 'restore', helped: true }]);
  expect(trials([mutation('p1'), mutation('p2')], [{ kind: 'refused', remedy: 'evict' } as never, plan('p2', 'restore')])).toEqual([{ remedy: 'restore', helped: true }]);
});

test('the first act counts, whichever list it stands in', () => {
  const note = (at: string) => ({ at, actor: 'kim', text: 'looking' }) as never;
  const acknowledged = summaryOfRecord(changed({ notes: [note('2026-11-21T23:59:50.200Z')], decisions: [approval('p1', '2026-11-21T23:59:58.200Z')] })).toAcknowledge;
  expect(acknowledged).toBe(4_000);
  expect(summaryOfRecord(changed({ notes: [note('2026-11-21T23:59:58.200Z')], decisions: [approval('p1', '2026-11-21T23:59:50.200Z')] })).toAcknowledge).toBe(4_000);
});
