import type { Command } from 'commander';
import type { PermanentFixStatus } from '../../workflows/contracts';
import { Api, incidentPath, withApiOptions, type ApiOptions } from './api';
import type { RecordOptions } from './record-commands';
import { withConfigOptions } from './processes';
import { printJson } from './terminal';

export interface FixListOptions extends RecordOptions {
  all?: boolean;
}

const ID = 'public ID of the incident, a unique part of it, or "latest"';

/** `fixes`: the list is read from the records; what people say goes through the gateway. */
export function registerFixCommands(program: Command): void {
  const fixes = program.command('fixes').description('permanent fixes: where each stands, and what became of it');

  withConfigOptions(fixes.command('list')).option('--json', 'print JSON for scripts')
    .description('open fixes with their branch or pull request; from the records alone')
    .option('--all', 'those that are applied or declined, too')
    .action(async (options: FixListOptions) => {
      const { listFixes } = require('./records/fixes') as typeof import('./records/fixes.js');
      await listFixes(options);
    });

  for (const [name, state, description] of [
    ['merged', 'merged', 'the repository has it; Nightshift goes on until the cluster has it, too'],
    ['applied', 'applied', 'the cluster has it, in whatever way'],
    ['decline', 'declined', 'it will not be done, and why'],
  ] as const) {
    const command = withApiOptions(fixes.command(name).argument('<id>', ID).argument('<fix>', 'id of the fix')).description(description);
    if (state === 'declined') command.requiredOption('--reason <text>', 'why; stands in the record');
    command.action(async (id: string, fix: string, { reason, ...options }: ApiOptions & { reason?: string }) => {
      await show(options, await Api.from(options).post<PermanentFixStatus>(incidentPath(id, `/fixes/${encodeURIComponent(fix)}`), { state, ...(reason && { reason }) }));
    });
  }

  withApiOptions(fixes.command('retry').argument('<id>', ID))
    .description('try at once again to bring its fixes into the repository; otherwise with the next reminder')
    .action(async (id: string, options: ApiOptions) => {
      await show(options, await Api.from(options).post<PermanentFixStatus>(incidentPath(id, '/retry-fixes'), {}));
    });
}

async function show(options: ApiOptions, status: PermanentFixStatus): Promise<void> {
  if (options.json) return printJson(status);
  const { fixesView } = require('./views/fixes') as typeof import('./views/fixes.js');
  console.log(fixesView([status], true));
}
