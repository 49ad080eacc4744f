/** Quantiles of Prometheus histograms, as text expositions have them: cumulative buckets by `le`. */
import type { Sample } from './prometheus/gateway';

/** Observations per bucket: what was added between two looks, or all since the program's start where there was no look before. */
export function quantile(share: number, name: string, after: readonly Sample[], before: readonly Sample[] = [], matches: (labels: Record<string, string>) => boolean = () => true): number | null {
  const now = buckets(name, after, matches);
  const then = buckets(name, before, matches);
  const counts = [...now].map(([bound, count]) => ({ bound, count: Math.max(0, count - (then.get(bound) ?? 0)) })).sort((a, b) => a.bound - b.bound);
  const total = counts.at(-1)?.count ?? 0;
  if (total === 0) return null;
  const rank = share * total;
  const index = counts.findIndex(({ count }) => count >= rank);
  const { bound, count } = counts[index]!;
  const lower = index > 0 ? counts[index - 1]! : { bound: 0, count: 0 };
  // In the last bucket nothing is known but that it is more than the bound before.
  if (!Number.isFinite(bound)) return lower.bound;
  return count === lower.count ? bound : lower.bound + (bound - lower.bound) * ((rank - lower.count) / (count - lower.count));
}

function buckets(name: string, samples: readonly Sample[], matches: (labels: Record<string, string>) => boolean): Map<number, number> {
  const found = new Map<number, number>();
  for (const sample of samples) {
    if (sample.name !== `${name}_bucket` || !matches(sample.labels)) continue;
    const bound = sample.labels['le'] === '+Inf' ? Infinity : Number(sample.labels['le']);
    found.set(bound, (found.get(bound) ?? 0) + sample.value);
  }
  return found;
}
