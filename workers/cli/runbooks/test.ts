import Table from 'cli-table3';
import type { Runbook, RunbookExample } from '../../../workflows/contracts';
import { CommandError, EXIT } from '../exit';
import { oneLine, printJson } from '../terminal';
import { runExample, type ExampleResult } from './run-example';
import { loadAllValid, runbooksDir, type RunbookOptions } from './shelf';

/** Runs examples and prints a table; ends with 1 when one does not turn out as it expects. */
export async function testCommand(id: string | undefined, options: RunbookOptions): Promise<void> {
  const all = loadAllValid(options).flatMap((runbook) => runbook.examples.map((example) => ({ runbook, example })));
  const chosen = id === undefined ? all : all.filter(({ runbook, example }) => [example.id, runbook.id, `${runbook.id}/${example.id}`].includes(id));
  if (chosen.length === 0) throw new CommandError(`There is no example ${id ?? ''}; there are ${all.map(({ example }) => example.id).join(', ') || 'none'}.`, EXIT.notFound);
  const results = await runAll(chosen, runbooksDir(options));
  const failed = results.filter(({ faults }) => faults.length > 0);
  if (options.json) printJson({ ok: failed.length === 0, examples: results });
  else {
    console.log(tableOf(results));
    for (const { example, faults } of failed) for (const fault of faults) console.log(`${example}: ${oneLine(fault)}`);
    console.log(`${results.length - failed.length} of ${results.length} examples turn out as they expect.`);
  }
  if (failed.length > 0) process.exitCode = EXIT.failed;
}

async function runAll(chosen: ReadonlyArray<{ runbook: Runbook; example: RunbookExample }>, directory: string): Promise<ExampleResult[]> {
  const results: ExampleResult[] = [];
  for (const { runbook, example } of chosen) results.push(await runExample(runbook, example, directory));
  return results;
}

function tableOf(results: readonly ExampleResult[]): string {
  const table = new Table({ head: ['', 'example → cause', 'sure', 'plan', 'risk', 'recovers'], style: { head: [], border: [] } });
  for (const { example, cause, confidence, steps, risk, recovers, faults } of results) {
    const sure = confidence > 0 ? `${Math.round(confidence * 100)} %` : '–';
    table.push([faults.length === 0 ? '✓' : '✗', `${example}\n→ ${cause}`, sure, steps.join('\n') || '–', risk ?? '–', recovers === undefined ? '–' : recovers ? 'yes' : 'no']);
  }
  return table.toString();
}
