import { InvalidArgumentError, type Command } from 'commander';
import type { WatchdogStatus } from '../gateway/watchdogs';
import type { ConfigOverrides } from '../config';
import { duration } from '../config/values';
import { Api, withApiOptions, type ApiOptions } from './api';
import { withConfigOptions } from './processes';
import { printJson } from './terminal';
import { watchdogLine, watchdogsView } from './views/watchdogs';

/** `watchdog`: which clusters are heard of, and silences that are planned. */
export function registerWatchdogCommands(program: Command): void {
  const watchdog = program.command('watchdog').description('heartbeats: which clusters are heard of; a cluster that falls silent opens an incident');

  withApiOptions(watchdog.command('list'))
    .description('each cluster: the last heartbeat, and until when silence is tolerated')
    .action(async (options: ApiOptions) => {
      const answer = await Api.from(options).get<{ watchdogs: WatchdogStatus[] }>('/api/v1/watchdogs');
      if (options.json) printJson(answer);
      else console.log(watchdogsView(answer.watchdogs));
    });

  withApiOptions(watchdog.command('pause').argument('<cluster>'))
    .description('plan a silence, such as a maintenance: nobody is paged for it; the tolerated time begins when it ends')
    .requiredOption('--for <duration>', 'how long, such as 90m or 4h', durationOf)
    .requiredOption('--reason <text>', 'why; everybody who asks is told')
    .action(async (cluster: string, { for: forMs, reason, ...options }: ApiOptions & { for: number; reason: string }) => {
      show(await Api.from(options).post<WatchdogStatus>(`${path(cluster)}/pause`, { forMs, reason }), options);
    });

  withApiOptions(watchdog.command('resume').argument('<cluster>'))
    .description('end a planned silence: from now on the cluster has its tolerated time')
    .action(async (cluster: string, options: ApiOptions) => {
      show(await Api.from(options).post<WatchdogStatus>(`${path(cluster)}/resume`, {}), options);
    });

  withConfigOptions(watchdog.command('rules'))
    .description('alerting rules for the Ruler or Prometheus that sees all clusters: of each configured one, a Watchdog that ends with its metrics, and an alert when there are none')
    .option('--after <duration>', 'how long none may arrive', durationText, '10m')
    .action(({ after, ...overrides }: ConfigOverrides & { after: string }) => {
      const { silenceRules } = require('./watchdog/rules') as typeof import('./watchdog/rules.js');
      console.log(silenceRules(overrides, after));
    });
}

function path(cluster: string): string {
  return `/api/v1/watchdogs/${encodeURIComponent(cluster)}`;
}

function show(status: WatchdogStatus, options: ApiOptions): void {
  if (options.json) printJson(status);
  else console.log(watchdogLine(status));
}

function durationOf(text: string): number {
  const parsed = duration.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('It must be a duration such as 90m or 4h.');
}

/** Prometheus writes durations as we do. */
function durationText(text: string): string {
  durationOf(text);
  return text;
}
