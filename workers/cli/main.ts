import { Command } from 'commander';
import { registerDrillCommand } from '../../infra/drill/cli';
import { registerLabCommands } from '../../infra/lab/cli';
import { ConfigError } from '../config/errors';
import { registerAutomationCommands } from './automation-commands';
import { registerDiagnoseCommand } from './diagnose-command';
import { CommandError, EXIT } from './exit';
import { registerIncidentCommands } from './incident-commands';
import { registerMessageCommands } from './message-commands';
import { registerOpenCommand } from './open-command';
import { registerPolicyCommands } from './policy-commands';
import { registerProcessCommands } from './processes';
import { registerRbacCommand } from './rbac-commands';
import { registerRunbookCommands } from './runbook-commands';
import { registerUserCommands } from './user-commands';

/** The `nightshift` command. Everything heavy is imported by the command that needs it, so that `--help` is instant. */
export function createProgram(): Command {
  const program = new Command('nightshift')
    .description('Takes the 3 a.m. page: one durable workflow per incident, from the alert to the postmortem')
    .version('0.1.0')
    .showHelpAfterError('Run it with --help to see what it takes.')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  for (const register of [registerProcessCommands, registerOpenCommand, registerIncidentCommands, registerMessageCommands, registerDiagnoseCommand, registerUserCommands, registerRunbookCommands, registerPolicyCommands, registerAutomationCommands, registerRbacCommand, registerLabCommands, registerDrillCommand]) register(program);
  return program;
}

async function main(): Promise<void> {
  try {
    await createProgram().parseAsync(process.argv);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
}

/** Prints what went wrong, once and in a sentence, and says how to end. */
function exitCodeOf(error: unknown): number {
  if (isCommanderExit(error)) return error.exitCode === 0 ? EXIT.done : EXIT.wrongUse;
  if (error instanceof CommandError) {
    console.error(error.message);
    return error.exitCode;
  }
  if (error instanceof ConfigError) {
    console.error(error.message);
    return EXIT.failed;
  }
  console.error(process.env['NIGHTSHIFT_DEBUG'] ? error : error instanceof Error ? error.message : String(error));
  return EXIT.failed;
}

function isCommanderExit(error: unknown): error is { exitCode: number; code: string } {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}

void main();
