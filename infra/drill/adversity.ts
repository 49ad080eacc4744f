import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { incidentView } from '../../workers/cli/views/incident';
import type { IncidentStatus } from '../../workflows/contracts';
import { breakLab, healLab, performAll } from '../lab/injection/engine';
import { operations } from '../lab/injection/fault-file';
import { labPaths } from '../lab/paths';
import { loadAnswers } from './answers';
import { auditFaults, mutationsSince } from './audit-log';
import { causesInTurn, changesInTurn, openSeconds, seeAllThrough, type Seen } from './follow';
import type { LabNightshift } from './lab-nightshift';
import { healthy, quiet, runningLab } from './rest';
import { situationsIn } from './situations';
import { undecided } from './undecided';

/** Moments of an incident, by its state. The first two are before it opens: before its fault is injected, and right after. */
const MOMENTS = {
  before: () => false,
  injected: () => false,
  approval: ({ waiting }) => waiting?.for === 'approval',
  changed: ({ mutations }) => mutations.length > 0,
} satisfies Record<string, (status: IncidentStatus) => boolean>;

const situation = z.strictObject({
  title: z.string(),
  fault: z.string(),
  when: z.enum(Object.keys(MOMENTS) as [keyof typeof MOMENTS]),
  disturb: operations.min(1),
  restore: operations.min(1),
  /** After which it is restored; where absent, whoever gets the incident restores it. */
  seconds: z.number().positive().optional(),
  says: z.array(z.string()).min(1),
  keeps: z.array(z.string()),
});

export type Adversity = z.output<typeof situation>;

const FIRST_WITHIN_MS = 4 * 60_000;

/** What one situation came to: one line for each incident. Seconds are real ones. */
export interface AdversityResult {
  situation: string;
  fault: string;
  seed: number;
  factor: number;
  incidents: Array<{ publicId: string; failureDomain: string; causes: string[]; handedOver: string[]; outcome: string; openSeconds: number; mutations: string[] }>;
  /** The screen (`nightshift show`) that said what could not be answered, the last time that one did. */
  said: string;
  problems: string[];
}

/** @throws ZodError naming situation and field */
export function loadAdversities(): Record<string, Adversity> {
  return situationsIn('adversity.yaml', situation);
}

/** Something that is done to the surroundings, and taken back once. */
class Disturbance {
  begun = false;
  private restored: Promise<void> | undefined;

  constructor(
    private readonly played: Adversity,
    private readonly seed: number,
    private readonly say: (text: string) => void,
  ) {}

  async begin(): Promise<void> {
    this.begun = true;
    this.say(`  disturbed: ${this.played.title}`);
    await performAll(labPaths(), this.played.disturb, this.seed, () => undefined);
    const { seconds } = this.played;
    if (seconds !== undefined) void delay(seconds * 1_000, undefined, { ref: false }).then(() => this.restore()).catch((error: unknown) => this.say(`  not restored: ${String(error)}`));
  }

  restore(): Promise<void> {
    if (!this.begun) return Promise.resolve();
    this.restored ??= performAll(labPaths(), this.played.restore, this.seed, () => undefined).then(() => this.say('  restored'));
    return this.restored;
  }
}

/** Injects a fault, disturbs Nightshift's surroundings at the given moment of its incident, and sees everything through that opens. */
export async function adversityDrill(nightshift: LabNightshift, id: string, played: Adversity, { seed, say }: { seed: number; say: (text: string) => void }): Promise<AdversityResult> {
  await healthy(say);
  await quiet(nightshift, say);
  const { auditLog, factor } = await runningLab();
  const since = new Date().toISOString();
  const seen: Seen = new Map();
  const screens: string[] = [];
  const disturbance = new Disturbance(played, seed, say);
  const look = async (status: IncidentStatus) => {
    if (!disturbance.begun && MOMENTS[played.when](status)) await disturbance.begin();
    if (disturbance.begun && status.phase !== 'closed') screens.push(incidentView(status));
  };
  const onHandOver = async ({ publicId }: IncidentStatus, times: number) => {
    await disturbance.restore();
    if (times === 1) await nightshift.command(['resume', publicId, '--reason', 'what was in the way is mended']);
    else await healLab(labPaths(), undefined, () => undefined);
  };
  say(`${id}: begins with ${played.fault} (seed ${seed})`);
  try {
    if (played.when === 'before') await disturbance.begin();
    await breakLab(labPaths(), played.fault, seed, () => undefined);
    if (played.when === 'injected') await disturbance.begin();
    await seeAllThrough(nightshift, { say, seen, onLook: look, onHandOver, firstWithinMs: FIRST_WITHIN_MS });
  } finally {
    await disturbance.restore();
    await healLab(labPaths(), undefined, () => undefined);
  }
  const statuses = [...seen.values()];
  const postmortems = statuses.map(({ publicId }) => path.join(nightshift.recordFolder(publicId), 'postmortem.md')).flatMap((file) => (existsSync(file) ? [readFileSync(file, 'utf8')] : []));
  const writes = auditFaults(mutationsSince(auditLog, since), { mutations: statuses.flatMap(({ mutations }) => mutations) });
  return {
    situation: id, fault: played.fault, seed, factor,
    incidents: statuses.map(summary),
    said: screens.findLast((screen) => played.says.some((words) => has(screen, words))) ?? '',
    problems: [
      ...(disturbance.begun ? [] : [`the moment "${played.when}" never came`]),
      ...played.says.filter((words) => !screens.some((screen) => has(screen, words))).map((words) => `no screen said "${words}"`),
      ...played.keeps.filter((words) => !postmortems.some((text) => has(text, words))).map((words) => `no postmortem says "${words}"`),
      ...wrongCauses(statuses, played.fault),
      ...statuses.flatMap(undecided),
      ...writes,
      ...statuses.filter(({ phase }) => phase !== 'closed').map(({ publicId, phase }) => `${publicId} is still in ${phase}`),
    ],
  };
}

/** Screens are wrapped, and Markdown is escaped. */
function has(text: string, words: string): boolean {
  return text.replace(/\\(?=[<>|_*[\]`])/g, '').replace(/\s+/g, ' ').includes(words);
}

/** Nothing may be named that is not so: the fault's own cause, one that led to it, or `unknown`. What else opens has to change nothing. */
export function wrongCauses(statuses: readonly IncidentStatus[], fault: string): string[] {
  const right = loadAnswers()[fault]?.cause ?? [];
  return statuses.flatMap((status) => {
    const onTheWay = (status.ledFrom ?? []).map(({ cause }) => cause);
    const wrong = causesInTurn(status).filter((cause) => cause !== 'unknown' && !right.includes(cause) && !onTheWay.includes(cause));
    return wrong.map((cause) => `${status.publicId} (${status.failureDomain}) named ${cause}, right is ${right.join(' or ')}`);
  });
}

function summary(status: IncidentStatus): AdversityResult['incidents'][number] {
  const { publicId, failureDomain, outcome, timeline } = status;
  return {
    publicId, failureDomain,
    causes: causesInTurn(status),
    handedOver: timeline.filter(({ event, text }) => event === 'outcome' && text.en.startsWith('Outcome: handed over')).map(({ text }) => text.en),
    outcome: outcome ?? 'open',
    openSeconds: openSeconds(status),
    mutations: changesInTurn(status),
  };
}
