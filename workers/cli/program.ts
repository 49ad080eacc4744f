import { Command } from 'commander';
import { registerDrillCommand } from '../../infra/drill/cli';
import { registerLabCommands } from '../../infra/lab/cli';
import { ConfigError } from '../config/errors';
import { registerAuditCommands } from './audit-commands';
import { registerAutomationCommands } from './automation-commands';
import { registerDeployCommands } from './deploy-commands';
import { registerDiagnoseCommand } from './diagnose-command';
import { CommandError, EXIT } from './exit';
import { registerFixCommands } from './fix-commands';
import { registerIncidentCommands } from './incident-commands';
import { registerKeyCommands } from './key-commands';
import { registerMessageCommands } from './message-commands';
import { registerOpenCommand } from './open-command';
import { registerPostmortemCommand } from './postmortem-command';
import { registerPolicyCommands } from './policy-commands';
import { registerProcessCommands } from './processes';
import { registerRbacCommand } from './rbac-commands';
import { registerRecordCommands } from './record-commands';
import { registerReplayCommands } from './replay-commands';
import { registerRunbookCommands } from './runbook-commands';
import { registerSetupCommand } from './setup-command';
import { registerUserCommands } from './user-commands';
import { registerWatchdogCommands } from './watchdog-commands';

/** In the order of `--help`. */
const REGISTRARS = [
  registerProcessCommands,
  registerOpenCommand,
  registerIncidentCommands,
  registerPostmortemCommand,
  registerMessageCommands,
  registerFixCommands,
  registerDiagnoseCommand,
  registerUserCommands,
  registerKeyCommands,
  registerRunbookCommands,
  registerPolicyCommands,
  registerWatchdogCommands,
  registerAutomationCommands,
  registerAuditCommands,
  registerRecordCommands,
  registerReplayCommands,
  registerRbacCommand,
  registerLabCommands,
  registerDrillCommand,
  registerSetupCommand,
  registerDeployCommands,
];

/** The `nightshift` command. Everything heavy is imported by the command that needs it, so that `--help` is instant. */
export function createProgram(): Command {
  const program = new Command('nightshift')
    .description('Takes the 3 a.m. page: one durable workflow per incident, from the alert to the postmortem')
    .version('0.1.0')
    .showHelpAfterError('Run it with --help to see what it takes.')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  for (const register of REGISTRARS) register(program);
  return program;
}

/** Runs a command line; what it ends with is in `process.exitCode`. */
export async function runCommand(argv: readonly string[], program = createProgram()): Promise<void> {
  try {
    await program.parseAsync(argv);
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
