import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { AlertMatcher, Runbook } from '../../workflows/contracts';
import type { RunbookCatalog } from './catalog';
import { parseOnce } from '../parse-once';
import { RunbookDocument } from './document';
import type { RunbookProblem } from './problems';
import { withPostRecovery } from './post-recovery';
import { referenceFindings } from './references';
import { askingWhatChanged } from './what-changed';
import { runbookSchema } from './schema';
import { shapeFindings } from './shape';

/** A runbook file after it was read: good, or with the list of what is wrong with it. */
export type LoadedRunbook = {
  /** As it was named to the loader; error messages begin with it. */
  file: string;
  /** The incident class that the file's name says. */
  fileClass: string;
  /** SHA-256 of the content, hex. */
  digest: string;
} & (
  | { valid: true; runbook: Runbook }
  /** `match`: what could be read of the alerts it claims, so that nothing else quietly takes them. */
  | { valid: false; problems: RunbookProblem[]; match: AlertMatcher[] }
);

/** A runbook goes into every incident's history; one that is larger than this is something else. In characters. */
const LARGEST_FILE = 512 * 1024;

function tooLarge(file: string, length: number): RunbookProblem {
  return { file, line: 1, column: 1, what: `the file has ${length} characters`, expected: `at most ${LARGEST_FILE}`, mend: 'keep recorded evidence short: fields and a sentence' };
}

/** Checks the content of one runbook file. Never throws for what is in the file. */
export function checkRunbook(file: string, content: string, catalog: RunbookCatalog): LoadedRunbook {
  const base = baseOf(file, content);
  if (content.length > LARGEST_FILE) return { ...base, valid: false, problems: [tooLarge(file, content.length)], match: [] };
  const document = new RunbookDocument(file, content);
  if (document.syntax.length > 0) return { ...base, valid: false, problems: document.syntax, match: [] };
  const parsed = runbookSchema.safeParse(document.value);
  const findings = parsed.success ? referenceFindings(parsed.data, catalog, base.fileClass) : shapeFindings(document.value, parsed.error.issues);
  const problems = findings.map((finding) => document.place(finding));
  if (parsed.success && problems.length === 0) return { ...base, valid: true, runbook: withCommonParts(parsed.data) };
  problems.sort((a, b) => a.line - b.line || a.column - b.column);
  return { ...base, valid: false, problems, match: readableMatchers(document.value) };
}

/** What every runbook asks and verifies besides its own; in the snapshot that lives in an incident's history. */
const withCommonParts = (runbook: Runbook): Runbook => withPostRecovery(askingWhatChanged(runbook));

function baseOf(file: string, content: string) {
  return { file, fileClass: path.basename(file).replace(/\.ya?ml$/, ''), digest: createHash('sha256').update(content).digest('hex') };
}

/** A file that was checked when the build was made; `undefined` when its content or its name is another. */
export function checkedBefore(file: string, content: string, checked: ReadonlyMap<string, Runbook>): LoadedRunbook | undefined {
  const base = baseOf(file, content);
  const runbook = checked.get(base.digest);
  return runbook?.id === base.fileClass ? { ...base, valid: true, runbook } : undefined;
}

/** Reads and checks one file. @throws the file system's error when it cannot be read */
export function loadRunbook(file: string, catalog: RunbookCatalog): LoadedRunbook {
  return checkRunbook(file, readFileSync(file, 'utf8'), catalog);
}

/** The runbook files of a directory, alphabetically. */
export function runbookFiles(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.'))
    .sort()
    .map((name) => path.join(directory, name));
}

/** Loads every runbook of a directory; a broken file is in the answer and takes no other one down. */
export function loadRunbooks(directory: string, catalog: RunbookCatalog): LoadedRunbook[] {
  return runbookFiles(directory).map((file) => loadRunbook(file, catalog));
}

/** The runbooks of a directory whose shape is right, whatever they refer to; enough to play their examples. */
export function readShapes(directory: string): Runbook[] {
  return runbookFiles(directory).flatMap((file) => shapeOf(readFileSync(file, 'utf8')) ?? []);
}

const shapeOf = parseOnce((content): Runbook | null => {
  const parsed = runbookSchema.safeParse(new RunbookDocument('', content).value);
  return parsed.success ? withCommonParts(parsed.data) : null;
});

function readableMatchers(value: unknown): AlertMatcher[] {
  const match = value !== null && typeof value === 'object' ? (value as { match?: unknown }).match : undefined;
  if (!Array.isArray(match)) return [];
  return match.filter((item): item is AlertMatcher => item !== null && typeof item === 'object' && Object.values(item as object).every((wanted) => typeof wanted === 'string'));
}
