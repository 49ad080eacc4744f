import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { IncidentStatus } from '../../workflows/contracts';
import { performAll } from '../lab/injection/engine';
import { operations } from '../lab/injection/fault-file';
import { PART_NAMES } from '../lab/parts';
import { labPaths } from '../lab/paths';
import { mutationsSince } from './audit-log';
import { lookAtAll, type Seen } from './follow';
import type { LabNightshift } from './lab-nightshift';
import { healthy, quiet, runningLab } from './rest';
import { situationsIn } from './situations';

const situation = z.strictObject({
  title: z.string(),
  needs: z.array(z.enum(PART_NAMES)).default([]),
  inject: operations.default([]),
  heal: operations.default([]),
  alerts: z.strictObject({ labels: z.record(z.string(), z.string()), summary: z.string(), times: z.int().positive().default(1), everySeconds: z.number().positive().default(5) }).optional(),
  /** How long the situation is watched. */
  seconds: z.number().positive().default(30),
});

export type Situation = z.output<typeof situation>;

/** What one situation came to: every incident it opened, and what was written. */
export interface CalmResult {
  situation: string;
  seed: number;
  factor: number;
  incidents: Array<{ publicId: string; incidentClass: string; rootCause: string; outcome: string; because: string; proposed: string[] }>;
  /** Writes of Nightshift's service account, by the API server's audit log. */
  mutations: string[];
  problems: string[];
}

const CLOSED_WITHIN_MS = 6 * 60_000;

/** Situations that need no repair, by ID. @throws ZodError naming situation and field */
export function loadSituations(): Record<string, Situation> {
  return situationsIn('calm.yaml', situation);
}

/** Plays one situation. Nobody approves anything: a plan that is proposed is rejected, and counts against us. */
export async function calmDrill(nightshift: LabNightshift, id: string, { inject, heal, alerts, seconds }: Situation, { seed, say }: { seed: number; say: (text: string) => void }): Promise<CalmResult> {
  await healthy(say);
  await quiet(nightshift, say);
  const { auditLog, factor } = await runningLab();
  const since = new Date().toISOString();
  say(`${id}: begins (seed ${seed})`);
  const seen: Seen = new Map();
  const watching = watch(nightshift, seen, say);
  try {
    await performAll(labPaths(), inject, seed, () => undefined);
    if (alerts) await sendAlerts(nightshift, alerts);
    await delay(seconds * 1_000);
    await performAll(labPaths(), heal, seed, () => undefined);
    await untilClosed(nightshift);
  } finally {
    await watching.stop();
  }
  const mutations = mutationsSince(auditLog, since).map(({ verb, object }) => `${verb} ${object}`);
  const incidents = [...seen.values()].map(summary);
  const proposed = incidents.flatMap(({ publicId, proposed: plans }) => plans.map((plan) => `${publicId} proposed ${plan}`));
  return { situation: id, seed, factor, incidents, mutations, problems: [...mutations.map((mutation) => `changed: ${mutation}`), ...proposed] };
}

async function sendAlerts(nightshift: LabNightshift, { labels, summary: text, times, everySeconds }: NonNullable<Situation['alerts']>): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const alert = { labels, annotations: { summary: text }, startsAt: new Date().toISOString() };
    await nightshift.webhook([{ ...alert, status: 'firing' }]);
    await delay(everySeconds * 1_000);
    await nightshift.webhook([{ ...alert, status: 'resolved', endsAt: new Date().toISOString() }]);
    if (time + 1 < times) await delay(everySeconds * 1_000);
  }
}

/** Looks at whatever is open, keeps its last state, and rejects what it proposes. */
function watch(nightshift: LabNightshift, seen: Seen, say: (text: string) => void): { stop(): Promise<void> } {
  let running = true;
  const look = () => lookAtAll(nightshift, seen, async ({ publicId, failureDomain, waiting }, before) => {
    if (!before) say(`  ${publicId} opened for ${failureDomain}`);
    if (waiting?.for === 'approval') await nightshift.cli(['reject', publicId, '--yes', '--reason', 'nothing needs to be repaired']);
  });
  const loop = (async () => {
    while (running) {
      await look();
      await delay(500);
    }
    await look();
  })();
  return {
    stop: async () => {
      running = false;
      await loop;
    },
  };
}

async function untilClosed(nightshift: LabNightshift): Promise<void> {
  for (const deadline = Date.now() + CLOSED_WITHIN_MS; (await nightshift.openIncidents()).length > 0; ) {
    if (Date.now() > deadline) throw new Error(`Still open after ${CLOSED_WITHIN_MS / 1_000} s: ${(await nightshift.openIncidents()).map(({ publicId }) => publicId).join(', ')}`);
    await delay(1_000);
  }
}

function summary({ publicId, incidentClass, rootCause, outcome, timeline, plans }: IncidentStatus): CalmResult['incidents'][number] {
  const because = timeline.findLast(({ event }) => event === 'outcome')?.text.en ?? '';
  return { publicId, incidentClass, rootCause: rootCause ?? '-', outcome: outcome ?? 'open', because, proposed: plans.flatMap((result) => (result.kind === 'planned' ? [result.plan.use] : [])) };
}
