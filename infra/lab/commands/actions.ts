import { readFileSync } from 'node:fs';
import { binary, ensureTools, toolFolder } from '../build';
import { forwardPort } from '../forward';
import { NoLab } from '../handle';
import { breakLab, healLab, UnknownFault } from '../injection/engine';
import { loadFaults } from '../injection/fault-file';
import { labDown } from '../lab-down';
import { labStatus } from '../lab-status';
import { labUp } from '../lab-up';
import { runInLab } from '../namespaces';
import { ensurePackages } from '../packages';
import { PART_NAMES, type PartName } from '../parts';
import { labPaths } from '../paths';
import { statusTable } from '../status-table';
import { TOOL_SETS } from '../tools';

/** Exit codes of every Nightshift command. */
const EXIT = { done: 0, failed: 1, wrongUse: 2, notFound: 3 } as const;

export interface JsonOption {
  readonly json?: boolean;
}

interface Output {
  /** Progress goes to standard error, so that standard output is the result alone. */
  readonly progress: (text: string) => void;
  readonly result: (value: unknown, text: string) => void;
}

export const build = (options: JsonOption): Promise<void> =>
  act(options, async ({ progress, result }) => {
    await ensurePackages(progress, PART_NAMES);
    const built = await ensureTools(progress, PART_NAMES);
    result({ built, folders: TOOL_SETS.map((tool) => toolFolder(tool)) }, built.length > 0 ? `Built ${built.join(', ')}` : 'Everything is built');
  });

export const up = (options: JsonOption & { factor: number; webhookUrl?: string; webhookTokenFile?: string; with: PartName[] }): Promise<void> =>
  act(options, async ({ progress, result }) => {
    const paths = labPaths();
    const { factor, webhookUrl, webhookTokenFile, with: parts } = options;
    const webhookToken = webhookTokenFile && readFileSync(webhookTokenFile, 'utf8').trim();
    await labUp(paths, { factor, parts, ...(webhookUrl ? { webhookUrl } : {}), ...(webhookToken ? { webhookToken } : {}) }, progress);
    const found = await labStatus(paths);
    result(found, statusTable(found));
  });

export const status = (options: JsonOption): Promise<void> =>
  act(options, async ({ result }) => {
    const found = await labStatus(labPaths());
    result(found, statusTable(found));
    if (!found.running) process.exitCode = EXIT.notFound;
  });

export const faults = (options: JsonOption): Promise<void> =>
  act(options, async ({ result }) => {
    const known = loadFaults().map(({ id, title, effect }) => ({ id, title, effect }));
    result(known, known.map(({ id, title }) => `${id.padEnd(36)} ${title}`).join('\n'));
  });

export const breakIt = (fault: string, options: JsonOption & { seed?: number }): Promise<void> =>
  act(options, async ({ progress, result }) => {
    const seed = options.seed ?? Math.floor(Math.random() * 1_000_000);
    const applied = await breakLab(labPaths(), fault, seed, progress);
    result(applied, `${fault} is in effect (seed ${seed}). Heal it with "npx nightshift lab heal".`);
  });

export const heal = (fault: string | undefined, options: JsonOption): Promise<void> =>
  act(options, async ({ progress, result }) => {
    const healed = await healLab(labPaths(), fault, progress);
    result({ healed }, healed.length > 0 ? `Healed ${healed.join(', ')}` : 'Nothing is broken');
  });

export const down = (options: JsonOption): Promise<void> =>
  act(options, async ({ result }) => {
    const paths = labPaths();
    const stopped = await labDown(paths);
    result({ stopped, logs: paths.logs }, stopped ? `The lab is down; its logs stay in ${paths.logs}` : 'No lab was running');
  });

export const forward = (port: number, target: string, options: JsonOption): Promise<void> =>
  act(options, async ({ result }) => {
    const separator = target.lastIndexOf(':');
    const server = await forwardPort(port, { host: target.slice(0, separator), port: Number(target.slice(separator + 1)) });
    result({ port, target }, `127.0.0.1:${port} leads to ${target}; Ctrl-C ends it`);
    await new Promise((resolve) => server.on('close', resolve));
  });

export const kubectl = (args: readonly string[]): Promise<void> => act({}, () => become([binary('kubectl'), '--kubeconfig', labPaths().adminKubeconfig, ...args]));

export const exec = (words: readonly string[]): Promise<void> => act({}, () => become(words));

/** Runs one command; an error is one sentence and an exit code. */
async function act({ json = false }: JsonOption, work: (output: Output) => Promise<void>): Promise<void> {
  const started = Date.now();
  const progress = (text: string): void => console.error(`[${((Date.now() - started) / 1_000).toFixed(1).padStart(5)} s] ${text}`);
  const result = (value: unknown, text: string): void => console.log(json ? JSON.stringify(value, null, 2) : text);
  try {
    await work({ progress, result });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (json) console.log(JSON.stringify({ error: message }));
    else console.error(message);
    process.exitCode = error instanceof NoLab || error instanceof UnknownFault ? EXIT.notFound : EXIT.failed;
  }
}

/** Becomes a command inside the lab: same terminal, same signals, same exit code. */
async function become(words: readonly string[]): Promise<void> {
  const child = runInLab(words, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? EXIT.failed));
  });
}
