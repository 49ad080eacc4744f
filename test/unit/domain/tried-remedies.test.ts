import type { Plan } from '../../../workflows/contracts';
import { TriedRemedies } from '../../../workflows/domain/tried-remedies';

const plan = (remedy: string, ...pods: string[]) => ({ remedy, steps: pods.map((name) => ({ id: name, action: 'evict', object: { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name, uid: `uid-${name}` } })) }) as unknown as Plan;

test('a remedy is new until somebody declines it or it was carried out', () => {
  const tried = new TriedRemedies();
  expect([tried.isNew('a'), tried.mayServeOthers('a')]).toEqual([true, false]);
  tried.decline('a');
  tried.didNotSuffice(plan('b', 'x'));
  expect(['a', 'b', 'c'].map((id) => tried.isNew(id))).toEqual([false, false, true]);
  expect(['a', 'b', 'c'].map((id) => tried.mayServeOthers(id))).toEqual([false, true, false]);
});

test('one that was carried out serves others where one object is none of those it was carried out on', () => {
  const tried = new TriedRemedies();
  tried.didNotSuffice(plan('b', 'x', 'y'));
  expect([plan('b', 'x'), plan('b', 'x', 'y'), plan('b', 'z'), plan('b', 'x', 'z'), plan('b')].map((next) => tried.servesOthers(next))).toEqual([false, false, true, true, false]);
  tried.didNotSuffice(plan('b', 'z'));
  expect(tried.servesOthers(plan('b', 'x', 'z'))).toBe(false);
  // What another remedy was carried out on says nothing of this one.
  expect(tried.servesOthers(plan('c', 'x'))).toBe(true);
});

test('by kind, namespace and name: a pod that was made anew under its name is the one that was not helped', () => {
  const tried = new TriedRemedies();
  tried.didNotSuffice(plan('b', 'x'));
  const changed = (change: object) => {
    const next = plan('b', 'x');
    Object.assign(next.steps[0]!.object, change);
    return tried.servesOthers(next);
  };
  expect([changed({ uid: 'another' }), changed({ kind: 'Service' }), changed({ namespace: 'other' }), changed({ name: 'y' })]).toEqual([false, true, true, true]);
});

test('what was declined after it was carried out serves nobody; another class begins with nothing tried', () => {
  const tried = new TriedRemedies();
  tried.didNotSuffice(plan('b', 'x'));
  tried.decline('b');
  expect(tried.mayServeOthers('b')).toBe(false);
  tried.clear();
  expect([tried.isNew('b'), tried.servesOthers(plan('b', 'x'))]).toEqual([true, true]);
});
