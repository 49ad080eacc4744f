import { setTimeout as delay } from 'node:timers/promises';
import type { IncidentStatus } from '../../workflows/contracts';
import { breakLab, healLab } from '../lab/injection/engine';
import { labPaths } from '../lab/paths';
import { auditFaults, mutationsSince } from './audit-log';
import { decide } from './follow';
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

/** Long enough for the first alert, and for one incident after the other. */
const ALL_CLOSED_WITHIN_MS = 15 * 60_000;
const FIRST_WITHIN_MS = 5 * 60_000;

/** Injects faults one right after the other, and sees every incident through. A hand-over is healed as a person would. */
export async function drillTogether(nightshift: LabNightshift, faults: readonly string[], { seed, say }: { seed: number; say: (text: string) => void }): Promise<TogetherResult> {
  const paths = labPaths();
  await healthy(say);
  await quiet(nightshift, say);
  const { auditLog, factor } = await runningLab();
  const since = new Date().toISOString();
  const seen = new Map<string, IncidentStatus>();
  const causes = new Map<string, Set<string>>();
  const problems: string[] = [];
  try {
    for (const [index, fault] of faults.entries()) {
      say(`${fault}: injecting (seed ${seed + index})`);
      await breakLab(paths, fault, seed + index, () => undefined);
    }
    await followAll(nightshift, seen, causes, say);
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
  return { faults: [...faults], seed, factor, incidents: statuses.map((status) => summary(status, causes)), problems };
}

async function followAll(nightshift: LabNightshift, seen: Map<string, IncidentStatus>, causes: Map<string, Set<string>>, say: (text: string) => void): Promise<void> {
  const begun = Date.now();
  let healed = false;
  for (;;) {
    const open = await nightshift.openIncidents().catch(() => undefined);
    for (const publicId of new Set([...seen.keys(), ...(open ?? []).map((item) => item.publicId)])) {
      const status = await nightshift.incident(publicId).catch(() => undefined);
      if (!status || status.workerAway) continue;
      if (seen.get(publicId)?.phase !== status.phase) say(`  ${publicId} (${status.failureDomain}): ${status.phase}`);
      seen.set(publicId, status);
      if (status.rootCause) causes.set(publicId, (causes.get(publicId) ?? new Set()).add(status.rootCause));
      await decide(nightshift, status, say);
      if (status.phase === 'waiting' && !healed) {
        healed = true;
        say(`  ${publicId} was handed over: healing by hand`);
        await healLab(labPaths(), undefined, () => undefined);
      }
    }
    if (seen.size > 0 && open?.length === 0) return;
    if (seen.size === 0 && Date.now() - begun > FIRST_WITHIN_MS) throw new Error('No alert opened an incident.');
    if (Date.now() - begun > ALL_CLOSED_WITHIN_MS) return;
    await delay(500);
  }
}

function summary({ publicId, failureDomain, incidentClass, outcome, openedAt, closedAt, mutations }: IncidentStatus, causes: Map<string, Set<string>>): TogetherResult['incidents'][number] {
  return {
    publicId, failureDomain, incidentClass,
    causes: [...(causes.get(publicId) ?? [])],
    outcome: outcome ?? 'open',
    seconds: Math.round((Date.parse(closedAt ?? new Date().toISOString()) - Date.parse(openedAt)) / 1_000),
    mutations: mutations.map(({ result, object, undo }) => `${undo ? 'undo: ' : ''}${result} ${object.kind}/${object.name}`),
  };
}
