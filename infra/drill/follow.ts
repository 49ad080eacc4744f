/** Sees incidents through, deciding by the command line as people would. */
import { setTimeout as delay } from 'node:timers/promises';
import type { IncidentStatus } from '../../workflows/contracts';
import { DECIDERS, type LabNightshift } from './lab-nightshift';

export interface FollowOptions {
  say: (text: string) => void;
  /** Called at each look at the incident, before anything is decided; a crash drill kills things here. */
  onLook?: ((status: IncidentStatus) => Promise<void> | void) | undefined;
  /** What the person does to whom the incident is handed over; called once. */
  onHandOver?: ((status: IncidentStatus) => Promise<void>) | undefined;
  closedWithinMs?: number | undefined;
}

/** What following takes of a Nightshift. */
type Followed = Pick<LabNightshift, 'requireRunning' | 'incident' | 'cli'>;

/** A receiver of the lab that was just started cuts its first block after twelve minutes, and refused uploads have to last before they are reported. */
const ALERT_WITHIN_MS = 16 * 60_000;
/** Generous, because CI machines are slow; a drill that ends here has failed. */
const CLOSED_WITHIN_MS = 10 * 60_000;
const LOOK_EVERY_MS = 400;

export async function firstIncident(nightshift: LabNightshift): Promise<string> {
  const deadline = Date.now() + ALERT_WITHIN_MS;
  for (;;) {
    const [first, ...others] = await nightshift.openIncidents();
    if (others.length > 0) throw new Error(`One fault opened ${others.length + 1} incidents: ${[first, ...others].map((item) => `${item?.publicId} (${item?.failureDomain})`).join(', ')}`);
    if (first) return first.publicId;
    if (Date.now() > deadline) throw new Error(`No alert opened an incident within ${ALERT_WITHIN_MS / 1_000} s.`);
    await delay(500);
  }
}

/** An incident that is still open when its time is over; `status` is how it stood when it last answered. */
export class NotClosedInTime extends Error {
  constructor(readonly publicId: string, readonly status: IncidentStatus | undefined, withinMs: number) {
    const timeline = status?.timeline.map(({ at, text }) => `${at.slice(11, 19)} ${text.en}`).join('\n') ?? '';
    super(`The incident ${publicId} did not close within ${withinMs / 1_000} s: ${status ? standing(status) : 'no answer'}\n${timeline}`.trimEnd());
    this.name = 'NotClosedInTime';
  }
}

/** What an incident has come to and what it waits for, on one line. */
function standing(status: IncidentStatus): string {
  const { phase, rootCause, waiting } = status;
  const reason = lastReason(status);
  return [`${phase}, cause ${rootCause ?? 'not named yet'}`, ...(waiting ? [`waits for ${waiting.text.en || waiting.for}`] : []), ...(reason === undefined ? [] : [reason])].join('; ');
}

/** The last outcome with its reason: "Outcome: handed over to a person. …". */
export function lastReason({ timeline }: Pick<IncidentStatus, 'timeline'>): string | undefined {
  return timeline.findLast(({ event }) => event === 'outcome')?.text.en;
}

/**
 * Decides on each plan that waits, as two people with the command line, until the incident is closed. One that is merged is seen
 * through with the incident that it is merged into, by which it is judged then: that one is treated for both.
 * @throws NotClosedInTime
 */
export async function seeThrough(nightshift: Followed, publicId: string, { say, onLook, onHandOver, closedWithinMs = CLOSED_WITHIN_MS }: FollowOptions): Promise<IncidentStatus> {
  const deadline = Date.now() + closedWithinMs;
  const seen: Seen = new Map();
  const ids = [publicId];
  let handedOver = false;
  for (;;) {
    nightshift.requireRunning();
    for (const id of ids) {
      const before = seen.get(id);
      if (before?.phase === 'closed') continue;
      const status = await nightshift.incident(id).catch(() => undefined);
      if (!status || status.workerAway) continue;
      seen.set(id, status);
      const { phase, leader } = status;
      if (phase !== before?.phase) say(`  ${id}: ${phase}`);
      if (leader && !ids.includes(leader.publicId)) {
        say(`  ${id}: merged into ${leader.publicId} (${leader.failureDomain})`);
        ids.push(leader.publicId);
      }
      if (phase === 'closed') continue;
      await onLook?.(status);
      // One that is merged waits for its leader, not for a person.
      if (phase === 'waiting' && !leader && !handedOver) {
        handedOver = true;
        say(`  ${id}: handed over`);
        await onHandOver?.(status);
      }
      await decide(nightshift, status, say);
    }
    const chain = chainOf(publicId, seen);
    const open = chain.findLast((id) => seen.get(id)?.phase !== 'closed');
    if (open === undefined) return seen.get(chain.at(-1)!)!;
    if (Date.now() > deadline) throw new NotClosedInTime(open, seen.get(open), closedWithinMs);
    await delay(LOOK_EVERY_MS);
  }
}

