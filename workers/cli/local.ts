import type { Command } from 'commander';
import { loadConfig } from '../config';
import { ensureDataDir, type DataDir } from '../data-dir';

/** Options of commands that work on the data directory's files, so that no running Nightshift is needed. */
export interface LocalOptions {
  dataDir?: string;
  json?: boolean;
}

export function local(command: Command): Command {
  return command.option('--data-dir <directory>', 'data directory (NIGHTSHIFT_DATA_DIR)').option('--json', 'print JSON for scripts');
}

export function dirOf({ dataDir }: LocalOptions): DataDir {
  return ensureDataDir(loadConfig(dataDir ? { dataDir } : {}).dataDir);
}
