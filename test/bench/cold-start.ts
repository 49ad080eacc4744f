import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Cloud } from '../../infra/serverless/cloud';
import { coldStart as oneColdStart, STEPS, type FirstProbe } from '../../infra/serverless/measure';
import { projectRoot } from '../../infra/project';
import { median, type BenchRow } from './measure';

const BUDGET_MS = 1_500;

/** The gateway has taken a heartbeat, as it does all the time; nothing of a worker runs. `npm run serverless` says more. */
export const coldStart: BenchRow = {
  name: 'cold-start',
  run: async ({ quick }) => {
    const starts = await measure(quick ? 3 : 10);
    const totals = starts.map(({ total }) => total);
    const value = median(totals);
    const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`;
    return {
      what: 'zero workers → first probe (serverless)',
      ours: seconds(value),
      raw: '–',
      value: seconds(value),
      budget: '≤ 1.5 s',
      verdict: value <= BUDGET_MS ? 'ok' : 'MISSED',
      spread: `${seconds(Math.min(...totals))}–${seconds(Math.max(...totals))} (${starts.length} starts)`,
      notes: [STEPS.map((step, index) => `${step} ${Math.round(median(starts.map(({ steps }) => steps[index]!)))} ms`).join(', ')],
    };
  },
};

async function measure(rounds: number): Promise<FirstProbe[]> {
  const { buildFunctions } = (await import(path.join(projectRoot(), 'infra', 'functions', 'build.mjs'))) as { buildFunctions(): Promise<unknown> };
  await buildFunctions();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-cold-start-'));
  const cloud = await Cloud.open({ folder, window: 20_000, keepWarm: 2_000, say: (text) => console.error(text) });
  try {
    const starts: FirstProbe[] = [];
    for (let round = 0; round < rounds; round += 1) starts.push(await oneColdStart(cloud, 'warm'));
    return starts;
  } finally {
    await cloud.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
