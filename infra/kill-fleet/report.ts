import os from 'node:os';
import { phasesText, ROUNDS, type FleetResult } from './run-fleet';

/** Kills, fates and what to make of them, as Markdown. */
export function reportOf({ kills, fates, reference, notes, seconds, kept }: FleetResult): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const header = ['killed', 'when', 'incidents, by phase', 'back after'];
  const rows = ROUNDS.flatMap((round) => kills.filter((kill) => kill.round === round).map(({ victim, phases, backSeconds }) => [victim, round, phasesText(phases), `${backSeconds.toFixed(1)} s`]));
  const bad = fates.filter(({ faults }) => faults.length > 0);
  const found = fates.reduce((sum, { foundDone }) => sum + foundDone, 0);
  const load = os.loadavg().map((value) => value.toFixed(1)).join(' ');
  return [
    ...[header, header.map(() => '---'), ...rows].map(line),
    '',
    `${fates.length - bad.length} of ${fates.length} incidents ended as the one that nobody disturbed: ${reference.outcome}, root cause ${reference.rootCause}, ${reference.mutations.length} write each, and once (${reference.mutations.join('; ')}); ${found} found it done when they tried again.`,
    `${os.cpus().length} cores, load ${load}, ${(seconds / 60).toFixed(1)} minutes.`,
    ...notes,
    ...bad.map(({ cluster, faults }) => `FAILED ${cluster}: ${faults.join('; ')}`),
    ...(kept ? [`Logs: ${kept}`] : []),
  ].join('\n');
}
