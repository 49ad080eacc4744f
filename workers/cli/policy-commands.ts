import { InvalidArgumentError, type Command } from 'commander';
import { withApiOptions, type ApiOptions } from './api';
import type { ConfigOverrides } from '../config';
import { withConfigOptions } from './processes';

/** Options of commands that evaluate the configured policy here. */
export interface PolicyOptions extends ConfigOverrides {
  cluster?: string;
  severity?: string;
  at?: string;
  json?: boolean;
}

/** `policy`: what the rules say, and why. */
export function registerPolicyCommands(program: Command): void {
  const policy = program.command('policy').description('what policy demands, by which rule, and why');

  withEvaluation(withApiOptions(policy.command('explain').argument('<id>', 'public ID of an incident or "latest", or the ID of a runbook example')))
    .description('which rule decides on a plan and why; for an incident, what is still missing')
    .action(async (id: string, options: PolicyOptions & ApiOptions) => {
      const { explainPolicy } = require('./policy/explain') as typeof import('./policy/explain.js');
      await explainPolicy(id, options);
    });

  withEvaluation(withConfigOptions(policy.command('check')).option('--json', 'print JSON for scripts'))
    .description('a table of risk and class: what would happen now; a fault in the configuration is named')
    .action((options: PolicyOptions) => {
      const { checkPolicy } = require('./policy/check') as typeof import('./policy/check.js');
      checkPolicy(options);
    });
}

function withEvaluation(command: Command): Command {
  return command
    .option('--cluster <name>', 'of one cluster only; for an example, as if it happened there')
    .option('--severity <severity>', 'as if the alerts had this severity')
    .option('--at <time>', 'as if it were then, such as 2026-12-24T03:00+09:00', timeOf);
}

function timeOf(text: string): string {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError('It must be a time such as 2026-12-24T03:00+09:00.');
  return new Date(time).toISOString();
}
