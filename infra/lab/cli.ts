import { InvalidArgumentError, type Command } from 'commander';
import type { JsonOption } from './commands/actions';
import { parseParts, PART_NAMES, type PartName } from './parts';
import { DEFAULT_FACTOR } from './settings';

/** Loaded by the command that runs, so that `--help` stays instant. */
const actions = (): typeof import('./commands/actions.js') => require('./commands/actions') as typeof import('./commands/actions.js');

/** Adds `lab` and its commands to the Nightshift command line. */
export function registerLabCommands(program: Command): void {
  // `kubectl` and `exec` pass options through, which commander allows only below commands with positional options.
  program.enablePositionalOptions();
  const lab = program.command('lab').description('the real monitoring stack on this machine, to break and to heal (Linux, root)').enablePositionalOptions();
  const command = (name: string, description: string): Command => lab.command(name).description(description).option('--json', 'print JSON for scripts');

  command('build', 'build what the lab runs, unless it is in the cache').action((options: JsonOption) => actions().build(options));
  command('up', 'start the lab and wait until metrics flow')
    .option('--factor <number>', 'how much faster than production its clocks run, such as 0.05 or 1/20', parseFactor, DEFAULT_FACTOR)
    .option('--with <parts>', `what it has besides its core: ${PART_NAMES.join(', ')} (separated by commas), or all`, parsePartsOption, [])
    .option('--webhook-url <url>', 'where Alertmanager posts to, as seen from inside the lab')
    .option('--webhook-token-file <file>', 'bearer token that Alertmanager sends; made by chance when not given')
    .action((options: JsonOption & { factor: number; webhookUrl?: string; webhookTokenFile?: string; with: PartName[] }) => actions().up(options));
  command('status', 'what runs, and where').action((options: JsonOption) => actions().status(options));
  command('faults', 'what can be broken').action((options: JsonOption) => actions().faults(options));
  command('break', 'inject a fault and wait until it is in effect')
    .argument('<fault>', 'see "npx nightshift lab faults"')
    .option('--seed <number>', 'makes choices by chance repeatable', parseWhole)
    .action((fault: string, options: JsonOption & { seed?: number }) => actions().breakIt(fault, options));
  command('heal', 'undo a fault by hand, as an operator would')
    .argument('[fault]', 'all faults when not given')
    .action((fault: string | undefined, options: JsonOption) => actions().heal(fault, options));
  command('down', 'end the lab and everything that runs in it').action((options: JsonOption) => actions().down(options));
  command('forward', 'forward a port of 127.0.0.1 to an address inside, until interrupted')
    .argument('<port>', 'port of 127.0.0.1', parseWhole)
    .argument('<target>', '<host>:<port> inside', parseTarget)
    .action((port: number, target: string, options: JsonOption) => actions().forward(port, target, options));
  lab.command('kubectl').description('kubectl as the lab’s admin').argument('[args...]').passThroughOptions().allowUnknownOption().action((args: string[]) => actions().kubectl(args));
  lab.command('exec').description('run a command inside the lab’s network').argument('<command...>').passThroughOptions().allowUnknownOption().action((words: string[]) => actions().exec(words));
}

function parseFactor(text: string): number {
  const [numerator, denominator = '1', ...rest] = text.split('/');
  const factor = Number(numerator) / Number(denominator);
  if (rest.length > 0 || !(factor > 0 && factor <= 1)) throw new InvalidArgumentError('It must be above 0 and at most 1, such as 0.05 or 1/20.');
  return factor;
}

function parsePartsOption(text: string): PartName[] {
  try {
    return parseParts(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function parseWhole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function parseTarget(text: string): string {
  if (!/^[^\s:]+:\d+$/.test(text)) throw new InvalidArgumentError('It must be <host>:<port>.');
  return text;
}
