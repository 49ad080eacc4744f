import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import type { AdversityResult } from './adversity';
import type { CalmResult } from './calm';
import type { DrillResult } from './result';
import { TOLERATED_SECONDS, type SilenceResult } from './silence';
import type { TogetherResult } from './together';

/** The table of a drill, and its totals. */
export function drillTable(results: readonly DrillResult[]): string {
  const table = new Table({ head: ['fault', 'seed', 'cause found (rank)', 'proposed', 'alert s', 'cause s', 'plan s', 'decision → recovered s', 'closed s', 'outcome', 'audit', 'verdict'], style: { head: [], border: [] }, wordWrap: true, colWidths: [26, 8, 26, 24, 8, 8, 8, 12, 9, 12, 7, 30] });
  for (const result of results) {
    const { fault, seed, foundCause, rank, proposed, alertSeconds, causeSeconds, planSeconds, recoveredSeconds, closedSeconds, outcome, auditFaults, problems } = result;
    table.push([fault, seed, `${foundCause} (${rank})`, proposed.join(', '), alertSeconds, causeSeconds ?? '-', planSeconds ?? '-', recoveredSeconds ?? '-', closedSeconds, outcome, auditFaults.length === 0 ? 'ok' : 'DIFF', verdictOf(problems)]);
  }
  return `${table.toString()}\n${totals(results)}`;
}

/** A cell of a table takes no timeline: each problem by its first line, and of that the beginning. */
function verdictOf(problems: readonly string[]): string {
  return problems.map((problem) => problem.split('\n', 1)[0]!.slice(0, LONGEST_PROBLEM)).join('; ') || 'ok';
}
const LONGEST_PROBLEM = 200;

function totals(results: readonly DrillResult[]): string {
  const times = (pick: (result: DrillResult) => number | null) => results.map(pick).filter((value): value is number => value !== null).sort((a, b) => a - b);
  const spread = (values: number[]) => (values.length === 0 ? '-' : `median ${values[Math.floor(values.length / 2)]} s, worst ${values.at(-1)} s`);
  const first = results.filter(({ rank }) => rank === 1).length;
  const third = results.filter(({ rank }) => rank >= 1 && rank <= 3).length;
  return [
    `top-1 ${first}/${results.length}, top-3 ${third}/${results.length}, forbidden remedies proposed ${results.reduce((sum, { forbiddenProposed }) => sum + forbiddenProposed.length, 0)}`,
    `alert → cause: ${spread(times(({ causeSeconds }) => causeSeconds))} (target 5 min); decision → recovered: ${spread(times(({ recoveredSeconds }) => recoveredSeconds))} (target 15 min)`,
    `lab clock: factor ${results[0]?.factor ?? '-'}`,
  ].join('\n');
}

/** The same as Markdown, for `infra/docs/drills.md`. */
export function drillMarkdown(results: readonly DrillResult[]): string {
  const rows = results.map((result) => `| ${[result.fault, result.seed, result.factor, `${result.foundCause} (${result.rank})`, result.proposed.join(', '), result.forbiddenProposed.length, result.alertSeconds, result.causeSeconds ?? '-', result.planSeconds ?? '-', result.recoveredSeconds ?? '-', result.closedSeconds, result.outcome, verdictOf(result.problems)].join(' | ')} |`);
  return ['| fault | seed | factor | cause found (rank) | proposed | forbidden | injection → alert s | alert → cause s | alert → plan s | decision → recovered s | injection → closed s | outcome | verdict |', '|---|---|---|---|---|---|---|---|---|---|---|---|---|', ...rows].join('\n');
}

/** What each diagnosis becomes without each of its deciding probes. */
export function ablationTable(results: readonly DrillResult[]): string {
  const rows = results.flatMap(({ fault, ablation }) => ablation.map((row) => ({ fault, ...row })));
  const table = new Table({ head: ['fault', 'cause', 'without', 'sure', 'then', 'verdict', 'result'], style: { head: [], border: [] } });
  for (const { fault, cause, probe, before, after, verdict, result } of rows) table.push([fault, cause, probe, before, after, verdict, result]);
  const count = (wanted: string) => rows.filter(({ result }) => result === wanted).length;
  return `${table.toString()}\n${rows.length} probes taken away: unknown ${count('unknown')}, less sure ${count('less sure')}, wrong ${count('wrong')}, blind ${count('blind')}`;
}

