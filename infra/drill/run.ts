import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { labStatus } from '../lab/lab-status';
import { labDown } from '../lab/lab-down';
import { labUp } from '../lab/lab-up';
import { partsFor } from '../lab/injection/engine';
import { neededBy, type PartName } from '../lab/parts';
import { labPaths, type LabPaths } from '../lab/paths';
import { DEFAULT_FACTOR } from '../lab/settings';
import { adversityDrill, loadAdversities, type AdversityResult } from './adversity';
import { loadAnswers, type Answer } from './answers';
import { calmDrill, loadSituations, type CalmResult } from './calm';
import { drill, type DrillOptions as DrillOnce } from './drill';
import { LabNightshift, type Apart } from './lab-nightshift';
import { quiet } from './rest';
import type { DrillSet } from './sets';
import type { DrillResult } from './result';
import { silenceDrill, loadSilentSituations, TOLERATED_SECONDS, type SilenceResult } from './silence';
import { ablationTable, adversityTable, calmTable, drillMarkdown, drillTable, silenceTable, togetherTable } from './table';
import { drillTogether, type TogetherResult } from './together';

type Say = (text: string) => void;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What is drilled: one of these, or every fault. */
export interface DrillOptions {
  fault?: string[];
  set?: DrillSet;
  together?: string[];
  /** True: all of them. */
  calm?: string[] | true;
  silence?: string[] | true;
  adversity?: string[] | true;
  keep?: boolean;
}

interface Ran {
  results: ReadonlyArray<DrillResult | CalmResult | TogetherResult | SilenceResult | AdversityResult>;
  text: string;
  markdown: string;
}

/** Drills, and tells it in a table; `soFar` has it after each fault, since a set takes an hour. @throws when the lab cannot be brought up */
export async function runDrillCommand({ fault, set, together, calm, silence, adversity, keep = false }: DrillOptions, seed: number, say: Say, soFar: (ran: Ran) => void = () => undefined): Promise<Ran> {
  if (calm) return runCalm(calm, seed, keep, say, soFar);
  if (silence) return runSilence(silence, seed, keep, say, soFar);
  if (adversity) return runAdversity(adversity, seed, keep, say, soFar);
  if (together) return plainly([await onLab(keep, say, (nightshift) => drillTogether(nightshift, together, { seed, say }))], togetherTable);
  const told = (results: DrillResult[]): Ran => ({ results, text: `${drillTable(results)}\n\n${ablationTable(results)}`, markdown: `${drillMarkdown(results)}\n\n\`\`\`\n${ablationTable(results)}\n\`\`\`` });
  return told(await runDrills(fault ?? Object.keys(loadAnswers(set)), seed, keep, say, (results) => soFar(told(results))));
}

/** A table for the screen, and the same as it is for Markdown. */
function plainly<Result extends Ran['results'][number]>(results: readonly Result[], tableOf: (results: readonly Result[]) => string): Ran {
  const text = tableOf(results);
  return { results, text, markdown: `\`\`\`\n${text}\n\`\`\`` };
}

/** The Ruler evaluates the Watchdog, and the cluster's silence is tolerated for as long as the lab's clock says. */
function runSilence(ids: readonly string[] | true, seed: number, keep: boolean, say: Say, soFar: (ran: Ran) => void): Promise<Ran> {
  return onLab(keep, say, (nightshift) => each(chosenOf(loadSilentSituations(), ids), seed, (id, played, options) => silenceDrill(nightshift, id, played, { ...options, say }), {
    failed: (situation, problem, options) => ({ situation, ...options, factor: DEFAULT_FACTOR, incidents: [], problems: [problem] }),
    soFar: (results) => soFar(plainly(results, silenceTable)),
  }).then((results) => plainly(results, silenceTable)), ['query-path'], { watchdog: { tolerate: `${TOLERATED_SECONDS}s` } });
}

function runCalm(ids: readonly string[] | true, seed: number, keep: boolean, say: Say, soFar: (ran: Ran) => void): Promise<Ran> {
  const situations = chosenOf(loadSituations(), ids);
  return onLab(keep, say, (nightshift) => each(situations, seed, (id, situation, options) => calmDrill(nightshift, id, situation, { ...options, say }), {
    failed: (situation, problem, options) => ({ situation, ...options, factor: DEFAULT_FACTOR, incidents: [], mutations: [], problems: [problem] }),
    soFar: (results) => soFar(plainly(results, calmTable)),
  }).then((results) => plainly(results, calmTable)), neededBy(Object.values(situations)));
}

function runAdversity(ids: readonly string[] | true, seed: number, keep: boolean, say: Say, soFar: (ran: Ran) => void): Promise<Ran> {
  const situations = chosenOf(loadAdversities(), ids);
  return onLab(keep, say, (nightshift) => each(situations, seed, (id, played, options) => adversityDrill(nightshift, id, played, { ...options, say }), {
    failed: (situation, problem, options) => ({ situation, fault: situations[situation]!.fault, ...options, factor: DEFAULT_FACTOR, incidents: [], said: '', problems: [problem] }),
    soFar: (results) => soFar(plainly(results, adversityTable)),
  }).then((results) => plainly(results, adversityTable)), partsFor(Object.values(situations).map(({ fault }) => fault)));
}

