import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { labStatus } from '../lab/lab-status';
import { labDown } from '../lab/lab-down';
import { labUp } from '../lab/lab-up';
import { labPaths } from '../lab/paths';
import { DEFAULT_FACTOR } from '../lab/settings';
import { loadAnswers } from './answers';
import { drill, type DrillResult } from './drill';
import { LabNightshift } from './lab-nightshift';
import { drillMarkdown, drillTable } from './table';

interface DrillCommandOptions {
  fault?: string[];
  seed?: string;
  keep?: boolean;
  json?: boolean;
  markdown?: string;
}

/** Adds `nightshift drill`: real faults on the lab, found, decided, recovered and measured. */
export function registerDrillCommand(program: Command): void {
  program
    .command('drill')
    .description('inject real faults into the lab and measure what becomes of them (Linux, root)')
    .option('--fault <id...>', 'these only; all of them when not given')
    .option('--seed <number>', 'makes choices by chance repeatable')
    .option('--keep', 'leave the lab running afterwards')
    .option('--markdown <file>', 'also write the table as Markdown')
    .option('--json', 'print the results as JSON')
    .action(async (options: DrillCommandOptions) => {
      const seed = options.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(options.seed);
      const results = await runDrills(options.fault, seed, options.keep ?? false, (text) => console.error(text));
      if (options.markdown) writeFileSync(options.markdown, `${drillMarkdown(results)}\n`);
      console.log(options.json ? JSON.stringify(results, null, 2) : drillTable(results));
      if (results.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
    });
}

/** Runs faults one after the other on one lab, with one Nightshift. A fault that cannot be seen through counts as failed. */
export async function runDrills(ids: readonly string[] | undefined, seed: number, keep: boolean, say: (text: string) => void): Promise<DrillResult[]> {
  const answers = loadAnswers();
  const chosen = ids ?? Object.keys(answers);
  const unknown = chosen.filter((id) => !answers[id]);
  if (unknown.length > 0) throw new Error(`No answer is known for ${unknown.join(', ')}; infra/drill/answers.yaml has ${Object.keys(answers).join(', ')}.`);
  const { nightshift, end } = await nightshiftInLab(keep, say);
  const results: DrillResult[] = [];
  try {
    for (const [index, fault] of chosen.entries()) {
      const answer = answers[fault]!;
      results.push(await drill(nightshift, fault, answer, { seed: seed + index, say }).catch((error: unknown) => failed(fault, seed + index, answer.cause, error)));
    }
  } finally {
    await end();
  }
  return results;
}

/** A running lab, or one of our own, with Nightshift in it. `end` leaves nothing running, unless the lab was there before or is to be kept. */
export async function nightshiftInLab(keep: boolean, say: (text: string) => void): Promise<{ nightshift: LabNightshift; end: () => Promise<void> }> {
  const paths = labPaths();
  const before = await labStatus(paths);
  if (!before.running) await labUp(paths, { factor: DEFAULT_FACTOR }, say);
  const { lab } = await labStatus(paths);
  if (!lab) throw new Error('The lab came up and is gone again; its logs are in its folder.');
  const dataDir = path.join(paths.dir, `nightshift-${Date.now()}`);
  mkdirSync(dataDir, { recursive: true });
  const nightshift = new LabNightshift(lab, dataDir);
  const end = async () => {
    await nightshift.stop();
    if (!before.running && !keep) await labDown(paths);
  };
  try {
    await nightshift.start();
  } catch (error) {
    await end();
    throw error;
  }
  return { nightshift, end };
}

function failed(fault: string, seed: number, expectedCause: string, error: unknown): DrillResult {
  const reason = error instanceof Error ? error.message : String(error);
  return { fault, seed, factor: DEFAULT_FACTOR, publicId: '-', expectedCause, foundCause: '-', rank: 0, proposed: [], forbiddenProposed: [], steps: [], outcome: '-', alertSeconds: 0, causeSeconds: null, planSeconds: null, recoveredSeconds: null, closedSeconds: 0, auditFaults: [], problems: [reason] };
}
