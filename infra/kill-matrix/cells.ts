import { choose, seededRandom } from '../lab/injection/choose';
import type { Moment } from './practice-api';

export const MATRICES = ['worker', 'temporal', 'write'] as const;
export type Matrix = (typeof MATRICES)[number];

/** One incident, and where something is killed in it. */
export interface Cell {
  /** Of its own, so that no cell sees what another has left. */
  cluster: string;
  matrix: Matrix | 'reference';
  /** Event index, or the number of the write. */
  index: number;
  /** Absent in the reference, which nobody disturbs. */
  victim?: 'worker' | 'temporal';
  /** Of a write: as it arrives, or when it was carried out and is not answered yet. */
  moment?: Moment;
}

export const REFERENCE: Cell = { cluster: 'reference', matrix: 'reference', index: 0 };

/** What the reference had, and so how many cells there are. */
export interface Extent {
  events: number;
  writes: number;
}

/** Every cell of the matrices asked for. */
export function allCells({ events, writes }: Extent, matrices: readonly Matrix[]): Cell[] {
  return matrices.flatMap((matrix) => cellsOf(matrix, { events, writes }));
}

function cellsOf(matrix: Matrix, { events, writes }: Extent): Cell[] {
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  if (matrix !== 'write') return upTo(events).map((index) => ({ cluster: `${matrix}-${index}`, matrix, index, victim: matrix }));
  const moments = ['received', 'applied'] as const;
  const victims = ['worker', 'temporal'] as const;
  return victims.flatMap((victim) => upTo(writes).flatMap((index) => moments.map((moment) => ({ cluster: `write-${victim}-${index}-${moment}`, matrix, index, victim, moment }))));
}

/** `count` cells by chance, from every matrix about equally many. */
export function sampled(cells: readonly Cell[], count: number, seed: number): Cell[] {
  const random = seededRandom(seed);
  const present = MATRICES.filter((matrix) => cells.some((cell) => cell.matrix === matrix));
  return present.flatMap((matrix, position) => {
    const share = Math.floor(count / present.length) + (position < count % present.length ? 1 : 0);
    return choose(cells.filter((cell) => cell.matrix === matrix), share, random);
  });
}

/** Those of one matrix whose index is in a range: "temporal:1-50" or "write:3". @throws Error when it is written otherwise */
export function ranged(cells: readonly Cell[], range: string): Cell[] {
  const [, matrix, from, to] = /^(\w+):(\d+)(?:-(\d+))?$/.exec(range) ?? [];
  if (from === undefined) throw new Error(`--cells ${range}: expected <matrix>:<index> or <matrix>:<from>-<to>.`);
  return cells.filter((cell) => cell.matrix === matrix && cell.index >= Number(from) && cell.index <= Number(to ?? from));
}

/** A seed that is the same for a whole day, so that a red run can be repeated by date alone. */
export function seedOfDay(now: Date): number {
  return Number(now.toISOString().slice(0, 10).replaceAll('-', ''));
}
