import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { IncidentStatus } from '../../workflows/contracts';
import { FAILURE_DOMAINS, OUTCOMES } from '../../workflows/contracts/vocabulary';
import { performAll } from '../lab/injection/engine';
import { operations } from '../lab/injection/fault-file';
import { labPaths } from '../lab/paths';
import { auditFaults, mutationsSince } from './audit-log';
import { causesInTurn, changesInTurn, lookAtAll, seeAllThrough, type Seen } from './follow';
import type { LabNightshift } from './lab-nightshift';
import { healthy, heardOf, quiet, runningLab } from './rest';
import { oneOrMore, situationsIn } from './situations';
import { undecided } from './undecided';

const expected = z.strictObject({
  domain: z.enum(FAILURE_DOMAINS),
  openedBy: oneOrMore(z.string()),
  cause: oneOrMore(z.string()),
  outcome: z.array(z.enum(OUTCOMES)).min(1),
  because: z.string(),
});

const commands = z.array(z.array(z.string()).min(1)).default([]);

const situation = z.strictObject({
  title: z.string(),
  /** Given by the command line, in order: before anything is injected, and when everything is healed. */
  commands,
  afterwards: commands,
  inject: operations.min(1),
  heal: operations.min(1),
  /** Where nothing may open: how long it lasts, and for how long it is watched afterwards. */
  seconds: z.number().positive().default(60),
  expect: z.union([z.literal('nothing'), z.array(expected).min(1)]),
});

export type SilentSituation = z.output<typeof situation>;

/** How long no heartbeat may come: ten minutes by the lab's clock. */
export const TOLERATED_SECONDS = 30;
/** Starting the watchdog's run and its incident, on a machine that is busy. */
const LATE_SECONDS = 5;
const FIRST_WITHIN_MS = 4 * 60_000;

/** What one situation came to: one line for each incident. Seconds are real ones. */
export interface SilenceResult {
  situation: string;
  seed: number;
  factor: number;
  incidents: Array<{
    publicId: string;
    failureDomain: string;
    alerts: string[];
    /** Injection → opened; last heartbeat → opened; opened → the hop is named; opened → closed. */
    openedSeconds: number;
    silentSeconds: number | null;
    causeSeconds: number | null;
    closedSeconds: number | null;
    causes: string[];
    outcome: string;
    mutations: string[];
  }>;
  problems: string[];
}

/** @throws ZodError naming situation and field */
export function loadSilentSituations(): Record<string, SilentSituation> {
  return situationsIn('silence.yaml', situation);
}

/** Makes the lab fall silent in one way, and sees what Nightshift notices by itself through. */
export async function silenceDrill(nightshift: LabNightshift, id: string, played: SilentSituation, { seed, say }: { seed: number; say: (text: string) => void }): Promise<SilenceResult> {
  await healthy(say);
  await quiet(nightshift, say);
  await heardOf(nightshift, say);
  const { auditLog, factor } = await runningLab();
  const since = new Date().toISOString();
  const seen: Seen = new Map();
  const lastHeard = new Map<string, string>();
  const noteHeartbeat = async ({ publicId }: IncidentStatus) => {
    const at = lastHeard.has(publicId) ? undefined : (await nightshift.watchdog())?.lastHeartbeatAt;
    if (at) lastHeard.set(publicId, at);
  };
  const heal = () => performAll(labPaths(), played.heal, seed, () => undefined);
  const give = async (lines: readonly string[][]) => {
    for (const line of lines) await nightshift.command(line);
  };
  say(`${id}: begins (seed ${seed})`);
  const injectedAt = Date.now();
  try {
    await give(played.commands);
    await performAll(labPaths(), played.inject, seed, () => undefined);
    if (played.expect === 'nothing') await watchFor(nightshift, seen, played.seconds);
    else await seeAllThrough(nightshift, { say, seen, onLook: noteHeartbeat, onHandOver: heal, firstWithinMs: FIRST_WITHIN_MS });
  } finally {
    await heal();
    await heardOf(nightshift, say);
    await give(played.afterwards);
  }
  if (played.expect === 'nothing') await watchFor(nightshift, seen, played.seconds);
  const statuses = [...seen.values()];
  const incidents = statuses.map((status) => told(status, injectedAt, lastHeard.get(status.publicId)));
  const writes = [...auditFaults(mutationsSince(auditLog, since), { mutations: statuses.flatMap(({ mutations }) => mutations) }), ...statuses.flatMap(undecided)];
  return { situation: id, seed, factor, incidents, problems: [...silenceProblems(played.expect, incidents), ...writes] };
}

