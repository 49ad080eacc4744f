import type { PlannedStep } from '../../../workflows/contracts';
import { planHash } from '../../../workflows/domain/plan-hash';

const step: PlannedStep = { id: 's', action: 'patch', reason: { en: 'a', ko: 'a' }, object: { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'n', name: 'x', uid: 'u' }, changes: [{ path: '/spec/a', old: 1, new: 2 }] };
const plan = { cluster: 'c', use: 'r', steps: [step], inverse: [], plannedAt: 't' };

test('texts do not count, order of keys does not count', () => {
  const { id, action, reason, object, changes } = step;
  expect(planHash({ ...plan, steps: [{ changes, object, reason: { ...reason, en: 'other' }, action, id }] as PlannedStep[] })).toBe(planHash(plan));
});

test.each<[string, object]>([
  ['cluster', { cluster: 'd' }],
  ['remedy', { use: 's' }],
  ['time', { plannedAt: 'u' }],
  ['uid', { steps: [{ ...step, object: { ...step.object, uid: 'v' } }] }],
  ['value', { steps: [{ ...step, changes: [{ path: '/spec/a', old: 1, new: 3 }] }] }],
  ['path', { steps: [{ ...step, changes: [{ path: '/spec/b', old: 1, new: 2 }] }] }],
  ['an added step', { steps: [step, step] }],
  ['the inverse', { inverse: [step] }],
])('%s counts', (_name, change) => {
  expect(planHash({ ...plan, ...change })).not.toBe(planHash(plan));
});
