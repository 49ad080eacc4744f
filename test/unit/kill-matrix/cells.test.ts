import { allCells, MATRICES, ranged, sampled, seedOfDay } from '../../../infra/kill-matrix/cells';

const EXTENT = { events: 40, writes: 3 };

test('there is a cell for every event and victim, and for both moments of every write', () => {
  const cells = allCells(EXTENT, MATRICES);
  expect(cells.filter(({ matrix }) => matrix === 'worker').map(({ index }) => index)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  expect(cells.filter(({ matrix }) => matrix === 'temporal')).toHaveLength(40);
  expect(cells.filter(({ matrix }) => matrix === 'write').map(({ victim, index, moment }) => `${victim} ${index} ${moment}`)).toEqual([
    'worker 1 received', 'worker 1 applied', 'worker 2 received', 'worker 2 applied', 'worker 3 received', 'worker 3 applied',
    'temporal 1 received', 'temporal 1 applied', 'temporal 2 received', 'temporal 2 applied', 'temporal 3 received', 'temporal 3 applied',
  ]);
  expect(new Set(cells.map(({ cluster }) => cluster)).size).toBe(cells.length);
});

test('a sample has cells of every matrix, is the same for a seed, and another for another', () => {
  const cells = allCells(EXTENT, MATRICES);
  const sample = sampled(cells, 8, 1);
  expect(MATRICES.map((matrix) => sample.filter((cell) => cell.matrix === matrix).length)).toEqual([3, 3, 2]);
  expect(sampled(cells, 8, 1)).toEqual(sample);
  expect(sampled(cells, 8, 2)).not.toEqual(sample);
});

test('a sample of one matrix is of that one', () => {
  expect(sampled(allCells(EXTENT, ['write']), 4, 1).map(({ matrix }) => matrix)).toEqual(['write', 'write', 'write', 'write']);
});

test('the seed of a day is its date', () => {
  expect(seedOfDay(new Date('2026-03-04T23:59:59Z'))).toBe(20260304);
});

test('a range is of one matrix; what is written otherwise is refused', () => {
  const cells = allCells(EXTENT, MATRICES);
  expect(ranged(cells, 'temporal:3-5').map(({ matrix, index }) => [matrix, index])).toEqual([['temporal', 3], ['temporal', 4], ['temporal', 5]]);
  expect(ranged(cells, 'worker:7').map(({ index }) => index)).toEqual([7]);
  expect(() => ranged(cells, '3-5')).toThrow('expected <matrix>:<index>');
});
