import type { Command } from 'commander';
import { findCluster, loadConfig, type ConfigOverrides } from '../config';
import { CommandError, EXIT } from './exit';
import { withConfigOptions } from './processes';
import { printJson, say } from './terminal';
import { checklistLines } from './views/checklists';
import { diagnosisView, verdictLine } from './views/diagnosis';

/** A table on this screen is there to be read whole. */
const ROWS_OF_A_LINE = 20;

/** `diagnose`: looks at a cluster now, read-only, without Temporal, a worker or an incident. */
export function registerDiagnoseCommand(program: Command): void {
  withConfigOptions(program.command('diagnose').argument('[runbook...]', 'what these runbooks make of it; by default the checklists, and every runbook in a line'))
    .description('look at a cluster now by the checklists of the handbook, read-only and without an incident')
    .option('--cluster <name>', 'the cluster; the only or first one configured by default')
    .option('--namespace <name>', 'this namespace only; those of the configured targets by default')
    .option('--json', 'print JSON for scripts')
    .action(async (runbooks: string[], { cluster, namespace, json, ...overrides }: ConfigOverrides & { cluster?: string; namespace?: string; json?: boolean }) => {
      const config = loadConfig(overrides);
      const entry = findCluster(config, cluster ?? config.defaultCluster);
      if (!entry) throw new CommandError(`There is no cluster ${cluster} in the configuration; there is ${config.clusters.map((known) => known.cluster.name).join(', ')}.`, EXIT.notFound);
      // Kubernetes' client takes long to load.
      const { diagnose, UnknownRunbook } = require('../diagnose') as typeof import('../diagnose.js');
      const found = await diagnose(config, entry, runbooks, namespace).catch((error: unknown) => {
        throw error instanceof UnknownRunbook ? new CommandError(error.message, EXIT.notFound) : error;
      });
      if (json) printJson({ cluster: entry.cluster.name, ...found });
      else if (runbooks.length > 0) console.log(found.diagnoses.map(diagnosisView).join('\n\n'));
      else console.log([...checklistLines(found.checklists, found.evidence, say, ROWS_OF_A_LINE), '', ...found.diagnoses.map(verdictLine)].join('\n'));
      if (found.diagnoses.every(({ evidence }) => evidence.every(({ status }) => status === 'unanswered'))) throw new CommandError(`No probe got an answer from ${entry.cluster.name}.`);
    });
}
