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
