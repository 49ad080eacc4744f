import type { ClusterAccess } from '../cluster-access';

/** Remote write repeats a line at most once a minute (domain F13): however fast the clocks run, less than two minutes may hold none. In seconds. */
const LEAST_LOOK_BACK = 120;
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** How far back logs are read; where the clocks run faster, an earlier fault's lines are not this one's. @param since `10m` */
export function lookBackSeconds({ config }: Pick<ClusterAccess, 'config'>, since: string): number {
  const seconds = Number(since.slice(0, -1)) * SECONDS[since.at(-1)!]!;
  return Math.ceil(Math.max(LEAST_LOOK_BACK, seconds * config.timeFactor));
}
