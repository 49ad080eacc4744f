import type { FixStatus, PermanentFixStatus, PublishedFix } from '../../../workflows/contracts';
import { fixAfter, isOpenFix, levelOf, openText, publishedFix, refusalOf, remindEveryMs, settledFix, withoutFailure } from '../../../workflows/domain/fixes';

const text = (en: string) => ({ en, ko: `${en} (ko)` });
const AT = '2026-03-04T12:00:00.000Z';
const CHANGE = [{ object: { apiVersion: 'v1', kind: 'Service', namespace: 'm', name: 's' }, edits: [] }];
const ON = { branch: 'nightshift/i/fix', commit: 'c', base: 'b' };
const fix = (change: object = {}) => ({ id: 'fix', title: text('Do it'), state: 'proposed', ...change }) as FixStatus;
const status = (change: object = {}) => ({ publicId: 'i', cluster: 'c', reminders: 0, fixes: [], ...change }) as PermanentFixStatus;

test('open is what is not in the cluster yet, as far as anybody can look', () => {
  const states = [fix(), fix({ state: 'published' }), fix({ state: 'merged' }), fix({ state: 'merged', change: CHANGE }), fix({ state: 'applied' }), fix({ state: 'declined' })];
  expect(states.map(isOpenFix)).toEqual([true, true, false, true, false, false]);
});

test('a message about a fix is taken where it names one that is open, says how it ended, and why it was declined', () => {
  const fixes = [fix(), fix({ id: 'waits', state: 'merged', change: CHANGE }), fix({ id: 'over', state: 'applied' })];
  const say = (id: string, state: string, reason?: string) => refusalOf(fixes, { fix: id, state, actor: 'kim', ...(reason !== undefined && { reason }) } as Parameters<typeof refusalOf>[1]);
  expect(say('fix', 'merged')).toBeUndefined();
  expect(say('fix', 'declined', 'not wanted')).toBeUndefined();
  expect(say('waits', 'applied')).toBeUndefined();
  expect(say('other', 'merged')).toBe('there is no fix other; there is fix, waits, over');
  expect(say('fix', 'done')).toBe('a fix is settled as merged, applied or declined');
  expect(say('fix', 'declined')).toBe('a fix is declined with a reason');
  expect(say('fix', 'declined', '')).toBe('a fix is declined with a reason');
  expect(say('over', 'declined', 'late')).toBe('the fix over was applied before');
  expect(say('waits', 'merged')).toBe('the fix waits was merged before');
});

test('what a person says ends it, except merged where the cluster can be asked', () => {
  const problem = { why: 'failed', reason: text('away') };
  expect(settledFix(fix({ problem }), { fix: 'fix', state: 'merged', actor: 'kim' }, AT)).toEqual(fix({ state: 'merged', actor: 'kim', settledAt: AT }));
  expect(settledFix(fix({ change: CHANGE }), { fix: 'fix', state: 'merged', actor: 'kim' }, AT)).toEqual(fix({ change: CHANGE, state: 'merged', actor: 'kim', mergedAt: AT }));
  expect(settledFix(fix({ change: CHANGE }), { fix: 'fix', state: 'declined', actor: 'kim', reason: 'not wanted' }, AT)).toEqual(fix({ change: CHANGE, state: 'declined', actor: 'kim', settledAt: AT, reason: 'not wanted' }));
  expect(settledFix(fix(), { fix: 'fix', state: 'applied', actor: 'kim' }, AT)).not.toHaveProperty('reason');
});

test('what came of bringing it into the repository', () => {
  const before = fix({ problem: { why: 'failed', reason: text('away') }, note: text('old') });
  const result = (value: object) => publishedFix(before, value as PublishedFix, AT);
  expect(result({ kind: 'published', change: CHANGE, on: ON })).toEqual(fix({ state: 'published', change: CHANGE, on: ON }));
  expect(result({ kind: 'published', change: CHANGE, on: ON, note: text('new') })).toHaveProperty('note', text('new'));
  expect(result({ kind: 'already', change: CHANGE })).toEqual(fix({ state: 'merged', change: CHANGE, mergedAt: AT }));
  const refused = publishedFix(fix({ state: 'published', change: CHANGE, on: ON }), { kind: 'refused', why: 'conflict', reason: text('no longer fits') } as unknown as PublishedFix, AT);
  expect(refused).toEqual(fix({ problem: { why: 'conflict', reason: text('no longer fits') } }));
});

test('what the repository and the cluster say', () => {
  const before = fix({ state: 'published', problem: { why: 'failed', reason: text('away') } });
  expect(fixAfter(before, { kind: 'merged', base: 'b' }, AT)).toEqual(fix({ state: 'merged', mergedAt: AT }));
  expect(fixAfter(before, { kind: 'merged', base: 'b', by: 'lee' }, AT)).toHaveProperty('actor', 'lee');
  expect(fixAfter(before, { kind: 'applied' }, AT)).toEqual(fix({ state: 'applied', settledAt: AT }));
  expect(fixAfter(before, { kind: 'declined', by: 'lee', reason: 'no' }, AT)).toEqual(fix({ state: 'declined', actor: 'lee', reason: 'no', settledAt: AT }));
  expect(fixAfter(before, { kind: 'reverted', detail: 'selector' }, AT)).toEqual(fix({ state: 'published', reverted: { at: AT, detail: 'selector' } }));
  expect(fixAfter(before, { kind: 'outdated', reason: text('moved') } as never, AT)).toEqual(fix({ state: 'published' }));
});

test('what could not be asked is asked again; what was refused is not', () => {
  expect(withoutFailure(fix({ problem: { why: 'failed', reason: text('x') } }))).toEqual(fix());
  const refused = fix({ problem: { why: 'conflict', reason: text('x') } });
  expect(withoutFailure(refused)).toBe(refused);
});

test('people hear of it every week, of what has come back every two days, and more of them the longer nobody acts', () => {
  expect([remindEveryMs(status()), remindEveryMs(status({ priority: 'raised' }))].map((ms) => ms / 86_400_000)).toEqual([7, 2]);
  expect([0, 1, 2, 3, 4, 5, 9].map((reminders) => levelOf(status({ reminders })))).toEqual([1, 1, 1, 2, 2, 3, 3]);
  expect([0, 1, 2, 3, 9].map((reminders) => levelOf(status({ reminders, priority: 'raised' })))).toEqual([2, 2, 2, 3, 3]);
});

test('a reminder says where each stands', () => {
  expect(openText(fix())).toEqual(text('Do it'));
  expect(openText(fix({ sameAs: 'earlier' })).en).toBe('Do it (see earlier)');
  expect(openText(fix({ state: 'published', on: ON })).en).toBe('Do it: waits to be merged, nightshift/i/fix');
  expect(openText(fix({ state: 'published', on: { ...ON, pullRequest: { number: 1, url: 'https://git/1' } } })).en).toBe('Do it: waits to be merged, https://git/1');
  expect(openText(fix({ state: 'published', on: ON, reverted: { at: AT, detail: 'x' } })).en).toBe('Do it: waits to be merged, nightshift/i/fix; its live change was taken back');
  expect(openText(fix({ state: 'merged', change: CHANGE, mergedAt: AT })).en).toBe('Do it: merged 2026-03-04, not seen in the cluster yet: is it synced?');
  expect(openText(fix({ problem: { why: 'conflict', reason: text('no longer fits') } })).en).toBe('Do it (no longer fits)');
});