async function watchFor(nightshift: LabNightshift, seen: Seen, seconds: number): Promise<void> {
  for (const until = Date.now() + seconds * 1_000; Date.now() < until; await delay(1_000)) await lookAtAll(nightshift, seen, () => undefined);
}

type Told = SilenceResult['incidents'][number];

function told(status: IncidentStatus, injectedAt: number, lastHeardAt: string | undefined): Told {
  const { publicId, failureDomain, alerts, openedAt, closedAt, outcome, timeline } = status;
  const opened = Date.parse(openedAt);
  const after = (at: string | undefined, from = opened) => (at === undefined ? null : Math.round((Date.parse(at) - from) / 100) / 10);
  return {
    publicId, failureDomain,
    alerts: [...new Set(alerts.map(({ labels }) => labels['alertname'] ?? '?'))],
    openedSeconds: after(openedAt, injectedAt) ?? 0,
    silentSeconds: lastHeardAt === undefined ? null : after(openedAt, Date.parse(lastHeardAt)),
    causeSeconds: after(timeline.find(({ fact }) => fact?.cause !== undefined && fact.cause !== 'unknown')?.at),
    closedSeconds: after(closedAt),
    causes: causesInTurn(status),
    outcome: outcome ?? 'open',
    mutations: changesInTurn(status),
  };
}

/** What is not as the situation says. Of the incidents that it names the first has to be there; each has to be right. */
export function silenceProblems(expect: SilentSituation['expect'], incidents: readonly Told[]): string[] {
  const rights = expect === 'nothing' ? [] : expect;
  const missing = rights.length > 0 && !incidents.some(({ failureDomain }) => rights.some(({ domain }) => domain === failureDomain)) ? [`nothing opened for ${rights.map(({ domain }) => domain).join(' or ')}`] : [];
  // The first one notices the silence; what opens later is about the same.
  const noticed = Math.min(...incidents.flatMap(({ silentSeconds }) => silentSeconds ?? []));
  const late = noticed > TOLERATED_SECONDS + LATE_SECONDS && Number.isFinite(noticed) ? [`opened after ${noticed} s of silence, ${TOLERATED_SECONDS} are tolerated`] : [];
  return [...missing, ...late, ...incidents.flatMap((incident) => {
    const { publicId, failureDomain, alerts, causes, outcome } = incident;
    const right = rights.find(({ domain }) => domain === failureDomain);
    if (!right) return [`${publicId} opened for ${failureDomain}, by ${alerts.join(', ')}`];
    const named = causes.filter((cause) => cause !== 'unknown');
    return [
      ...(right.openedBy.includes(alerts[0] ?? '') ? [] : [`${publicId} was opened by ${alerts[0] ?? 'nothing'}, expected ${right.openedBy.join(' or ')}`]),
      ...(named.length > 0 && named.every((cause) => right.cause.includes(cause)) ? [] : [`${publicId}: named ${named.join(', ') || 'nothing'}, expected ${right.cause.join(' or ')}`]),
      ...(right.outcome.some((one) => one === outcome) ? [] : [`${publicId}: outcome ${outcome}, expected ${right.outcome.join(' or ')}`]),
    ];
  })];
}
