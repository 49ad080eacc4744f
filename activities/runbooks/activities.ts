import { readFileSync } from 'node:fs';
import { failure, type ConfigurationActivities, type Runbook } from '../../workflows/contracts';
import type { RunbookCatalog } from './catalog';
import { checkedBefore, checkRunbook, runbookFiles, type LoadedRunbook } from './loader';
import { formatProblem } from './problems';
import { selectRunbook } from './selection';

export interface RunbookDependencies {
  directory: string;
  catalog: RunbookCatalog;
  /** Runbooks that this very build has checked before, by the digest of their content; a file with another content is checked. */
  checked?: ReadonlyMap<string, Runbook>;
  /** Told of every problem of a broken file, once per content. */
  report(problem: string): void;
}

/** The runbooks of a directory, read again at each question and parsed again only where the content has changed. */
export class RunbookShelf {
  private readonly cache = new Map<string, { content: string; loaded: LoadedRunbook }>();

  constructor(private readonly dependencies: RunbookDependencies) {}

  /** @throws RunbookInvalid when the directory cannot be read */
  load(): LoadedRunbook[] {
    try {
      return runbookFiles(this.dependencies.directory).map((file) => this.loadFile(file));
    } catch (error) {
      throw failure('RunbookInvalid', `The runbooks in ${this.dependencies.directory} cannot be read: ${(error as Error).message}. Check the directory and its permissions.`, { cause: error });
    }
  }

  private loadFile(file: string): LoadedRunbook {
    const content = readFileSync(file, 'utf8');
    const known = this.cache.get(file);
    if (known?.content === content) return known.loaded;
    const { checked, catalog } = this.dependencies;
    const loaded = (checked && checkedBefore(file, content, checked)) ?? checkRunbook(file, content, catalog);
    this.cache.set(file, { content, loaded });
    if (!loaded.valid) loaded.problems.forEach((problem) => this.dependencies.report(formatProblem(problem)));
    return loaded;
  }
}

/** Local activity: reads the worker's own files. Loads once at creation, so that a broken file is reported at start. */
export function createRunbookActivities(dependencies: RunbookDependencies): Pick<ConfigurationActivities, 'runbooksSelect'> {
  const shelf = new RunbookShelf(dependencies);
  shelf.load();
  return {
    runbooksSelect: async (request) => selectRunbook(shelf.load(), request),
  };
}
