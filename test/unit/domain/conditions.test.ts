import type { Condition, Evidence } from '../../../workflows/contracts';
import { evaluate } from '../../../workflows/domain/conditions';

const answered = (probe: string, fields: Evidence['fields']): Evidence => ({ probe, use: 'x', status: 'answered', at: '', fields, summary: '' });
const evidence: Evidence[] = [
  answered('pods', { ready: 1, names: ['a', 'b'], none: [], reason: 'CrashLoopBackOff', stuck: true, lag: null }),
  { probe: 'silent', use: 'x', status: 'unanswered', at: '', fields: {}, summary: '' },
];
const pods = (rest: object) => ({ probe: 'pods', ...rest }) as Condition;
const silent: Condition = { probe: 'silent', field: 'x', is: 1 };
const yes = pods({ field: 'ready', is: 1 });
const no = pods({ field: 'ready', is: 2 });

test.each<[string, Condition, string]>([
  ['is', yes, 'true'],
  ['is another', no, 'false'],
  ['isNot', pods({ field: 'ready', isNot: 2 }), 'true'],
  ['includes in a list', pods({ field: 'names', includes: 'a' }), 'true'],
  ['includes in a text', pods({ field: 'reason', includes: 'Crash' }), 'true'],
  ['includes in a number is not comparable', pods({ field: 'ready', includes: '1' }), 'unknown'],
  ['excludes', pods({ field: 'names', excludes: 'c' }), 'true'],
  ['above at the limit', pods({ field: 'ready', above: 1 }), 'false'],
  ['atLeast at the limit', pods({ field: 'ready', atLeast: 1 }), 'true'],
  ['below at the limit', pods({ field: 'ready', below: 1 }), 'false'],
  ['atMost at the limit', pods({ field: 'ready', atMost: 1 }), 'true'],
  ['a number that is not known', pods({ field: 'lag', above: 10 }), 'unknown'],
  ['isEmpty', pods({ field: 'none', isEmpty: true }), 'true'],
  ['isEmpty of something', pods({ field: 'names', isEmpty: true }), 'false'],
  ['a field that the probe does not have', pods({ field: 'nonsense', is: 1 }), 'unknown'],
  ['a probe that did not answer', silent, 'unknown'],
  ['a probe that was not asked', { probe: 'nobody', field: 'x', is: 1 }, 'unknown'],
  ['all, with one unknown', { all: [yes, silent] }, 'unknown'],
  ['all, with one false beside the unknown', { all: [no, silent] }, 'false'],
  ['any, with one true beside the unknown', { any: [yes, silent] }, 'true'],
  ['any, with one unknown', { any: [no, silent] }, 'unknown'],
  ['not', { not: no }, 'true'],
  ['not unknown', { not: silent }, 'unknown'],
  ['all of nothing', { all: [] }, 'true'],
  ['any of nothing', { any: [] }, 'false'],
])('%s', (_name, condition, truth) => {
  expect(evaluate(condition, evidence).truth).toBe(truth);
});

test('says what was seen, and what is missing', () => {
  expect(evaluate({ all: [yes, pods({ field: 'names', includes: 'a' })] }, evidence).seen).toEqual(['pods.ready is 1', 'pods.names is a, b']);
  expect(evaluate({ all: [yes, silent] }, evidence).missing).toEqual(['silent did not answer']);
});

test('what was seen is told in four figures', () => {
  const usage = answered('usage', { ratio: 1.0215250651041667, count: 402653184 });
  expect(evaluate({ all: [{ probe: 'usage', field: 'ratio', above: 0.9 }, { probe: 'usage', field: 'count', above: 1 }] }, [usage]).seen).toEqual(['usage.ratio is 1.022', 'usage.count is 402653184']);
});
