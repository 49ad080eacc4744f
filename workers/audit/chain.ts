import canonicalize from 'canonicalize';
import type { z } from 'zod';
import { NOTHING_BEFORE } from '../../workflows/domain/audit';
import { hashOf } from '../../workflows/domain/plan-hash';

/** Something that is not as it was written, and where. */
export interface Fault {
  /** "audit.jsonl, entry 7". */
  where: string;
  problem: string;
}

interface Link {
  n: number;
  previous: string;
}

export interface Chain<Entry extends Link> {
  /** What could be read, in the order of the lines. */
  entries: Entry[];
  faults: Fault[];
}

/** Reads a file in which each line holds the hash of the line before it, and says where it is not whole. */
export function readChain<Entry extends Link>(content: string, file: string, schema: z.ZodType<Entry>): Chain<Entry> {
  const lines = content.split('\n');
  const faults: Fault[] = [];
  if (lines.pop() !== '') faults.push({ where: file, problem: 'the last line does not end: something was cut off' });
  const entries: Entry[] = [];
  for (const [index, line] of lines.entries()) {
    const read = readLine(line, schema);
    if (typeof read === 'string') faults.push({ where: `${file}, line ${index + 1}`, problem: read });
    else entries.push(read);
  }
  return { entries, faults: [...faults, ...linkFaults(entries, file)] };
}

function readLine<Entry>(line: string, schema: z.ZodType<Entry>): Entry | string {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return 'it is not JSON: the line was changed';
  }
  // Two spellings of one value, or a name that stands twice, would show a reader something else than what is checked.
  if (canonicalize(json) !== line) return 'it is not written as Nightshift writes it (canonical JSON): the line was changed';
  const parsed = schema.safeParse(json);
  return parsed.success ? parsed.data : `it is no entry: ${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}`;
}

function linkFaults(entries: readonly Link[], file: string): Fault[] {
  const numbers = entries.map(({ n }) => n);
  const where = (n: number) => `${file}, entry ${n}`;
  const twice = [...new Set(numbers.filter((n, index) => numbers.indexOf(n) !== index))];
  const missing = Array.from({ length: Math.max(-1, ...numbers) + 1 }, (_, n) => n).filter((n) => !numbers.includes(n));
  const moved = entries.slice(1).flatMap(({ n }, index) => (n < entries[index]!.n ? [n] : []));
  const changed = entries.flatMap((entry) => {
    const before = entry.n === 0 ? NOTHING_BEFORE : hashBefore(entries, entry.n);
    return before === undefined || before === entry.previous ? [] : [entry.n];
  });
  return [
    ...twice.map((n) => ({ where: where(n), problem: 'it stands there twice: one was put in' })),
    ...missing.map((n) => ({ where: where(n), problem: 'it is missing' })),
    ...moved.map((n) => ({ where: where(n), problem: `it stands after entry ${entries[entries.findIndex((entry) => entry.n === n) - 1]?.n ?? '?'}: the order was changed` })),
    ...changed.map((n) => (n === 0
      ? { where: where(0), problem: 'it says that something stood before it' }
      : { where: where(n - 1), problem: `it was changed after it was written: entry ${n} holds another hash of it (or entry ${n} was changed itself)` })),
  ];
}

/** The hash of the entry that stands before `n` by its number; undefined where there is none, which is a fault of its own. */
function hashBefore(entries: readonly Link[], n: number): string | undefined {
  const before = entries.find((entry) => entry.n === n - 1);
  return before && hashOf(before);
}
