import { performance } from 'node:perf_hooks';

/** One row of the table. A row that was not measured has `not yet` and fails nothing. */
export interface RowResult {
  what: string;
  ours: string;
  raw: string;
  /** The ratio, or the number that the budget is about. */
  value: string;
  budget: string;
  verdict: 'ok' | 'MISSED' | 'not yet';
  spread: string;
  /** What else was seen; printed below the table. */
  notes: string[];
}

export interface RowOptions {
  /** Fewer runs: enough to see that a budget is far off, as in CI. */
  quick: boolean;
}

export interface BenchRow {
  /** For `--only`. */
  name: string;
  run(options: RowOptions): Promise<RowResult>;
}

/** Ours against raw Temporal in one run; the unit is the same on both sides. */
export interface Pair {
  ours: number;
  raw: number;
}

/** Milliseconds since 1970 with fractions, comparable to the server's event times on the same machine. */
export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('Nothing was measured.');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** How many interleaved runs the median is taken of. */
export function runsOf({ quick }: RowOptions): number {
  return quick ? 3 : 5;
}

/** Measures both sides in turn; who begins alternates, so that neither always has the warmer machine. */
export async function interleave(runs: number, ours: (run: number) => Promise<number>, raw: (run: number) => Promise<number>): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let run = 0; run < runs; run += 1) {
    if (run % 2 === 0) {
      const first = await ours(run);
      pairs.push({ ours: first, raw: await raw(run) });
    } else {
      const first = await raw(run);
      pairs.push({ ours: await ours(run), raw: first });
    }
  }
  return pairs;
}

/** Both sides' samples, one of each in turn, as the medians of one run. */
export async function alternate(samples: number, ours: () => Promise<number>, raw: () => Promise<number>): Promise<Pair> {
  const pairs = await interleave(samples, ours, raw);
  return { ours: median(pairs.map((pair) => pair.ours)), raw: median(pairs.map((pair) => pair.raw)) };
}

/** Does `jobs` jobs, `concurrency` at a time. @returns how many were done per second */
export async function rate(jobs: number, concurrency: number, job: (index: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const lane = async () => {
    while (next < jobs) await job(next++);
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: concurrency }, lane));
  return (jobs * 1000) / (performance.now() - began);
}

/** A row about a ratio: the median of the runs' ratios against the budget, with the ratios of all runs as spread. */
export function ratioRow(what: string, pairs: readonly Pair[], unit: string, budget: { atLeast: number } | { atMost: number }): RowResult {
  const ratios = pairs.map(({ ours, raw }) => ours / raw);
  const ratio = median(ratios);
  const kept = 'atLeast' in budget ? ratio >= budget.atLeast : ratio <= budget.atMost;
  const show = (value: number) => `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
  return {
    what,
    ours: show(median(pairs.map((pair) => pair.ours))),
    raw: show(median(pairs.map((pair) => pair.raw))),
    value: `${ratio.toFixed(2)} ×`,
    budget: 'atLeast' in budget ? `≥ ${budget.atLeast} ×` : `≤ ${budget.atMost} ×`,
    verdict: kept ? 'ok' : 'MISSED',
    spread: `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)} (${ratios.length} runs)`,
    notes: [],
  };
}
