/** The matrix as a table: on a terminal, and in `infra/docs/kill-matrix.md`. */
import { MATRICES, type Matrix } from './cells';
import { CELL_TIMEOUT_MS, type CellResult } from './cell';
import { shortenings } from './incident';
import type { MatrixResult } from './matrix';

const HEADER = ['killed', 'at', 'event or write', 'length at kill', 'length in the end', 'outcome', 'mutations', 'found done', 'lease', 'seconds', 'verdict'];

const TITLES: Readonly<Record<Matrix, string>> = {
  worker: 'The worker, at every event of the history',
  temporal: 'Temporal’s server, at every event of the history',
  write: 'Either of them, around every write',
};

export function failedCells({ cells }: Pick<MatrixResult, 'cells'>): CellResult[] {
  return cells.filter(({ faults }) => faults.length > 0);
}

/** One line a cell. */
function rowOf(result: CellResult, mutations: number): string[] {
  const { cell, at, lengthAtKill, length, trace, seconds } = result;
  const lease = trace === undefined ? '-' : trace.leasesLeft.length === 0 ? 'free' : 'HELD';
  const made = trace === undefined ? '-' : `${trace.mutations.length}/${mutations}`;
  return [cell.victim ?? '-', String(cell.index), at, String(lengthAtKill ?? '-'), String(length), trace?.outcome ?? '-', made, String(trace?.unchanged ?? '-'), lease, seconds.toFixed(0), verdictOf(result)];
}

function verdictOf({ faults, notes }: CellResult): string {
  return [faults.length === 0 ? 'ok' : `FAILED: ${faults.join('; ')}`, ...notes].join('; ');
}

/** A line for whoever watches. */
export function progressLine(result: CellResult, done: number, of: number): string {
  const { cell, at, lengthAtKill, trace, seconds } = result;
  return `${done}/${of} ${cell.matrix} ${cell.index} ${cell.victim ?? ''} killed at ${lengthAtKill ?? '-'} (${at}): ${trace?.outcome ?? 'no outcome'}, ${trace?.unchanged ?? 0} found done, ${seconds.toFixed(0)} s, ${verdictOf(result)}`;
}

export function summaryOf(result: MatrixResult, seed: number | undefined): string[] {
  const failed = failedCells(result).length;
  const seconds = result.cells.map((cell) => cell.seconds).sort((a, b) => a - b);
  return [
    `Undisturbed: ${result.reference.length} events, ${result.reference.seconds.toFixed(0)} s, outcome ${result.reference.trace?.outcome}.`,
    `Cells: ${result.cells.length}${seed === undefined ? ' (all of them)' : ` (a sample, seed ${seed})`}; failed: ${failed}. Seconds a cell: median ${seconds[Math.floor(seconds.length / 2)]?.toFixed(0)}, longest ${seconds.at(-1)?.toFixed(0)}.`,
    `Durations: ${shortenings().join(', ')}; the rest as in production.`,
  ];
}

export function tablesOf({ reference, cells }: MatrixResult): string {
  const mutations = reference.trace?.mutations.length ?? 0;
  return MATRICES.flatMap((matrix) => {
    const own = cells.filter(({ cell }) => cell.matrix === matrix);
    if (own.length === 0) return [];
    return [`## ${TITLES[matrix]}`, table(own.map((result) => rowOf(result, mutations)))];
  }).join('\n\n');
}

function table(rows: readonly string[][]): string {
  const line = (fields: readonly string[]) => `| ${fields.map((field) => field.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(HEADER), line(HEADER.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The whole document. */
export function documentOf(result: MatrixResult): string {
  return `# The kill matrix

What becomes of an incident when a process dies at the worst moment: \`npm run kill-matrix\` plays the same incident again and
again, kills the worker (or Temporal's server) with SIGKILL at one event of the history after the other, starts it again as
the supervisor does, and compares with the run that nobody disturbed. This page is made by
\`npm run kill-matrix -- --markdown infra/docs/kill-matrix.md\`; \`npm run test:lab\` runs a sample, its seed printed.

**The incident.** Two faults at once on a practice cluster: the receivers' Service is gone, and a rollout of the receivers is
stuck. The first remedy (approved by a person, signed by the gateway) patches the StatefulSet and deletes a pod; that does
not help, so the patch is undone; the second remedy makes the Service again and the incident recovers. The workflow, the
worker process, the gateway, Temporal on its SQLite file and the Kubernetes client are the real ones; the API server is the
practice cluster behind Kubernetes' own protocol, in a process that is not killed.

${result.reference.trace?.mutations.map((mutation, index) => `${index + 1}. \`${mutation}\``).join('\n') ?? ''}

**A cell is ok** when outcome and root cause are those of the undisturbed run; when the API server's audit log holds exactly the
same mutations, each once and in the same order; when the record names the same steps (one that was tried again after its
write had been done is *found done*: \`unchanged\`, without a second write); when every object ends as it did undisturbed; when
no lease is held or waited for; when the record was written; and when all of that took no more than ${CELL_TIMEOUT_MS / 1000} s. A cell is never
tried again.

**Killed at.** The history is followed by long poll, and the signal is sent when it reaches the event's index. Events come
in batches, so the history may be longer by then: *length at kill* says how long it was. Around a write the kill is exact: the
API server holds the request while it kills, *before* it carries it out (a dead worker's request is then dropped), or *after*
it did and before it answers.

${summaryOf(result, undefined).map((line) => `- ${line}`).join('\n')}

${tablesOf(result)}
`;
}
