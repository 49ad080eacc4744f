import { readyNeeded, writeQuorum } from '../../../activities/quorum';

describe('the write quorum (domain F8)', () => {
  it.each([[1, 1], [2, 1], [3, 2], [4, 3], [5, 3]])('of replication factor %i is %i', (factor, quorum) => {
    expect(writeQuorum(factor)).toBe(quorum);
  });

  it.each([
    // members, factor, needed
    [3, 3, 2], [3, 1, 3], [3, 2, 2], [5, 3, 4], [1, 1, 1], [2, 3, 2], [0, 3, 2],
  ])('needs, of %i members with factor %i, %i ready', (members, factor, needed) => {
    expect(readyNeeded(members, factor)).toBe(needed);
  });
});