/** The incident, the one that it is merged into, and so on; the last is treated for all. One that is merged may still be given back. */
function chainOf(publicId: string, seen: Seen, before: readonly string[] = []): string[] {
  const status = seen.get(publicId);
  const leader = status?.phase !== 'closed' || status.outcome === 'merged' ? status?.leader : undefined;
  const chain = [...before, publicId];
  return leader && !chain.includes(leader.publicId) ? chainOf(leader.publicId, seen, chain) : chain;
}

/** What was seen of every incident since a drill began, by public ID. */
export type Seen = Map<string, IncidentStatus>;

type Open = Awaited<ReturnType<LabNightshift['openIncidents']>>;

/** Looks once at everything that is open or was. @returns what is open; undefined where the gateway did not say */
export async function lookAtAll(nightshift: LabNightshift, seen: Seen, onLook: (status: IncidentStatus, before: IncidentStatus | undefined) => Promise<void> | void): Promise<Open | undefined> {
  const open = await nightshift.openIncidents().catch(() => undefined);
  for (const publicId of new Set([...seen.keys(), ...(open ?? []).map((item) => item.publicId)])) {
    const before = seen.get(publicId);
    if (before?.phase === 'closed') continue;
    const status = await nightshift.incident(publicId).catch(() => undefined);
    if (!status || status.workerAway) continue;
    seen.set(publicId, status);
    await onLook(status, before);
  }
  return open;
}

export interface FollowAllOptions {
  say: (text: string) => void;
  seen: Seen;
  onLook?: (status: IncidentStatus) => Promise<void> | void;
  /** What the person does to whom an incident is handed over; `times` counts that incident's hand-overs. */
  onHandOver: (status: IncidentStatus, times: number) => Promise<unknown>;
  /** When the first incident has to be there at the latest. */
  firstWithinMs: number;
}

/** Long enough for one incident after the other. */
const ALL_CLOSED_WITHIN_MS = 15 * 60_000;

/** Sees every incident through that opens, as `seeThrough` does one, until none is open. What is open after a quarter of an hour stays so. */
export async function seeAllThrough(nightshift: LabNightshift, { say, seen, onLook, onHandOver, firstWithinMs }: FollowAllOptions): Promise<void> {
  const begun = Date.now();
  const handOvers = new Map<string, number>();
  for (;;) {
    nightshift.requireRunning();
    const open = await lookAtAll(nightshift, seen, async (status, before) => {
      const { publicId, failureDomain, phase } = status;
      if (before?.phase !== phase) say(`  ${publicId} (${failureDomain}): ${phase}`);
      await onLook?.(status);
      if (phase === 'waiting' && before?.phase !== 'waiting' && !status.leader) {
        const times = (handOvers.get(publicId) ?? 0) + 1;
        handOvers.set(publicId, times);
        say(`  ${publicId}: handed over`);
        await onHandOver(status, times);
      }
      await decide(nightshift, status, say);
    });
    if (seen.size > 0 && open?.length === 0) return;
    if (seen.size === 0 && Date.now() - begun > firstWithinMs) throw new Error(`No alert opened an incident within ${firstWithinMs / 1_000} s.`);
    if (Date.now() - begun > ALL_CLOSED_WITHIN_MS) return;
    await delay(500);
  }
}

/** `patched ConfigMap/prometheus-agent-config`, `undo: patched …`. */
export function changesInTurn({ mutations }: Pick<IncidentStatus, 'mutations'>): string[] {
  return mutations.map(({ result, object, undo }) => `${undo ? 'undo: ' : ''}${result} ${object.kind}/${object.name}`);
}

/** Seconds, whole ones; until now where it is still open. */
export function openSeconds({ openedAt, closedAt }: Pick<IncidentStatus, 'openedAt' | 'closedAt'>): number {
  return Math.round((Date.parse(closedAt ?? new Date().toISOString()) - Date.parse(openedAt)) / 1_000);
}

/** Every cause that was named, in turn; `unknown` where none was certain. */
export function causesInTurn({ timeline }: Pick<IncidentStatus, 'timeline'>): string[] {
  return [...new Set(timeline.flatMap(({ fact }) => fact?.cause ?? []))];
}

export async function decide(nightshift: Pick<LabNightshift, 'cli'>, { waiting, plan, decisions, publicId }: IncidentStatus, say: (text: string) => void): Promise<void> {
  if (waiting?.for !== 'approval' || !plan) return;
  const decided = decisions.filter(({ planId }) => planId === plan.id).length;
  const decider = DECIDERS[decided];
  if (!decider) return;
  const { code, stderr, stdout } = await nightshift.cli(['approve', publicId, '--yes'], decider);
  say(`  ${publicId}: ${decider} approves ${plan.id} (${plan.risk})${code === 0 ? '' : `: exit ${code}: ${stderr || stdout}`}`);
}
