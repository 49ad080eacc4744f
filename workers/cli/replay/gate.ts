import { existsSync } from 'node:fs';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { WORKFLOW_BUNDLE } from '../../workflow-code';
import { loadConfig } from '../../config';
import { dataConverterOf } from '../../encryption';
import { historiesBelow } from '../../replay/histories';
import { CommandError, EXIT } from '../exit';
import type { GateOptions } from '../replay-commands';
import { oneLine, printJson } from '../terminal';

interface Replayed {
  history: string;
  problem?: string;
}

/** Before an upgrade: does every history that was exported still lead where it led? */
export async function replayGate(directory: string, { json, ...overrides }: GateOptions): Promise<void> {
  if (!existsSync(directory)) throw new CommandError(`There is no directory ${directory}.`, EXIT.notFound);
  const found = [...historiesBelow(directory)];
  if (found.length === 0) throw new CommandError(`There is no history below ${directory}: a gate that looks at nothing holds nothing. "npx nightshift records export" writes them.`, EXIT.notFound);
  const replayed = await replayAll(found, overrides);
  const broken = replayed.filter(({ problem }) => problem !== undefined);
  if (json) printJson({ replayed: replayed.length, broken });
  else for (const { history, problem } of replayed) console.log(`${problem === undefined ? 'ok    ' : 'BROKEN'} ${oneLine(history)}${problem === undefined ? '' : `: ${oneLine(problem)}`}`);
  if (broken.length > 0) throw new CommandError(`${broken.length} of ${replayed.length} histories would break on this version: guard the change with patched(), or let open incidents end on the old one.`);
  if (!json) console.log(`${replayed.length} histories replay on this version.`);
}

async function replayAll(found: ReadonlyArray<{ name: string; workflowId: string; history: unknown }>, overrides: GateOptions): Promise<Replayed[]> {
  // What breaks is said by the command itself, and once.
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {}, filter: 'off' } } });
  const { temporal } = loadConfig(overrides);
  const replayed: Replayed[] = [];
  // One by one, and not in a stream: what is encrypted, or no history after all, must not take the others with it.
  for (const { name, workflowId, history } of found) replayed.push({ history: name, ...(await problemOf({ workflowBundle: WORKFLOW_BUNDLE, ...dataConverterOf(temporal.encryption) }, history, workflowId)) });
  return replayed;
}

async function problemOf(options: Parameters<typeof Worker.runReplayHistory>[0], history: unknown, workflowId: string): Promise<{ problem?: string }> {
  try {
    await Worker.runReplayHistory(options, history, workflowId);
    return {};
  } catch (error) {
    return { problem: sentenceOf(error) };
  }
}

/** The SDK wraps what it found into a dump of its own structures. */
function sentenceOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /message: "((?:[^"\\]|\\.)+)"/.exec(message)?.[1] ?? message.slice(0, 400);
}

