import os from 'node:os';
import { allCells, ranged, REFERENCE, sampled, type Cell, type Extent, type Matrix } from './cells';
import { playCell, type CellResult } from './cell';
import { Lane } from './lane';
import { PracticeApi } from './practice-api';

export interface MatrixOptions {
  matrices: readonly Matrix[];
  /** This many cells by chance; all of them when absent. */
  sample?: number;
  /** Only these: "temporal:1-50". */
  ranges?: readonly string[];
  seed: number;
  /** How many Nightshifts play cells side by side. */
  lanes: number;
  /** Told of each cell as it ends. */
  report: (result: CellResult, done: number, of: number) => void;
}

export interface MatrixResult {
  reference: CellResult;
  cells: CellResult[];
  minutes: number;
  /** Folders with the logs of lanes in which a cell failed. */
  kept: string[];
}

/** Records the incident once undisturbed, then plays every cell and compares. @throws Error when the reference itself fails */
export async function runMatrix(options: MatrixOptions): Promise<MatrixResult> {
  const began = Date.now();
  const api = await PracticeApi.start();
  try {
    const reference = await recordReference(api);
    const cells = chosen(options, { events: reference.length, writes: reference.trace?.mutations.length ?? 0 });
    const results: CellResult[] = [];
    const report = (result: CellResult) => {
      results.push(result);
      options.report(result, results.length, cells.length);
    };
    // Dealt out one by one: neighbouring cells take about as long as each other.
    const hands = Array.from({ length: Math.min(options.lanes, cells.length) }, (_, lane) => cells.filter((_cell, index) => index % options.lanes === lane));
    const playing: Array<Promise<string[]>> = [];
    // Lanes are opened one after the other, so that they do not all kill at the same moment for ever after.
    for (const hand of hands) {
      const lane = playLane(await Lane.open(hand.map(({ cluster }) => cluster), api), api, hand, reference, report);
      // A lane that fails while others are opened is heard below.
      lane.catch(() => undefined);
      playing.push(lane);
    }
    const kept = (await Promise.all(playing)).flat();
    return { reference, cells: cells.flatMap((cell) => results.filter((result) => result.cell === cell)), minutes: (Date.now() - began) / 60_000, kept };
  } finally {
    await api.stop();
  }
}

function chosen({ matrices, ranges, sample, seed }: MatrixOptions, extent: Extent): Cell[] {
  const all = allCells(extent, matrices);
  const cells = ranges ? ranges.flatMap((range) => ranged(all, range)) : all;
  return sample === undefined ? cells : sampled(cells, sample, seed);
}

async function recordReference(api: PracticeApi): Promise<CellResult> {
  const lane = await Lane.open([REFERENCE.cluster], api);
  let failed = true;
  try {
    const reference = await playCell(lane, api, REFERENCE);
    failed = reference.faults.length > 0 || reference.trace?.outcome !== 'recovered' || reference.trace.leasesLeft.length > 0;
    if (failed) throw new Error(`The incident that nobody disturbs did not recover: ${reference.faults.join('; ') || JSON.stringify(reference.trace)}. See ${lane.folder}.`);
    return reference;
  } finally {
    await lane.close(failed);
  }
}

/** @returns the lane's folder, where a cell failed in it */
async function playLane(lane: Lane, api: PracticeApi, cells: readonly Cell[], reference: CellResult, report: (result: CellResult) => void): Promise<string[]> {
  let failed = false;
  try {
    for (const cell of cells) {
      const result = await playCell(lane, api, cell, reference.trace);
      failed ||= result.faults.length > 0;
      report(result);
    }
  } finally {
    await lane.close(failed);
  }
  return failed ? [lane.folder] : [];
}

/** Cells mostly wait for time-outs: about 3 s of CPU in half a minute, most of it for the worker that is started again. */
export function defaultLanes(): number {
  return 4 * os.cpus().length;
}
