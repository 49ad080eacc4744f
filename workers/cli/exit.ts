/** Exit codes that scripts may rely on. */
export const EXIT = { done: 0, failed: 1, wrongUse: 2, notFound: 3, refused: 4 } as const;

/** Ends the command with a sentence and an exit code. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly exitCode: number = EXIT.failed,
  ) {
    super(message);
    this.name = 'CommandError';
  }
}
