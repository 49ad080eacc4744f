import { runInNewContext } from 'node:vm';
import { sameJson } from '../../../activities/same-json';

describe('sameness of JSON', () => {
  it('is of content, not of origin or order of keys', () => {
    expect(sameJson({ a: 1, b: [{ c: null }] }, runInNewContext('({ b: [{ c: null }], a: 1 })'))).toBe(true);
    expect(sameJson(undefined, undefined)).toBe(true);
    expect(sameJson(0, -0)).toBe(true);
  });

  it.each([[{ a: 1 }, { a: 2 }], [{ a: 1 }, { a: 1, b: 2 }], [{ a: 1 }, { b: 1 }], [[1, 2], [2, 1]], [[], {}], [null, {}], [null, undefined], ['1', 1], [{}, { toString: 1 }], [[1], { 0: 1 }]])('tells %j from %j', (a, b) => {
    expect(sameJson(a, b)).toBe(false);
    expect(sameJson(b, a)).toBe(false);
  });
});