/** Situations in which nothing may be changed. */
export function calmTable(results: readonly CalmResult[]): string {
  const table = new Table({ head: ['situation', 'seed', 'incident', 'cause', 'outcome', 'because', 'writes', 'verdict'], style: { head: [], border: [] }, wordWrap: true, colWidths: [22, 8, 20, 24, 14, 50, 8, 30] });
  for (const { situation, seed, incidents, mutations, problems } of results) {
    const each = (pick: (incident: CalmResult['incidents'][number]) => string) => incidents.map(pick).join('\n') || '-';
    table.push([situation, seed, each(({ publicId }) => publicId), each(({ rootCause }) => rootCause), each(({ outcome }) => outcome), each(({ because }) => because), mutations.length, verdictOf(problems)]);
  }
  return `${table.toString()}\nwrites by Nightshift in ${results.length} calm situations: ${results.reduce((sum, { mutations }) => sum + mutations.length, 0)}; lab clock: factor ${results[0]?.factor ?? '-'}`;
}

/** Several faults at once: one line an incident. */
export function togetherTable(results: readonly TogetherResult[]): string {
  return results.map(({ faults, seed, factor, incidents, problems }) => {
    const table = new Table({ head: ['incident', 'domain', 'class', 'causes, in turn', 'outcome', 'open s', 'changed'], style: { head: [], border: [] } });
    for (const { publicId, failureDomain, incidentClass, causes, outcome, seconds, mutations } of incidents) table.push([publicId, failureDomain, incidentClass, causes.join('\n'), outcome, seconds, mutations.join('\n') || '-']);
    return `${faults.join(' + ')} (seed ${seed}, factor ${factor})\n${table.toString()}\n${problems.join('\n') || 'ok'}`;
  }).join('\n\n');
}

/** Ways to fall silent: one line for each incident, and one where none opened. */
export function silenceTable(results: readonly SilenceResult[]): string {
  const table = new Table({ head: ['situation', 'seed', 'incident', 'opened by, and joined', 'injection → opened s', 'last heartbeat → opened s', 'opened → cause s', 'closed s', 'hop named, in turn', 'outcome', 'changed', 'verdict'], style: { head: [], border: [] }, wordWrap: true, colWidths: [22, 8, 20, 24, 11, 11, 10, 8, 24, 12, 24, 30] });
  for (const { situation, seed, incidents, problems } of results) {
    const rows = incidents.map(({ publicId, failureDomain, alerts, openedSeconds, silentSeconds, causeSeconds, closedSeconds, causes, outcome, mutations }) => [`${publicId} (${failureDomain})`, alerts.join(', '), openedSeconds, silentSeconds ?? '-', causeSeconds ?? '-', closedSeconds ?? '-', causes.join(' → '), outcome, mutations.join('\n') || '-']);
    for (const [index, row] of (rows.length > 0 ? rows : [['nothing opened', ...Array<string>(8).fill('-')]]).entries()) table.push([situation, seed, ...row, index === 0 ? verdictOf(problems) : '']);
  }
  return `${table.toString()}\ntolerated silence: ${TOLERATED_SECONDS} s; lab clock: factor ${results[0]?.factor ?? '-'}`;
}

/** What was done to the surroundings: one line for each incident, and below it what the screen said. */
export function adversityTable(results: readonly AdversityResult[]): string {
  const table = new Table({ head: ['situation', 'fault', 'seed', 'incident', 'causes, in turn', 'handed over because', 'outcome', 'open s', 'changed', 'verdict'], style: { head: [], border: [] }, wordWrap: true, colWidths: [22, 20, 8, 20, 24, 40, 12, 8, 24, 30] });
  for (const { situation, fault, seed, incidents, problems } of results) {
    const rows = incidents.map(({ publicId, failureDomain, causes, handedOver, outcome, openSeconds, mutations }) => [`${publicId} (${failureDomain})`, causes.join(' → '), handedOver.join('\n') || '-', outcome, openSeconds, mutations.join('\n') || '-']);
    for (const [index, row] of (rows.length > 0 ? rows : [Array<string>(6).fill('-')]).entries()) table.push([situation, fault, seed, ...row, index === 0 ? verdictOf(problems) : '']);
  }
  const screens = results.map(({ situation, said }) => `${situation}: ${said === '' ? 'no screen said what could not be answered' : `the screen said\n${stripVTControlCharacters(said)}`}`);
  return `${table.toString()}\nlab clock: factor ${results[0]?.factor ?? '-'}\n\n${screens.join('\n\n')}`;
}
