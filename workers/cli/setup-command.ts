import { InvalidArgumentError, type Command } from 'commander';
import { printJson } from './terminal';

interface SetupOptions {
  config?: string;
  retentionDays: number;
  json?: boolean;
}

/** `nightshift setup`: what Nightshift needs of a Temporal that it does not run itself. */
export function registerSetupCommand(program: Command): void {
  program
    .command('setup')
    .description('create the namespace and the search attributes in a Temporal cluster; what is there already is left alone')
    .option('--config <file>', 'configuration file (NIGHTSHIFT_CONFIG)')
    .option('--retention-days <number>', 'how long Temporal keeps closed incidents, where the namespace is made; records outlive that', days, 30)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nTemporal is reached by TEMPORAL_ADDRESS, TEMPORAL_API_KEY and TEMPORAL_TLS_…, as Temporal’s own clients are.')
    .action(setup);
}

async function setup({ config: file, retentionDays, json }: SetupOptions): Promise<void> {
  const { Client, Connection } = require('@temporalio/client') as typeof import('@temporalio/client');
  const { loadConfig } = require('../config') as typeof import('../config.js');
  const { setUpNamespace } = require('../gateway/namespace') as typeof import('../gateway/namespace.js');
  const { connectionOptions } = require('../temporal-connection') as typeof import('../temporal-connection.js');
  const config = loadConfig(file ? { config: file } : {});
  const connection = await Connection.connect(connectionOptions(config));
  try {
    const done = await setUpNamespace(new Client({ connection, namespace: config.temporal.namespace }), retentionDays);
    if (json) return printJson({ done });
    for (const { what, state } of done) console.log(`${state === 'made' ? 'made  ' : 'there '} ${what}`);
  } finally {
    await connection.close();
  }
}

function days(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 3650) throw new InvalidArgumentError('It must be a whole number of days, at most 3650.');
  return number;
}
