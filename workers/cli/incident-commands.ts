import type { Command } from 'commander';
import type { IncidentSummary } from '../gateway/incident-summary';
import { Api, incidentPath, withApiOptions, type ApiOptions } from './api';
import { oneLine, printJson } from './terminal';
import { incidentView, type ShownStatus } from './views/incident';
import { listView, nothingOpenView } from './views/list';
import { watch, type WatchOptions } from './watch';

/** One incident as the API answers it: whole, or its line in the list while no worker answers. */
export type ShownIncident = (ShownStatus & { open: boolean; workerAway: false }) | (IncidentSummary & { workerAway: true; detail: string });

const ID = 'public ID, the beginning of one, or "latest"';

/** Commands that look. */
export function registerIncidentCommands(program: Command): void {
  withApiOptions(program.command('list'))
    .description('open incidents; with --all the closed ones, too')
    .option('--all', 'closed incidents, too')
    .option('--cluster <name>', 'of one cluster only')
    .option('--phase <phase>', 'in one phase only')
    .option('--outcome <outcome>', 'with one outcome only')
    .option('--limit <number>', 'at most so many', '50')
    .action(async ({ all, cluster, phase, outcome, limit, ...options }: ApiOptions & { all?: boolean; cluster?: string; phase?: string; outcome?: string; limit: string }) => {
      const query = new URLSearchParams({ limit, ...(!all && !outcome && { open: 'true' }), ...(cluster && { cluster }), ...(phase && { phase }), ...(outcome && { outcome }) });
      const answer = await Api.from(options).get<{ incidents: IncidentSummary[] }>(`/api/v1/incidents?${query.toString()}`);
      if (options.json) printJson(answer);
      else if (answer.incidents.length > 0) console.log(listView(answer.incidents));
      else if (all || outcome) console.log(cluster || phase || outcome ? 'No such incidents.' : 'No incidents yet.');
      else console.log(nothingOpenView({ cluster, phase }, await lastClosed(options, cluster)));
    });

  withApiOptions(program.command('show').argument('[id]', ID, 'latest'))
    .description('one incident on one screen: what, why, the plan, and what to type next')
    .action(async (id: string, options: ApiOptions) => {
      const incident = await Api.from(options).get<ShownIncident>(incidentPath(id));
      if (options.json) printJson(incident);
      else console.log(shown(incident));
    });

  withApiOptions(program.command('watch').argument('[id]', ID, 'latest'))
    .description('follow an incident until it closes')
    .option('--until <state>', 'end sooner: needs-you, recovered, or a phase')
    .option('--timeout <seconds>', 'give up after so many seconds, with exit code 1')
    .action((id: string, options: WatchOptions) => watch(id, options));

  withApiOptions(program.command('history').argument('[id]', ID, 'latest'))
    .description("the workflow history of a closed incident, as Temporal's own tools export it")
    .action(async (id: string, options: ApiOptions) => console.log(await Api.from(options).text(incidentPath(id, '/history'))));

  withApiOptions(program.command('quarantine'))
    .description('alerts that could not be understood')
    .action(async (options: ApiOptions) => {
      const answer = await Api.from(options).get<{ total: number; alerts: Array<{ at: string; faults: string[] }> }>('/api/v1/quarantine');
      if (options.json) printJson(answer);
      else console.log(answer.total === 0 ? 'Nothing is quarantined.' : answer.alerts.map(({ at, faults }) => `${at}  ${oneLine(faults.join('; '))}`).join('\n'));
    });
}

async function lastClosed(options: ApiOptions, cluster: string | undefined): Promise<IncidentSummary | undefined> {
  const query = new URLSearchParams({ limit: '1', open: 'false', ...(cluster && { cluster }) });
  const { incidents } = await Api.from(options).get<{ incidents: IncidentSummary[] }>(`/api/v1/incidents?${query.toString()}`);
  return incidents[0];
}

export function shown(incident: ShownIncident): string {
  if (!incident.workerAway) return incidentView(incident);
  return `${listView([incident])}\n${incident.detail} Start a worker: "npm start", or "npx nightshift worker".`;
}
