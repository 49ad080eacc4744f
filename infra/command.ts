/**
 * Runs a command that measures or tries something, and ends this process with it: an idle connection or a long poll keeps
 * nobody waiting, what was started is ended by handlers of `exit`, and an error is said in one sentence, with exit code 1.
 */
export function runCommand(main: (args: string[]) => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
  main(process.argv.slice(2)).then(
    () => process.exit(),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : String(error));
      process.exit(1);
    },
  );
}
