/** One fault in a runbook file: where it is, what is wrong, what was expected, how to mend it. */
export interface RunbookProblem {
  file: string;
  /** Both begin with 1. */
  line: number;
  column: number;
  what: string;
  expected: string;
  mend: string;
}

/** What a check says; the place is found from the path, and from the key where the key itself is wrong. */
export type Finding = { path: Path; key?: string } & Pick<RunbookProblem, 'what' | 'expected' | 'mend'>;

/** Keys and indices from the root of the document. */
export type Path = readonly PropertyKey[];

/** `runbooks/x.yaml:12:5: unknown key `whn`; expected …; mend: …` */
export function formatProblem(problem: RunbookProblem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.what}; expected ${problem.expected}; ${problem.mend}`;
}

/** `[ 'causes', 0, 'when' ]` → `causes[0].when`. */
export function formatPath(path: Path): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`)).join('');
}

/** The known word that is closest to a wrong one, if one is close enough to be a typo. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const ranked = known.map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }));
  ranked.sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate));
  const best = ranked[0];
  return best && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

/** "a, b or c" for a short list; a long one is cut. */
export function oneOf(words: readonly string[], limit = 16): string {
  if (words.length === 0) return 'nothing (none is defined)';
  if (words.length === 1) return words[0]!;
  const shown = words.slice(0, limit);
  if (words.length > limit) return `one of ${shown.join(', ')}, … (${words.length} in all)`;
  return `one of ${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
}

/** "write `kubernetes.pods`", or what else to do where nothing is close. */
export function suggest(word: string, known: readonly string[], otherwise: string): string {
  const near = closest(word, known);
  return near ? `did you mean \`${near}\`?` : otherwise;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const substitution = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
