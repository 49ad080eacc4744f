import { InvalidArgumentError, type Command } from 'commander';
import type { ConfigOverrides } from '../config';
import { withConfigOptions } from './processes';

export interface ReplayOptions extends ConfigOverrides {
  runbook: string;
  against?: string;
  all?: boolean;
  since?: string;
  json?: boolean;
}

export interface GateOptions extends ConfigOverrides {
  json?: boolean;
}

/** What another runbook, or another version of the workflows, makes of what has happened. Both are meant for CI. */
export function registerReplayCommands(program: Command): void {
  withConfigOptions(program.command('replay').argument('[id]', 'public ID of a closed incident, a unique part of it, or "latest"'))
    .description('run an edited runbook over the recorded evidence of past incidents; exit code 1 when something else would be done')
    .requiredOption('--runbook <file>', 'the edited runbook; it is for the records of its class')
    .option('--against <file>', 'compare with this runbook instead of with what was concluded at the time')
    .option('--all', 'every record of the runbook\'s class')
    .option('--since <month>', 'with --all: of incidents that were opened in this month (UTC) or later', month)
    .option('--json', 'print JSON for scripts')
    .action(async (id: string | undefined, options: ReplayOptions) => {
      const { replayRunbook } = require('./replay/runbook') as typeof import('./replay/runbook.js');
      await replayRunbook(id, options);
    });

  withConfigOptions(program.command('replay-gate').argument('<directory>', 'exported records, or histories: every *.json below it that is a history'))
    .description('replay exported histories on this version of the workflows; exit code 1 when one of them would break')
    .option('--json', 'print JSON for scripts')
    .action(async (directory: string, options: GateOptions) => {
      const { replayGate } = require('./replay/gate') as typeof import('./replay/gate.js');
      await replayGate(directory, options);
    });
}

function month(text: string): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) throw new InvalidArgumentError('It must be a month such as 2026-11.');
  return text;
}
