import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { runningLab } from '../handle';
import { neededBy, type PartName } from '../parts';
import type { LabPaths } from '../paths';
import { seededRandom } from './choose';
import { loadFaults, type Fault, type Operation } from './fault-file';
import { perform } from './operations';

/** A fault that is in the lab now. */
export interface AppliedFault {
  readonly id: string;
  readonly seed: number;
  readonly at: string;
  /** Pods that were chosen, by the name that the fault gives them. */
  readonly selected: Readonly<Record<string, readonly string[]>>;
}

export class UnknownFault extends Error {
  constructor(id: string, known: readonly string[]) {
    super(`There is no fault "${id}". Known: ${known.join(', ')}.`);
    this.name = 'UnknownFault';
  }
}

/** Faults that were injected and not healed yet. */
export function appliedFaults(paths: LabPaths): AppliedFault[] {
  return existsSync(paths.appliedFaults) ? (JSON.parse(readFileSync(paths.appliedFaults, 'utf8')) as AppliedFault[]) : [];
}

/** Injects a fault and waits until it is in effect. @throws UnknownFault, NoLab */
export async function breakLab(paths: LabPaths, id: string, seed: number, say: (text: string) => void): Promise<AppliedFault> {
  const { parts } = runningLab(paths);
  const fault = findFault(id);
  const lacking = fault.needs.filter((part) => !parts.includes(part));
  if (lacking.length > 0) throw new Error(`${id} needs a lab with ${lacking.join(', ')}. End this one with "npx nightshift lab down", and start one with "npx nightshift lab up --with ${fault.needs.join(',')}".`);
  const at = new Date().toISOString();
  // Noted before it begins: a fault that is injected half-way has to be healed as well.
  const note = (selected: AppliedFault['selected']): AppliedFault => {
    const applied = { id, seed, at, selected };
    save(paths, [...appliedFaults(paths).filter((other) => other.id !== id), applied]);
    return applied;
  };
  note({});
  return note(await performAll(paths, fault.inject, seed, say));
}

/** The parts that a lab must have for these faults. @throws UnknownFault */
export function partsFor(ids: readonly string[]): PartName[] {
  return neededBy(ids.map(findFault));
}

/** Heals one fault, or every fault that is in the lab. @returns the IDs of what was healed */
export async function healLab(paths: LabPaths, id: string | undefined, say: (text: string) => void): Promise<string[]> {
  runningLab(paths);
  const ids = id === undefined ? appliedFaults(paths).map((fault) => fault.id) : [findFault(id).id];
  for (const each of ids) {
    await performAll(paths, findFault(each).heal, 0, say);
    save(paths, appliedFaults(paths).filter((fault) => fault.id !== each));
  }
  return ids;
}

function findFault(id: string): Fault {
  const faults = loadFaults();
  const fault = faults.find((known) => known.id === id);
  if (!fault) throw new UnknownFault(id, faults.map((known) => known.id));
  return fault;
}

/** Performs operations in order. @returns the pods that `select` chose, by name */
export async function performAll(paths: LabPaths, operations: readonly Operation[], seed: number, say: (text: string) => void): Promise<Record<string, string[]>> {
  const selected = new Map<string, string[]>();
  const random = seededRandom(seed);
  for (const operation of operations) await perform(operation, { paths, random, selected, say });
  return Object.fromEntries(selected);
}

function save(paths: LabPaths, faults: readonly AppliedFault[]): void {
  writeFileSync(paths.appliedFaults, `${JSON.stringify(faults, null, 2)}\n`);
}
