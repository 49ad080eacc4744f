import type { Condition, Evidence } from '../../../workflows/contracts';
import { evaluate, probesOf } from '../../../workflows/domain/conditions';

const answered = (probe: string, fields: Evidence['fields']): Evidence => ({ probe, use: 'x', status: 'answered', at: '', fields, summary: '' });
const evidence: Evidence[] = [
  answered('pods', { ready: 1, names: ['a', 'b'], none: [], reason: 'CrashLoopBackOff', stuck: true, lag: null, nothing: '' }),
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
  ['isNot what it is', pods({ field: 'ready', isNot: 1 }), 'false'],
  ['excludes what is there', pods({ field: 'names', excludes: 'a' }), 'false'],
  ['excludes of what cannot hold anything', pods({ field: 'ready', excludes: 'a' }), 'unknown'],
  ['above the limit', pods({ field: 'ready', above: 0 }), 'true'],
  ['atLeast more', pods({ field: 'ready', atLeast: 2 }), 'false'],
  ['below the limit', pods({ field: 'ready', below: 2 }), 'true'],
  ['atMost less', pods({ field: 'ready', atMost: 0 }), 'false'],
  ['isEmpty of what is not known', pods({ field: 'lag', isEmpty: true }), 'true'],
  ['isEmpty of a text', pods({ field: 'reason', isEmpty: true }), 'false'],
  ['isEmpty of an empty text', pods({ field: 'nothing', isEmpty: true }), 'true'],
  ['isEmpty: false of an empty list', pods({ field: 'none', isEmpty: false }), 'false'],
  ['any, all false', { any: [no, no] }, 'false'],
  ['all, all true', { all: [yes, yes] }, 'true'],
  ['all of nothing', { all: [] }, 'true'],
  ['any of nothing', { any: [] }, 'false'],
])('%s', (_name, condition, truth) => {
  expect(evaluate(condition, evidence).truth).toBe(truth);
});

test('says what was seen, and what is missing', () => {
  expect(evaluate({ all: [yes, pods({ field: 'names', includes: 'a' })] }, evidence).seen).toEqual(['pods.ready is 1', 'pods.names is a, b']);
  expect(evaluate({ all: [yes, silent] }, evidence).missing).toEqual(['silent did not answer']);
});

test('what decides is told without the rest; what holds tells, too, which of its other ways could not be looked at', () => {
  expect(evaluate({ all: [no, yes, silent] }, evidence)).toEqual({ truth: 'false', seen: ['pods.ready is 1'], missing: [] });
  expect(evaluate({ any: [no, yes, silent, silent] }, evidence)).toEqual({ truth: 'true', seen: ['pods.ready is 1'], missing: ['silent did not answer'] });
  expect(evaluate({ all: [yes, silent, silent] }, evidence)).toEqual({ truth: 'unknown', seen: ['pods.ready is 1'], missing: ['silent did not answer'] });
  expect(evaluate({ not: yes }, evidence)).toEqual({ truth: 'false', seen: ['pods.ready is 1'], missing: [] });
});

test('what is missing is told in words', () => {
  const missing = (condition: Condition) => evaluate(condition, evidence);
  expect(missing(pods({ field: 'nonsense', is: 1 }))).toEqual({ truth: 'unknown', seen: [], missing: ['pods says nothing about nonsense'] });
  expect(missing(pods({ field: 'lag', above: 10 }))).toEqual({ truth: 'unknown', seen: [], missing: ['pods.lag is not known, which cannot be compared'] });
  expect(evaluate(pods({ field: 'none', isEmpty: true }), evidence).seen).toEqual(['pods.none is empty']);
});

test('a condition asks the probes of all its parts', () => {
  expect(probesOf({ all: [yes, { any: [silent, { not: { probe: 'third', field: 'x', is: 1 } }] }] })).toEqual(['pods', 'silent', 'third']);
});

test('what was seen is told in four figures', () => {
  const usage = answered('usage', { ratio: 1.0215250651041667, count: 402653184 });
  expect(evaluate({ all: [{ probe: 'usage', field: 'ratio', above: 0.9 }, { probe: 'usage', field: 'count', above: 1 }] }, [usage]).seen).toEqual(['usage.ratio is 1.022', 'usage.count is 402653184']);
});
