import Table from 'cli-table3';
import type { DrillResult } from './drill';

/** The table of a drill, and its totals. */
export function drillTable(results: readonly DrillResult[]): string {
  const table = new Table({ head: ['fault', 'seed', 'cause found (rank)', 'proposed', 'alert s', 'cause s', 'plan s', 'decision → recovered s', 'closed s', 'outcome', 'audit', 'verdict'], style: { head: [], border: [] }, wordWrap: true, colWidths: [26, 8, 26, 24, 8, 8, 8, 12, 9, 12, 7, 30] });
  for (const result of results) {
    const { fault, seed, foundCause, rank, proposed, alertSeconds, causeSeconds, planSeconds, recoveredSeconds, closedSeconds, outcome, auditFaults, problems } = result;
    table.push([fault, seed, `${foundCause} (${rank})`, proposed.join(', '), alertSeconds, causeSeconds ?? '-', planSeconds ?? '-', recoveredSeconds ?? '-', closedSeconds, outcome, auditFaults.length === 0 ? 'ok' : 'DIFF', problems.join('; ') || 'ok']);
  }
  return `${table.toString()}\n${totals(results)}`;
}

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
  const rows = results.map((result) => `| ${[result.fault, result.seed, result.factor, `${result.foundCause} (${result.rank})`, result.proposed.join(', '), result.forbiddenProposed.length, result.alertSeconds, result.causeSeconds ?? '-', result.planSeconds ?? '-', result.recoveredSeconds ?? '-', result.closedSeconds, result.outcome, result.problems.join('; ') || 'ok'].join(' | ')} |`);
  return ['| fault | seed | factor | cause found (rank) | proposed | forbidden | injection → alert s | alert → cause s | alert → plan s | decision → recovered s | injection → closed s | outcome | verdict |', '|---|---|---|---|---|---|---|---|---|---|---|---|---|', ...rows].join('\n');
}
