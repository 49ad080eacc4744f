import { LineCounter, isMap, isPair, isScalar, isSeq, parseDocument, type Document, type Node } from 'yaml';
import type { Finding, Path, RunbookProblem } from './problems';

/** More than any runbook has use for. */
const MOST_ALIASES = 1_000;

/** How the most common faults of YAML are mended. */
const MENDS: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'put a text that holds a colon and a space in quotes, or write it below `>-`',
  DUPLICATE_KEY: 'remove one of the two keys',
  TAB_AS_INDENT: 'use spaces',
};

/** A parsed YAML file that can say where each of its values stands. */
export class RunbookDocument {
  readonly value: unknown;
  /** Faults of YAML itself; where there are any, `value` is not to be relied on. */
  readonly syntax: RunbookProblem[];
  private readonly lines = new LineCounter();
  private readonly document: Document.Parsed;

  constructor(
    readonly file: string,
    content: string,
  ) {
    this.document = parseDocument(content, { lineCounter: this.lines, merge: true, uniqueKeys: true, prettyErrors: false, strict: true });
    // Only the first fault: what follows is mostly its shadow.
    this.syntax = [...this.document.errors, ...this.document.warnings].slice(0, 1).map((error) => ({
      ...this.position(error.pos[0]),
      what: `this is not YAML: ${error.message}`,
      expected: 'YAML 1.2',
      mend: MENDS[error.code] ?? 'look at indentation, quotes and brackets here and in the line before',
    }));
    this.value = this.syntax.length === 0 ? this.expand() : undefined;
  }

  /** Aliases are counted, so that a file cannot fill the memory with copies of itself. */
  private expand(): unknown {
    try {
      return this.document.toJS({ maxAliasCount: MOST_ALIASES });
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      this.syntax.push({ ...this.position(0), what: `the file repeats itself too often by aliases: ${error.message}`, expected: `at most ${MOST_ALIASES} repetitions`, mend: 'write some of them out' });
      return undefined;
    }
  }

  /** A finding with its place. */
  place({ path, key, ...finding }: Finding): RunbookProblem {
    return { ...(key === undefined ? this.locate(path) : this.locateKey(path, key)), ...finding };
  }

  /** Where the value at a path stands; of its closest parent where the path leads nowhere. */
  private locate(path: Path): { file: string; line: number; column: number } {
    let node: unknown = this.document.contents;
    let offset = offsetOf(node) ?? 0;
    for (const part of path) {
      node = childOf(node, part);
      const next = offsetOf(node);
      if (next === undefined) break;
      offset = next;
    }
    return this.position(offset);
  }

  /** Where a key stands, rather than its value. */
  private locateKey(parent: Path, key: string): { file: string; line: number; column: number } {
    const node = parent.reduce<unknown>(childOf, this.document.contents);
    const pair = isMap(node) ? node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key) : undefined;
    const offset = pair && offsetOf(pair.key);
    return offset === undefined ? this.locate(parent) : this.position(offset);
  }

  private position(offset: number): { file: string; line: number; column: number } {
    const { line, col } = this.lines.linePos(offset);
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col) };
  }
}

function childOf(node: unknown, part: PropertyKey): unknown {
  if (isMap(node)) return node.get(typeof part === 'symbol' ? part.toString() : part, true);
  if (isSeq(node) && typeof part === 'number') return node.get(part, true);
  return undefined;
}

function offsetOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
