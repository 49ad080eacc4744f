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
