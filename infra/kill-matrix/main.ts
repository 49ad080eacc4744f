/** `npm run kill-matrix`: plays every cell, or a sample, prints the tables, and fails when a cell does. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runCommand } from '../command';
import { MATRICES, seedOfDay, type Matrix } from './cells';
import { defaultLanes, runMatrix } from './matrix';
import { documentOf, failedCells, progressLine, summaryOf, tablesOf } from './report';

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { only: { type: 'string', multiple: true }, cells: { type: 'string', multiple: true }, sample: { type: 'string' }, seed: { type: 'string' }, lanes: { type: 'string' }, markdown: { type: 'string' } },
  });
  const matrices = values.only ? MATRICES.filter((matrix) => values.only?.includes(matrix)) : MATRICES;
  const unknown = values.only?.filter((name) => !MATRICES.includes(name as Matrix)) ?? [];
  if (unknown.length > 0) throw new Error(`--only ${unknown.join(', ')}: there is no such matrix; there are ${MATRICES.join(', ')}.`);
  const sample = wholeNumber('sample', values.sample);
  const seed = wholeNumber('seed', values.seed) ?? seedOfDay(new Date());
  if (values.markdown && (sample !== undefined || values.only || values.cells)) throw new Error('--markdown writes the whole matrix: leave out --sample, --only and --cells.');
  if (sample !== undefined) console.error(`seed ${seed}`);
  const result = await runMatrix({
    matrices,
    seed,
    lanes: wholeNumber('lanes', values.lanes) ?? defaultLanes(),
    ...(sample !== undefined && { sample }),
    ...(values.cells && { ranges: values.cells }),
    report: (cell, done, of) => console.error(progressLine(cell, done, of)),
  });
  if (values.markdown) writeFileSync(values.markdown, documentOf(result));
  console.log(`${tablesOf(result)}\n\n${[...summaryOf(result, sample === undefined ? undefined : seed), `Took ${result.minutes.toFixed(1)} minutes.`].join('\n')}`);
  for (const folder of result.kept) console.log(`Logs of a failed cell: ${folder}`);
  if (failedCells(result).length > 0) process.exitCode = 1;
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} ${text}: it must be a whole number above 0.`);
  return number;
}

runCommand(main);
