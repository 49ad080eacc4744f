import { formatProblem } from '../../../activities/runbooks/problems';
import { EXIT } from '../exit';
import { printJson, safe } from '../terminal';
import { loadFiles, type RunbookOptions } from './shelf';

/** Prints every problem on a line of its own, as compilers do; ends with 1 when there is one. */
export function checkCommand(files: readonly string[], options: RunbookOptions): void {
  const loaded = loadFiles(files, options);
  const problems = loaded.flatMap((item) => (item.valid ? [] : item.problems));
  if (options.json) printJson({ ok: problems.length === 0, files: loaded.map(({ file, digest, valid }) => ({ file, digest, valid })), problems });
  else {
    for (const problem of problems) console.log(safe(formatProblem(problem)));
    const right = loaded.filter(({ valid }) => valid).map(({ file }) => file);
    if (right.length > 0) console.log(`${right.join(', ')}: ok`);
    if (loaded.length === 0) console.log('There is no runbook to check.');
  }
  if (problems.length > 0) process.exitCode = EXIT.failed;
}
