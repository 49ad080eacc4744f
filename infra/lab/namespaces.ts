import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { capture } from './commands/capture';
import { runningLab } from './handle';
import { labPaths, type LabPaths } from './paths';

/** Command line that runs `command` in the lab's network and mount namespaces, in the present working directory. */
export function enterArgs(paths: LabPaths, command: readonly string[]): string[] {
  const { supervisor } = runningLab(paths);
  // Entering a mount namespace moves to its root; the directory is the same inside.
  const script = 'cd "$0" && exec "$@"';
  return ['--target', String(supervisor.pid), '--net', '--mount', '--', '/bin/sh', '-c', script, process.cwd(), ...command];
}

/**
 * Starts a command inside the lab. The child's process ID is the command's own (nsenter becomes it), so signals reach
 * it; `lab down` ends it with everything else in the namespace.
 * @throws NoLab
 */
export function runInLab(command: readonly string[], options: SpawnOptions = {}, paths: LabPaths = labPaths()): ChildProcess {
  return spawn('nsenter', enterArgs(paths, command), options);
}

/** Runs a command inside the lab to its end. @returns its standard output. @throws CommandFailed */
export function captureInLab(command: readonly string[], paths: LabPaths = labPaths(), options: { input?: string; env?: NodeJS.ProcessEnv } = {}): Promise<string> {
  return capture('nsenter', enterArgs(paths, command), options);
}

/** Inode of the network namespace of a process, or of the bind mount that keeps one. */
export function namespaceInode(file: string): number {
  return statSync(file).ino;
}

/** Every process in a network namespace. */
export function processesIn(netnsInode: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return namespaceInode(`/proc/${pid}/ns/net`) === netnsInode;
      } catch {
        return false;
      }
    })
    .map(Number);
}
