import type { BenchRow } from './measure';

/** Workers on demand do not exist yet; the budget is shown so that it is not forgotten. */
export const coldStart: BenchRow = {
  name: 'cold-start',
  run: async () => ({ what: 'zero workers → first probe (serverless)', ours: '–', raw: '–', value: '–', budget: '≤ 1.5 s', verdict: 'not yet', spread: '–', notes: [] }),
};
