/** `npm run bench`: measures every row, prints one table, and fails when a budget is missed. */
import os from 'node:os';
import { parseArgs } from 'node:util';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { coldStart } from './cold-start';
import { history } from './history';
import { kill } from './kill';
import { labSection } from './lab-results';
import { firstProbe, rankedCause } from './latency';
import type { BenchRow, RowResult } from './measure';
import { replay } from './replay';
import { table } from './table';
import { throughput } from './throughput';

const ROWS: BenchRow[] = [throughput, firstProbe, rankedCause, history, coldStart, replay, kill];

/** A benchmark that hangs must not hang whoever waits for it. */
const DEADLINE_MS = 8 * 60_000;

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { quick: { type: 'boolean', default: false }, only: { type: 'string', multiple: true }, 'lab-results': { type: 'string' } } });
  const rows = values.only ? ROWS.filter(({ name }) => values.only?.includes(name)) : ROWS;
  const unknown = values.only?.filter((name) => !ROWS.some((row) => row.name === name)) ?? [];
  if (unknown.length > 0) throw new Error(`--only ${unknown.join(', ')}: there is no such row; there are ${ROWS.map(({ name }) => name).join(', ')}.`);
  const faults = labSection(values['lab-results']);
  // A row that ends an incident as soon as it has its number leaves tasks that nobody waits for; they are no news.
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [], telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } } });
  const results: RowResult[] = [];
  for (const row of rows) {
    process.stderr.write(`${row.name} …`);
    const began = Date.now();
    const result = await row.run({ quick: values.quick });
    process.stderr.write(` ${result.value} ${result.verdict}, ${((Date.now() - began) / 1000).toFixed(0)} s\n`);
    results.push(result);
  }
  print(results, faults);
  process.exitCode = results.some(({ verdict }) => verdict === 'MISSED') ? 1 : 0;
}

function print(results: readonly RowResult[], faults: string): void {
  const lines = results.map(({ what, ours, raw, value, budget, verdict, spread }) => [what, ours, raw, value, budget, verdict, spread]);
  const load = os.loadavg().map((value) => value.toFixed(1));
  console.log(`\n${os.cpus().length} cores, Node ${process.versions.node}, Temporal dev server on SQLite, load ${load.join(' ')}\n`);
  console.log(table(['what', 'ours', 'raw Temporal', 'ratio or number', 'budget', '', 'spread'], lines));
  for (const { what, notes } of results) for (const note of notes) console.log(`\n${what}: ${note}`);
  console.log(`\n${faults}`);
}

// Children are killed on exit, whichever way this process goes.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
setTimeout(() => {
  console.error(`The benchmarks did not end within ${DEADLINE_MS / 60_000} minutes.`);
  process.exit(1);
}, DEADLINE_MS).unref();

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
});
