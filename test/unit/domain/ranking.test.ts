import type { CauseSpec, Evidence } from '../../../workflows/contracts';
import { CONFIDENCE_THRESHOLD, rankCauses } from '../../../workflows/domain/ranking';

const text = { en: 'x', ko: 'x' };
const cause = (id: string, change: Partial<CauseSpec> = {}): CauseSpec => ({ id, title: text, explanation: text, when: { probe: 'p', field: id, is: true }, supports: [], contradicts: [], confidence: 'high', impact: 'outage', remedies: ['r'], permanentFix: [], ...change });
const evidence = (fields: Evidence['fields']): Evidence[] => [{ probe: 'p', use: 'x', status: 'answered', at: '', fields, summary: '' }];

test('the confirmed cause comes first, the rejected last, with why it was ruled out', () => {
  const { causes, rootCause } = rankCauses({ causes: [cause('a'), cause('b')] }, evidence({ a: false, b: true }));
  expect(rootCause).toBe('b');
  expect(causes.map(({ id, verdict }) => [id, verdict])).toEqual([['b', 'confirmed'], ['a', 'rejected']]);
  expect(causes[1]).toMatchObject({ confidence: 0, remedies: [], contradicts: ['p.a is false'] });
});

test('a cause whose deciding evidence is missing stays below the threshold, however much supports it', () => {
  const supports = Array.from({ length: 20 }, () => ({ probe: 'p', field: 'b', is: true }));
  const { causes, rootCause } = rankCauses({ causes: [cause('a', { supports })] }, evidence({ b: true }));
  expect(rootCause).toBe('unknown');
  expect(causes[0]).toMatchObject({ verdict: 'possible', missing: ['p says nothing about a'] });
  expect(causes[0]?.confidence).toBeLessThan(CONFIDENCE_THRESHOLD);
});

test('support raises, contradiction lowers, missing support lowers a little', () => {
  const confidenceWith = (change: Partial<CauseSpec>) => rankCauses({ causes: [cause('a', { confidence: 'medium', ...change })] }, evidence({ a: true, b: true })).causes[0]?.confidence ?? 0;
  const plain = confidenceWith({});
  expect(confidenceWith({ supports: [{ probe: 'p', field: 'b', is: true }] })).toBeGreaterThan(plain);
  expect(confidenceWith({ contradicts: [{ probe: 'p', field: 'b', is: true }] })).toBeLessThan(plain - 0.1);
  expect(confidenceWith({ supports: [{ probe: 'q', field: 'b', is: true }] })).toBeLessThan(plain);
});

test('a low-confidence cause that is contradicted is not called the root cause', () => {
  const contradicted = cause('a', { confidence: 'low', contradicts: [{ probe: 'p', field: 'b', is: true }] });
  expect(rankCauses({ causes: [contradicted] }, evidence({ a: true, b: true })).rootCause).toBe('unknown');
});

test('equal confidence keeps the order of the file', () => {
  expect(rankCauses({ causes: [cause('b'), cause('a')] }, evidence({ a: true, b: true })).rootCause).toBe('b');
});

describe('what changed', () => {
  const changed = (...roles: string[]): Evidence[] => [{ probe: 'whatChanged', use: 'kubernetes.recentChanges', status: 'answered', at: '', fields: { changedBefore: roles }, summary: '' }, ...evidence({ a: true, b: true })];
  const causes = [cause('a', { about: ['agent'] }), cause('b', { about: ['hashring'] })];

  test('of two equal causes the one whose object changed just before comes first, and says so', () => {
    expect(rankCauses({ causes }, evidence({ a: true, b: true })).rootCause).toBe('a');
    const { causes: ranked } = rankCauses({ causes }, changed('hashring', 'query'));
    expect(ranked.map(({ id }) => id)).toEqual(['b', 'a']);
    expect(ranked[0]?.supports).toEqual(['p.b is true', 'whatChanged.changedBefore is hashring']);
  });

  test('it decides where nothing else can tell two certain causes apart, too', () => {
    const certain = Array.from({ length: 5 }, () => ({ probe: 'p', field: 'a', is: true }));
    const { causes: ranked } = rankCauses({ causes: causes.map((item) => ({ ...item, supports: certain })) }, changed('hashring'));
    expect(ranked.map(({ id, confidence }) => [id, confidence])).toEqual([['b', 0.99], ['a', 0.99]]);
  });

  test('a change confirms nothing by itself, and weighs less than a sign against it', () => {
    expect(rankCauses({ causes: [cause('c', { about: ['hashring'] })] }, changed('hashring'))).toMatchObject({ rootCause: 'unknown', causes: [{ verdict: 'possible' }] });
    const doubtful = cause('b', { about: ['hashring'], contradicts: [{ probe: 'p', field: 'a', is: true }] });
    expect(rankCauses({ causes: [doubtful, cause('a')] }, changed('hashring')).rootCause).toBe('a');
  });
});