function chosenOf<Situation>(situations: Record<string, Situation>, ids: readonly string[] | true): Record<string, Situation> {
  if (ids === true) return situations;
  const unknown = ids.filter((id) => !(id in situations));
  if (unknown.length > 0) throw new Error(`There is no situation ${unknown.join(', ')}; there are ${Object.keys(situations).join(', ')}.`);
  return Object.fromEntries(ids.map((id) => [id, situations[id]!]));
}

interface Telling<Result> {
  /** What stands for a situation that could not be seen through. */
  failed(id: string, problem: string, options: { seed: number }): Result;
  soFar(results: readonly Result[]): void;
}

/** Plays situations one after the other, each with a seed of its own. */
async function each<Situation, Result>(situations: Record<string, Situation>, seed: number, play: (id: string, situation: Situation, options: { seed: number }) => Promise<Result>, { failed, soFar }: Telling<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (const [index, [id, situation]] of Object.entries(situations).entries()) {
    const options = { seed: seed + index };
    results.push(await play(id, situation, options).catch((error: unknown) => failed(id, messageOf(error), options)));
    soFar(results);
  }
  return results;
}

/** Runs faults one after the other on one lab, with one Nightshift. A fault that cannot be seen through counts as failed. */
export async function runDrills(chosen: readonly string[], seed: number, keep: boolean, say: Say, soFar: (results: DrillResult[]) => void = () => undefined): Promise<DrillResult[]> {
  const answers = loadAnswers();
  const unknown = chosen.filter((id) => !answers[id]);
  if (unknown.length > 0) throw new Error(`No answer is known for ${unknown.join(', ')}; infra/drill/answers.yaml has ${Object.keys(answers).join(', ')}.`);
  return onLab(keep, say, async (nightshift) => {
    const results: DrillResult[] = [];
    for (const [index, fault] of chosen.entries()) {
      const answer = answers[fault]!;
      results.push(await aimedDrill(nightshift, fault, answer, { seed: seed + index, say }).catch((error: unknown) => failed(fault, seed + index, answer.cause.join(' or '), error)));
      for (const problem of results.at(-1)!.problems) say(`${fault}: ${problem}`);
      soFar(results);
    }
    return results;
  }, partsFor(chosen));
}

/** A fault may be about objects that a cluster has by other names: Nightshift is then configured for those. */
async function aimedDrill(nightshift: LabNightshift, fault: string, answer: Answer, options: DrillOnce): Promise<DrillResult> {
  await quiet(nightshift, options.say);
  await nightshift.aimAt(answer.targets ?? {});
  return drill(nightshift, fault, answer, options);
}

async function onLab<Result>(keep: boolean, say: Say, work: (nightshift: LabNightshift) => Promise<Result>, parts: readonly PartName[] = [], cluster: object = {}): Promise<Result> {
  const { nightshift, end } = await nightshiftInLab(keep, say, parts, cluster);
  try {
    return await work(nightshift);
  } finally {
    await end();
  }
}

/** Only the gateway runs; `prepare` comes before it. */
export interface ApartInLab extends Apart {
  prepare(paths: LabPaths): Promise<void>;
}

/** A running lab, or one of our own, with Nightshift in it. `end` leaves nothing running, unless the lab was there before or is to be kept. */
export async function nightshiftInLab(keep: boolean, say: Say, parts: readonly PartName[] = [], cluster: object = {}, apart?: ApartInLab): Promise<{ nightshift: LabNightshift; end: () => Promise<void> }> {
  const paths = labPaths();
  const before = await labStatus(paths);
  await labUp(paths, { factor: DEFAULT_FACTOR, parts }, say);
  const { lab } = await labStatus(paths);
  if (!lab) throw new Error('The lab came up and is gone again; its logs are in its folder.');
  const dataDir = path.join(paths.dir, `nightshift-${Date.now()}`);
  mkdirSync(dataDir, { recursive: true });
  const nightshift = new LabNightshift(lab, dataDir, paths, cluster, apart);
  const end = async () => {
    for (const signal of SIGNALS) process.off(signal, interrupted);
    await nightshift.stop();
    if (!before.running && !keep) await labDown(paths);
    else await nightshift.giveBackPermissions();
  };
  const interrupted = () => {
    say('Interrupted: ending what was started …');
    void end().finally(() => process.exit(130));
  };
  for (const signal of SIGNALS) process.once(signal, interrupted);
  try {
    await apart?.prepare(paths);
    await nightshift.start();
  } catch (error) {
    await end();
    throw error;
  }
  return { nightshift, end };
}

function failed(fault: string, seed: number, expectedCause: string, error: unknown): DrillResult {
  return { fault, seed, factor: DEFAULT_FACTOR, publicId: '-', expectedCause, foundCause: '-', rank: 0, proposed: [], forbiddenProposed: [], steps: [], outcome: '-', alertSeconds: 0, causeSeconds: null, planSeconds: null, recoveredSeconds: null, closedSeconds: 0, auditFaults: [], ablation: [], problems: [messageOf(error)] };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
