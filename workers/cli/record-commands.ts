import { InvalidArgumentError, type Command } from 'commander';
import type { ConfigOverrides } from '../config';
import { withConfigOptions } from './processes';

export interface RecordOptions extends ConfigOverrides {
  json?: boolean;
}

export interface ListOptions extends RecordOptions {
  month?: string;
  class?: string;
  limit: number;
}

export interface PruneOptions extends RecordOptions {
  olderThan?: number;
  yes?: boolean;
}

export interface StatsOptions extends RecordOptions {
  month?: string;
  months: number;
  timeZone?: string;
  practice?: boolean;
}

const ID = 'public ID, a unique part of it, or "latest"';

/** `records` and `stats`: they read the store itself, so that neither gateway nor Temporal is needed. */
export function registerRecordCommands(program: Command): void {
  const records = program.command('records').description('what stays of closed incidents: list, show, export, prune');

  common(records.command('list'))
    .description('records, newest first')
    .option('--month <month>', 'of incidents that were opened in this month (UTC), such as 2026-11', month)
    .option('--class <class>', 'of one incident class')
    .option('--limit <number>', 'at most so many', count, 50)
    .action(async (options: ListOptions) => {
      const { listRecords } = require('./records/list') as typeof import('./records/list.js');
      await listRecords(options);
    });

  common(records.command('show').argument('<id>', ID))
    .description('what a record holds, in short; --json prints the record')
    .action(async (id: string, options: RecordOptions) => {
      const { showRecord } = require('./records/show') as typeof import('./records/show.js');
      await showRecord(id, options);
    });

  common(records.command('export').argument('<id>', ID))
    .description('copy a record with everything in it, its history included, into a directory')
    .requiredOption('--to <directory>', 'a folder of the incident\'s name is made there')
    .action(async (id: string, options: RecordOptions & { to: string }) => {
      const { exportRecord } = require('./records/export') as typeof import('./records/export.js');
      await exportRecord(id, options);
    });

  common(records.command('prune'))
    .description('remove old records for good; without --yes it only says which')
    .option('--older-than <days>', 'opened so many days ago, or longer; default: records.keepFor of the configuration', days)
    .option('--yes', 'remove them')
    .action(async (options: PruneOptions) => {
      const { pruneRecords } = require('./records/prune') as typeof import('./records/prune.js');
      await pruneRecords(options);
    });

  common(program.command('stats'))
    .description('a month in numbers: problems, times, remedies; from records alone')
    .option('--month <month>', 'such as 2026-11; default: this month', month)
    .option('--months <number>', 'so many months, up to that one', count, 1)
    .option('--time-zone <zone>', 'whose months they are; default: timeZone of the configuration')
    .option('--practice', 'count what was practised, too')
    .action(async (options: StatsOptions) => {
      const { showStatistics } = require('./records/stats') as typeof import('./records/stats.js');
      await showStatistics(options);
    });
}

function common(command: Command): Command {
  return withConfigOptions(command).option('--json', 'print JSON for scripts');
}

function month(text: string): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) throw new InvalidArgumentError('It must be a month such as 2026-11.');
  return text;
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It must be a number of at least 1.');
  return number;
}

function days(text: string): number {
  return count(text.replace(/d$/, ''));
}
