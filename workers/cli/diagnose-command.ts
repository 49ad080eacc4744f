import type { Command } from 'commander';
import { findCluster, loadConfig, type ConfigOverrides } from '../config';
import { CommandError, EXIT } from './exit';
import { withConfigOptions } from './processes';
import { printJson } from './terminal';
import { diagnosisView } from './views/diagnosis';

/** `diagnose`: looks at a cluster now, read-only, without Temporal, a worker or an incident. */
export function registerDiagnoseCommand(program: Command): void {
  withConfigOptions(program.command('diagnose').argument('[runbook...]', 'these runbooks only; all of them by default'))
    .description('ask the probes of runbooks now and rank the causes, read-only and without an incident')
    .option('--cluster <name>', 'the cluster; the only or first one configured by default')
    .option('--json', 'print JSON for scripts')
    .action(async (runbooks: string[], { cluster, json, ...overrides }: ConfigOverrides & { cluster?: string; json?: boolean }) => {
      const config = loadConfig(overrides);
      const entry = findCluster(config, cluster ?? config.defaultCluster);
      if (!entry) throw new CommandError(`There is no cluster ${cluster} in the configuration; there is ${config.clusters.map((known) => known.cluster.name).join(', ')}.`, EXIT.notFound);
      // Kubernetes' client takes long to load.
      const { diagnose, UnknownRunbook } = require('../diagnose') as typeof import('../diagnose.js');
      const found = await diagnose(config, entry, runbooks).catch((error: unknown) => {
        throw error instanceof UnknownRunbook ? new CommandError(error.message, EXIT.notFound) : error;
      });
      if (json) printJson({ cluster: entry.cluster.name, diagnoses: found });
      else console.log(found.map(diagnosisView).join('\n\n'));
      if (found.every(({ evidence }) => evidence.every(({ status }) => status === 'unanswered'))) throw new CommandError(`No probe got an answer from ${entry.cluster.name}.`);
    });
}
