import { writeFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import type { DrillOptions } from './run';
import { SETS } from './sets';

interface DrillCommandOptions extends DrillOptions {
  seed?: string;
  json?: boolean;
  markdown?: string;
}

/** Loaded by the command that runs, so that every other command starts without it. */
const actions = (): typeof import('./run.js') => require('./run') as typeof import('./run.js');

/** Adds `nightshift drill`: real faults on the lab, found, decided, recovered and measured. */
export function registerDrillCommand(program: Command): void {
  program
    .command('drill')
    .description('inject real faults into the lab and measure what becomes of them (Linux, root)')
    .option('--fault <id...>', 'these only; all of the set when not given')
    .addOption(new Option('--set <name>', 'all faults of one set').choices(SETS).conflicts('fault'))
    .addOption(new Option('--together <id...>', 'these faults at once').conflicts(['fault', 'set']))
    .addOption(new Option('--calm [id...]', 'situations in which nothing may be changed').conflicts(['fault', 'set', 'together']))
    .addOption(new Option('--silence [id...]', 'ways in which a cluster falls silent, and no alert is posted').conflicts(['fault', 'set', 'together', 'calm']))
    .addOption(new Option('--adversity [id...]', 'what happens to Nightshift’s surroundings in the middle of an incident').conflicts(['fault', 'set', 'together', 'calm', 'silence']))
    .option('--seed <number>', 'makes choices by chance repeatable')
    .option('--keep', 'leave the lab running afterwards')
    .option('--markdown <file>', 'also write the table as Markdown, after each fault')
    .option('--json', 'print the results as JSON')
    .action(async (options: DrillCommandOptions) => {
      const seed = options.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(options.seed);
      const say = (text: string) => console.error(text);
      const keepMarkdown = ({ markdown }: { markdown: string }) => {
        if (options.markdown) writeFileSync(options.markdown, `${markdown}\n`);
      };
      const ran = await actions().runDrillCommand(options, seed, say, keepMarkdown);
      keepMarkdown(ran);
      const { results, text } = ran;
      console.log(options.json ? JSON.stringify(results, null, 2) : text);
      if (results.some(({ problems }) => problems.length > 0)) process.exitCode = 1;
    });
}
