import type { IncidentStatus } from '../../workflows/contracts';
import { breakLab, healLab } from '../lab/injection/engine';
import { labPaths } from '../lab/paths';
import { auditFaults, mutationsSince } from './audit-log';
import { causesInTurn, changesInTurn, openSeconds, seeAllThrough, type Seen } from './follow';
import type { LabNightshift } from './lab-nightshift';
import { healthy, quiet, runningLab } from './rest';

/** What several faults at once came to. */
export interface TogetherResult {
  faults: string[];
  seed: number;
  factor: number;
  incidents: Array<{ publicId: string; failureDomain: string; incidentClass: string; causes: string[]; outcome: string; seconds: number; mutations: string[] }>;
  problems: string[];
}

const FIRST_WITHIN_MS = 5 * 60_000;

/** Injects faults one right after the other, and sees every incident through. A hand-over is healed as a person would. */
export async function drillTogether(nightshift: LabNightshift, faults: readonly string[], { seed, say }: { seed: number; say: (text: string) => void }): Promise<TogetherResult> {
  const paths = labPaths();
  await healthy(say);
  await quiet(nightshift, say);
  const { auditLog, factor } = await runningLab();
  const since = new Date().toISOString();
  const seen: Seen = new Map();
  const problems: string[] = [];
  let healed = false;
  const onHandOver = async () => {
    if (healed) return;
    healed = true;
    await healLab(paths, undefined, () => undefined);
  };
  try {
    for (const [index, fault] of faults.entries()) {
      say(`${fault}: injecting (seed ${seed + index})`);
      await breakLab(paths, fault, seed + index, () => undefined);
    }
    await seeAllThrough(nightshift, { say, seen, onHandOver, firstWithinMs: FIRST_WITHIN_MS });
  } finally {
    await healLab(paths, undefined, () => undefined);
  }
  const statuses = [...seen.values()];
  const perDomain = new Map<string, string[]>();
  for (const { failureDomain, publicId, openedAt, closedAt } of statuses) {
    const overlapping = statuses.filter((other) => other.publicId !== publicId && other.failureDomain === failureDomain && other.openedAt < (closedAt ?? '9') && openedAt < (other.closedAt ?? '9'));
    if (overlapping.length > 0) perDomain.set(failureDomain, [publicId, ...overlapping.map((other) => other.publicId)]);
  }
  problems.push(...[...perDomain].map(([domain, ids]) => `several open incidents of ${domain}: ${ids.join(', ')}`));
  problems.push(...auditFaults(mutationsSince(auditLog, since), { mutations: statuses.flatMap(({ mutations }) => mutations) }));
  problems.push(...statuses.filter(({ phase }) => phase !== 'closed').map(({ publicId, phase }) => `${publicId} is still in ${phase}`));
  return { faults: [...faults], seed, factor, incidents: statuses.map(summary), problems };
}

function summary(status: IncidentStatus): TogetherResult['incidents'][number] {
  const { publicId, failureDomain, incidentClass, outcome } = status;
  return {
    publicId, failureDomain, incidentClass,
    causes: causesInTurn(status),
    outcome: outcome ?? 'open',
    seconds: openSeconds(status),
    mutations: changesInTurn(status),
  };
}
