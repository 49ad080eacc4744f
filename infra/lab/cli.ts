import { InvalidArgumentError, type Command } from 'commander';
import { readFileSync } from 'node:fs';
import { ensureTools, toolFolder, binary } from './build';
import { forwardPort } from './forward';
import { NoLab } from './handle';
import { breakLab, healLab, UnknownFault } from './injection/engine';
import { loadFaults } from './injection/fault-file';
import { labDown } from './lab-down';
import { labStatus } from './lab-status';
import { labUp } from './lab-up';
import { runInLab } from './namespaces';
import { ensurePackages } from './packages';
import { labPaths } from './paths';
import { DEFAULT_FACTOR } from './settings';
import { statusTable } from './status-table';
import { TOOL_SETS } from './tools';

/** Exit codes of every Nightshift command. */
const EXIT = { done: 0, failed: 1, wrongUse: 2, notFound: 3 } as const;

interface Output {
  readonly json: boolean;
  /** Progress goes to standard error, so that standard output is the result alone. */
  readonly progress: (text: string) => void;
  readonly result: (value: unknown, text: string) => void;
}

/** Adds `lab` and its commands to the Nightshift command line. */
export function registerLabCommands(program: Command): void {
  const lab = program.command('lab').description('the real monitoring stack on this machine, to break and to heal (Linux, root)');

  command(lab, 'build', 'build what the lab runs, unless it is in the cache').action((options: JsonOption) =>
    act(options, async ({ progress, result }) => {
      await ensurePackages(progress);
      const built = await ensureTools(progress);
      result({ built, folders: TOOL_SETS.map((tool) => toolFolder(tool)) }, built.length > 0 ? `Built ${built.join(', ')}` : 'Everything is built');
    }),
  );

  command(lab, 'up', 'start the lab and wait until metrics flow')
    .option('--factor <number>', 'how much faster than production its clocks run', parseFactor, DEFAULT_FACTOR)
    .option('--webhook-url <url>', 'where Alertmanager posts to, as seen from inside the lab')
    .option('--webhook-token-file <file>', 'bearer token that Alertmanager sends; made by chance when not given')
    .action((options: JsonOption & { factor: number; webhookUrl?: string; webhookTokenFile?: string }) =>
      act(options, async ({ progress, result }) => {
        const paths = labPaths();
        const { webhookUrl, webhookTokenFile } = options;
        const webhookToken = webhookTokenFile && readFileSync(webhookTokenFile, 'utf8').trim();
        await labUp(paths, { factor: options.factor, ...(webhookUrl ? { webhookUrl } : {}), ...(webhookToken ? { webhookToken } : {}) }, progress);
        const status = await labStatus(paths);
        result(status, statusTable(status));
      }),
    );

  command(lab, 'status', 'what runs, and where').action((options: JsonOption) =>
    act(options, async ({ result }) => {
      const status = await labStatus(labPaths());
      result(status, statusTable(status));
      if (!status.running) process.exitCode = EXIT.notFound;
    }),
  );

  command(lab, 'faults', 'what can be broken').action((options: JsonOption) =>
    act(options, async ({ result }) => {
      const faults = loadFaults().map(({ id, title, effect }) => ({ id, title, effect }));
      result(faults, faults.map(({ id, title }) => `${id.padEnd(36)} ${title}`).join('\n'));
    }),
  );

  command(lab, 'break', 'inject a fault and wait until it is in effect')
    .argument('<fault>', 'see "nightshift lab faults"')
    .option('--seed <number>', 'makes choices by chance repeatable', parseSeed)
    .action((fault: string, options: JsonOption & { seed?: number }) =>
      act(options, async ({ progress, result }) => {
        const seed = options.seed ?? Math.floor(Math.random() * 1_000_000);
        const applied = await breakLab(labPaths(), fault, seed, progress);
        result(applied, `${fault} is in effect (seed ${seed}). Heal it with "nightshift lab heal".`);
      }),
    );

  command(lab, 'heal', 'undo a fault by hand, as an operator would')
    .argument('[fault]', 'all faults when not given')
    .action((fault: string | undefined, options: JsonOption) =>
      act(options, async ({ progress, result }) => {
        const healed = await healLab(labPaths(), fault, progress);
        result({ healed }, healed.length > 0 ? `Healed ${healed.join(', ')}` : 'Nothing is broken');
      }),
    );

  command(lab, 'down', 'end the lab and everything that runs in it').action((options: JsonOption) =>
    act(options, async ({ result }) => {
      const paths = labPaths();
      const stopped = await labDown(paths);
      result({ stopped, logs: paths.logs }, stopped ? `The lab is down; its logs stay in ${paths.logs}` : 'No lab was running');
    }),
  );

  command(lab, 'forward', 'forward a port of 127.0.0.1 to an address inside, until interrupted')
    .argument('<port>', 'port of 127.0.0.1')
    .argument('<target>', '<host>:<port> inside')
    .action((port: string, target: string, options: JsonOption) =>
      act(options, async ({ result }) => {
        const separator = target.lastIndexOf(':');
        const server = await forwardPort(Number(port), { host: target.slice(0, separator), port: Number(target.slice(separator + 1)) });
        result({ port: Number(port), target }, `127.0.0.1:${port} leads to ${target}; Ctrl-C ends it`);
        await new Promise((resolve) => server.on('close', resolve));
      }),
    );

  command(lab, 'kubectl', 'kubectl as the lab’s admin').argument('[args...]').passThroughOptions().allowUnknownOption().action((args: string[]) => inside([binary('kubectl'), '--kubeconfig', labPaths().adminKubeconfig, ...args]));
  command(lab, 'exec', 'run a command inside the lab’s network').argument('<command...>').passThroughOptions().allowUnknownOption().action((words: string[]) => inside(words));
}

interface JsonOption {
  readonly json?: boolean;
}

/** Pass-through of options needs positional options on every ancestor. */
function command(lab: Command, name: string, description: string): Command {
  lab.enablePositionalOptions();
  lab.parent?.enablePositionalOptions();
  return lab.command(name).description(description).option('--json', 'answer with JSON on standard output');
}

function parseFactor(text: string): number {
  const factor = text.includes('/') ? Number(text.split('/')[0]) / Number(text.split('/')[1]) : Number(text);
  if (!(factor > 0 && factor <= 1)) throw new InvalidArgumentError('It must be above 0 and at most 1, such as 0.05 or 1/20.');
  return factor;
}

function parseSeed(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** Runs one command; an error is one sentence and an exit code. */
async function act({ json = false }: JsonOption, work: (output: Output) => Promise<void>): Promise<void> {
  const started = Date.now();
  const progress = (text: string): void => console.error(`[${((Date.now() - started) / 1_000).toFixed(1).padStart(5)} s] ${text}`);
  const result = (value: unknown, text: string): void => console.log(json ? JSON.stringify(value, null, 2) : text);
  try {
    await work({ json, progress, result });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (json) console.log(JSON.stringify({ error: message }));
    else console.error(message);
    process.exitCode = error instanceof NoLab || error instanceof UnknownFault ? EXIT.notFound : EXIT.failed;
  }
}

/** Becomes a command inside the lab: same terminal, same signals, same exit code. */
async function inside(words: readonly string[]): Promise<void> {
  await act({}, async () => {
    const child = runInLab(words, { stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (exitCode) => resolve(exitCode ?? EXIT.failed));
    });
    process.exitCode = code;
  });
}
