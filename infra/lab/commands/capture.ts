import { spawn, type SpawnOptions } from 'node:child_process';

/** A command that ended with a non-zero code, with what it said. */
export class CommandFailed extends Error {
  constructor(
    readonly command: string,
    readonly code: number | null,
    readonly output: string,
  ) {
    super(`${command} ended with ${code ?? 'a signal'}${output ? `: ${output.trim().slice(-2000)}` : ''}`);
    this.name = 'CommandFailed';
  }
}

/**
 * Runs a command to its end. @returns its standard output.
 * @throws CommandFailed with its standard error.
 */
export function capture(command: string, args: readonly string[], options: SpawnOptions & { input?: string } = {}): Promise<string> {
  const { input, ...spawnOptions } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...spawnOptions, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.on('error', (error) => reject(new CommandFailed(command, null, error.message)));
    child.on('close', (code) => (code === 0 ? resolve(stdout) : reject(new CommandFailed(`${command} ${args.slice(0, 3).join(' ')}`, code, stderr || stdout))));
    // A command that ends before it has read its input is judged by its exit code, not by the broken pipe.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
}
