import type { Command } from 'commander';
import { cleanEnvironment, type CommandResult } from './nightshift-process';

/**
 * Runs the `nightshift` command in the test's own process, where it takes milliseconds: for what a command says and ends with.
 * Not for what only a process of its own shows; `nightshift()` starts one.
 */
export async function command(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandResult> {
  const before = { env: { ...process.env }, exitCode: process.exitCode };
  const output = { stdout: '', stderr: '' };
  const line = (name: keyof typeof output) => (...said: unknown[]) => void (output[name] += `${said.map(String).join(' ')}\n`);
  const spies = [
    jest.spyOn(console, 'log').mockImplementation(line('stdout')),
    ...(['error', 'warn'] as const).map((name) => jest.spyOn(console, name).mockImplementation(line('stderr'))),
  ];
  environment(cleanEnvironment(env));
  process.exitCode = undefined;
  try {
    // Only now: whether there are colours is asked as it is loaded.
    const { createProgram, runCommand } = require('../../workers/cli/program') as typeof import('../../workers/cli/program.js');
    const program = createProgram();
    captured(program, output);
    await runCommand(['node', 'nightshift', ...args], program);
    return { code: Number(process.exitCode ?? 0), ...output };
  } finally {
    process.exitCode = before.exitCode;
    environment(before.env);
    for (const spy of spies) spy.mockRestore();
  }
}

function environment(wanted: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!(name in wanted)) delete process.env[name];
  Object.assign(process.env, wanted);
}

/** What the command line itself says: help, and what is wrong use. */
function captured(program: Command, output: { stdout: string; stderr: string }): void {
  program.configureOutput({ writeOut: (text) => void (output.stdout += text), writeErr: (text) => void (output.stderr += text) });
  for (const below of program.commands) captured(below, output);
}
