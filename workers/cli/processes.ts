import { InvalidArgumentError, type Command } from 'commander';
import { loadConfig, type ConfigOverrides } from '../config';
import { reportFailure } from '../process';

/** Options that every process takes; stronger than the environment, which is stronger than the file. */
export function withConfigOptions(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file (NIGHTSHIFT_CONFIG; default nightshift.yaml in the project, if there is one)')
    .option('--data-dir <directory>', 'where state is kept (NIGHTSHIFT_DATA_DIR; default .nightshift in the project)')
    .option('--kubeconfig <file>', 'work on the cluster of this kubeconfig, observing only (NIGHTSHIFT_KUBECONFIG)')
    .option('--context <name>', 'context of the kubeconfig; its current one by default (NIGHTSHIFT_CONTEXT)');
}

const portOption = ['--port <number>', 'HTTP port of webhook and API (NIGHTSHIFT_PORT; default 8088)', parsePort] as const;

/** `start`, and the two processes that it starts, for those who run them apart. */
export function registerProcessCommands(program: Command): void {
  withConfigOptions(program.command('start'))
    .description('start Temporal, the worker and the gateway on this machine, and take alerts')
    .option(...portOption)
    .addHelpText('after', '\nAlso honoured: TEMPORAL_ADDRESS (use an existing Temporal), TEMPORAL_NAMESPACE, NIGHTSHIFT_HOST, NIGHTSHIFT_LOG_LEVEL.')
    .action(async (options: ConfigOverrides) => {
      const { start } = require('./start') as typeof import('./start.js');
      await start(options);
    });

  withConfigOptions(program.command('worker'))
    .description('run a worker only, for a Temporal that runs elsewhere')
    .option('--queue <name...>', 'serve these task queues only')
    .action(async ({ queue, ...options }: ConfigOverrides & { queue?: string[] }) => {
      await inOwnProcess(() => {
        const { runWorker } = require('../worker') as typeof import('../worker.js');
        return runWorker(loadConfig(options), queue ? { queues: queue } : {});
      });
    });

  withConfigOptions(program.command('gateway'))
    .description('run the gateway only (webhook and API), for a Temporal that runs elsewhere')
    .option(...portOption)
    .action(async (options: ConfigOverrides) => {
      await inOwnProcess(() => {
        const { runGateway } = require('../gateway/serve') as typeof import('../gateway/serve.js');
        return runGateway(loadConfig(options));
      });
    });
}

/** Tells the supervisor, if there is one, why a process could not start. */
async function inOwnProcess(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    reportFailure(error instanceof Error ? error.message : String(error));
    throw error;
  }
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new InvalidArgumentError('It must be a port number between 1 and 65535.');
  return port;
}
