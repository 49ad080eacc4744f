import path from 'node:path';
import { remedies, probes } from '../../../activities/registry';
import { loadRunbook, loadRunbooks, type LoadedRunbook } from '../../../activities/runbooks/loader';
import { formatProblem } from '../../../activities/runbooks/problems';
import type { Runbook } from '../../../workflows/contracts';
import { loadConfig } from '../../config';
import { CommandError, EXIT } from '../exit';

export interface RunbookOptions {
  runbooks?: string;
  json?: boolean;
}

const CATALOG = { probes, remedies };

export function runbooksDir({ runbooks }: RunbookOptions): string {
  return runbooks ? path.resolve(runbooks) : loadConfig().runbooksDir;
}

/** Loads the named files, or every one of the directory. Paths are shown as a reader would type them. */
export function loadFiles(files: readonly string[], options: RunbookOptions): LoadedRunbook[] {
  try {
    return files.length > 0 ? files.map((file) => loadRunbook(file, CATALOG)) : loadRunbooks(relative(runbooksDir(options)), CATALOG);
  } catch (error) {
    const { code, path: missing } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CommandError(`${missing ?? 'The runbooks'} cannot be read (${code}): check the name.`, code === 'ENOENT' ? EXIT.notFound : EXIT.failed);
  }
}

/** Every runbook that is right. @throws CommandError that shows what is wrong with the others */
export function loadAllValid(options: RunbookOptions): Runbook[] {
  return loadFiles([], options).map(valid);
}

/** One runbook by its class. @throws CommandError when there is none, or it is broken */
export function loadOne(id: string, options: RunbookOptions): Runbook {
  const loaded = loadFiles([], options);
  const found = loaded.find(({ fileClass }) => fileClass === id);
  if (!found) throw new CommandError(`There is no runbook ${id}; there are ${loaded.map(({ fileClass }) => fileClass).join(', ') || 'none'}.`, EXIT.notFound);
  return valid(found);
}

function valid(loaded: LoadedRunbook): Runbook {
  if (loaded.valid) return loaded.runbook;
  throw new CommandError(loaded.problems.map(formatProblem).join('\n'));
}

function relative(directory: string): string {
  const short = path.relative(process.cwd(), directory);
  return short === '' || short.startsWith('..') ? directory : short;
}