describe('how much a cause is believed', () => {
  const judged = (change: Partial<CauseSpec>, fields: Evidence['fields'] = { a: true, yes: true, no: false }) => rankCauses({ causes: [cause('a', { confidence: 'medium', ...change })] }, evidence(fields)).causes[0]!;
  const yes = { probe: 'p', field: 'yes', is: true };
  const no = { probe: 'p', field: 'no', is: true };
  const unseen = { probe: 'q', field: 'x', is: true };

  test.each<[string, Partial<CauseSpec>, number]>([
    ['nothing else', {}, 0.7],
    ['two signs for it', { supports: [yes, yes] }, 0.76],
    ['a sign that is not there', { supports: [no] }, 0.7],
    ['a sign against it that is not there', { contradicts: [no] }, 0.7],
    ['one for it and one against it', { supports: [yes], contradicts: [yes] }, 0.58],
    ['a sign that could not be looked at', { supports: [unseen] }, 0.68],
    ['two signs that could not be looked at, for and against it', { supports: [unseen], contradicts: [unseen] }, 0.66],
    ['a way to hold that could not be looked at', { when: { any: [{ probe: 'p', field: 'a', is: true }, unseen] } }, 0.68],
    ['as much against it as there can be', { contradicts: [yes, yes, yes, yes, yes, yes] }, 0.05],
    ['as much for it as there can be', { supports: Array.from({ length: 20 }, () => yes) }, 0.99],
  ])('%s', (_name, change, confidence) => {
    expect(judged(change).confidence).toBe(confidence);
  });

  test('says what was seen for it and against it, and what could not be looked at, each once', () => {
    expect(judged({ supports: [yes, yes, no], contradicts: [yes, no], when: { all: [{ probe: 'p', field: 'a', is: true }, yes] } })).toMatchObject({ supports: ['p.a is true', 'p.yes is true'], contradicts: ['p.yes is true'], missing: [] });
    expect(judged({ supports: [unseen, unseen], contradicts: [unseen] }).missing).toEqual(['q did not answer']);
    expect(judged({ supports: [yes] }, { a: false, yes: true })).toMatchObject({ verdict: 'rejected', supports: [], contradicts: ['p.a is false'] });
  });

  test('brings its advice, its remedies and the class it leads to, where it has them', () => {
    expect(judged({ advice: text, leadsTo: 'disk-full' })).toMatchObject({ advice: text, leadsTo: 'disk-full', remedies: ['r'] });
    const bare = judged({});
    expect(bare).not.toHaveProperty('advice');
    expect(bare).not.toHaveProperty('leadsTo');
    // What is only possible has its remedies, for a person to choose.
    expect(judged({}, { yes: true }).remedies).toEqual(['r']);
  });
});

describe('what partly fits and could not be seen whole', () => {
  const unseen = { probe: 'q', field: 'x', is: true };
  const narrow = (change: Partial<CauseSpec> = {}) => cause('narrow', { when: { all: [{ probe: 'p', field: 'a', is: true }, unseen] }, ...change });
  const rootCause = (...causes: CauseSpec[]) => rankCauses({ causes }, evidence({ a: true, b: true })).rootCause;

  test('keeps a broad cause from being called the root cause, where it would be believed as much or more', () => {
    expect(rootCause(cause('a'))).toBe('a');
    expect(rootCause(narrow(), cause('a'))).toBe('unknown');
    expect(rootCause(narrow({ confidence: 'medium' }), cause('a'))).toBe('a');
    expect(rootCause(narrow({ confidence: 'medium' }), cause('a', { confidence: 'medium' }))).toBe('unknown');
    expect(rootCause(narrow({ contradicts: [{ probe: 'p', field: 'b', is: true }] }), cause('a'))).toBe('a');
  });

  test('does not where nothing of it was seen', () => {
    expect(rootCause(cause('narrow', { when: unseen }), cause('a'))).toBe('a');
  });

  test('one such cause among others is enough', () => {
    expect(rootCause(cause('b', { confidence: 'medium' }), narrow(), cause('a'))).toBe('unknown');
  });
});

test('exactly at the threshold a cause is named', () => {
  expect(rankCauses({ causes: [cause('a', { confidence: 'low' })] }, evidence({ a: true })).rootCause).toBe('a');
  expect(CONFIDENCE_THRESHOLD).toBe(0.5);
});

test('of nothing nothing is the root cause; the evidence is kept as it was', () => {
  const seen = evidence({ a: true });
  expect(rankCauses({ causes: [] }, seen)).toEqual({ causes: [], rootCause: 'unknown', evidence: seen });
});

test('only the probe of recent changes says what changed', () => {
  const other: Evidence[] = [{ probe: 'other', use: 'kubernetes.pods', status: 'answered', at: '', fields: { changedBefore: ['agent'], a: true }, summary: '' }, ...evidence({ a: true })];
  const [found] = rankCauses({ causes: [cause('a', { confidence: 'medium', about: ['agent'] })] }, other).causes;
  expect(found).toMatchObject({ confidence: 0.7, supports: ['p.a is true'] });
});
