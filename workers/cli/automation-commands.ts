import type { Command } from 'commander';
import type { ConfigOverrides } from '../config';

export interface AutomationOptions extends ConfigOverrides {
  cluster?: string;
  all?: boolean;
  json?: boolean;
}

/** The kill switch, with the caller's own credentials: no Temporal, no worker and no running Nightshift is needed. */
export function registerAutomationCommands(program: Command): void {
  const automation = program.command('automation').description('the kill switch of a cluster: stop every change that Nightshift makes, also approved ones');
  const verbs = [
    ['off', 'stop all automation of a cluster now; diagnosing and paging go on'],
    ['on', 'let approved and automatic plans be executed again'],
  ] as const;
  for (const [verb, description] of verbs) {
    common(automation.command(verb))
      .description(description)
      .option('--all', 'every configured cluster')
      .action(async (options: AutomationOptions) => {
        const { switchAutomation } = require('./automation') as typeof import('./automation.js');
        await switchAutomation(verb === 'on', options);
      });
  }
  common(automation.command('status'))
    .description('is automation on, and if not, why')
    .action(async (options: AutomationOptions) => {
      const { automationStatus } = require('./automation') as typeof import('./automation.js');
      await automationStatus(options);
    });
}

function common(command: Command): Command {
  return command
    .option('--cluster <name>', 'the cluster, where several are configured')
    .option('--kubeconfig <file>', 'credentials to use: an admin\'s, because Nightshift\'s own may never write it (default: the configuration\'s)')
    .option('--context <name>', 'context of the kubeconfig; its current one by default')
    .option('--config <file>', 'configuration file (NIGHTSHIFT_CONFIG; default nightshift.yaml in the project, if there is one)')
    .option('--data-dir <directory>', 'where the practice cluster is kept (NIGHTSHIFT_DATA_DIR; default .nightshift in the project)')
    .option('--json', 'print JSON for scripts');
}
