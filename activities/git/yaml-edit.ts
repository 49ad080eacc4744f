import { isAlias, isCollection, isMap, isScalar, isSeq, parseAllDocuments, stringify, type Document, type Node, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Json } from '../../workflows/contracts';
import { isItem, newItem, type PathPart } from '../desired-edit';
import { sameJson } from '../same-json';

/** Why a text cannot be edited; the sentence goes to people. */
export class Uneditable extends Error {}

export type YamlChange = { set: Json } | { append: Json } | { remove: true };

/** More than any manifest has use for. */
const MOST_ALIASES = 100;

type Documents = Array<Document.Parsed>;

/** The documents of a text. @throws Uneditable where it is not YAML */
export function documentsOf(text: string): Json[] {
  return parse(text).map((document) => document.toJS({ maxAliasCount: MOST_ALIASES }) as Json);
}

/**
 * Changes one field of one document of a text, and nothing else: the lines around it stay byte by byte, comments and quotes too.
 * What cannot be spliced in is written anew by the YAML library, which keeps comments. Either way the result is read back: it
 * says what it should, and every other field what it said.
 * @throws Uneditable
 */
export function editYaml(text: string, at: number, path: readonly PathPart[], change: YamlChange): string {
  const before = documentsOf(text);
  const wanted = before.map((document, index) => (index === at ? changed(document, path, change) : document));
  const says = (candidate: string | undefined) => candidate !== undefined && sameJson(tryDocuments(candidate), wanted);
  const spliced = tryOr(() => splice(text, at, path, change));
  if (says(spliced)) return spliced!;
  const rewritten = tryOr(() => rewrite(text, at, path, change));
  if (says(rewritten)) return rewritten!;
  throw new Uneditable('the field cannot be changed without changing others: it is part of an anchor or a merge');
}

function parse(text: string): Documents {
  const documents = parseAllDocuments(text, { keepSourceTokens: true, prettyErrors: false });
  if ('empty' in documents) return [];
  const broken = documents.flatMap(({ errors }) => errors)[0];
  if (broken) throw new Uneditable(`it is not YAML: ${broken.message}`);
  return documents;
}

function tryDocuments(text: string): Json[] | undefined {
  return tryOr(() => documentsOf(text));
}

/** Whatever goes wrong on one way, the other is tried; what both make is compared with what is wanted. */
function tryOr<Result>(attempt: () => Result): Result | undefined {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof Uneditable || error instanceof ReferenceError) return undefined;
    throw error;
  }
}

/** The change on plain values: what the edited text has to say. @throws Uneditable */
export function changed(document: Json, path: readonly PathPart[], change: YamlChange): Json {
  // Not shared: what an alias repeats is a field of its own here.
  const copy = JSON.parse(JSON.stringify(document)) as Json;
  const [last, ...before] = [...path].reverse();
  if (last === undefined) {
    if (!Array.isArray(copy) || !('append' in change)) throw new Uneditable('no field is named');
    return [...copy, change.append];
  }
  let current = copy;
  for (const [index, part] of before.reverse().entries()) current = child(current, part, path[index + 1]);
  assign(current, last, change);
  return copy;
}

function child(parent: Json, part: PathPart, next: PathPart | undefined): Json {
  if (typeof part === 'object') {
    if (!Array.isArray(parent)) throw new Uneditable(`there is no list with an item ${part.by}=${part.value}`);
    const found = parent.find((item) => isItem(item, part));
    if (found !== undefined) return found;
    const made = newItem(part);
    parent.push(made);
    return made;
  }
  if (Array.isArray(parent)) {
    const item = parent[Number(part)];
    if (item === undefined) throw new Uneditable(`the list has no item ${part}`);
    return item;
  }
  if (typeof parent !== 'object' || parent === null) throw new Uneditable(`${part} is below what is no map`);
  const there = parent[part];
  if (there !== undefined && there !== null) return there;
  const made: Json = typeof next === 'object' ? [] : {};
  parent[part] = made;
  return made;
}

function assign(parent: Json, part: PathPart, change: YamlChange): void {
  if (typeof parent !== 'object' || parent === null || typeof part === 'object') throw new Uneditable('the path does not end at a field');
  const map = parent as { [key: string]: Json };
  if ('set' in change) map[part] = change.set;
  else if ('remove' in change) delete map[part];
  else map[part] = [...((map[part] ?? []) as Json[]), change.append];
}

/** The whole document by the library: comments stay, some white space may not. */
function rewrite(text: string, at: number, path: readonly PathPart[], change: YamlChange): string {
  const documents = parse(text);
  const document = documents[at];
  if (!document) throw new Uneditable('there is no such document');
  const keys = keysIn(document, path);
  if ('set' in change) document.setIn(keys, document.createNode(change.set));
  else if ('remove' in change) document.deleteIn(keys);
  else if (document.hasIn(keys)) document.addIn(keys, change.append);
  else document.setIn(keys, document.createNode([change.append]));
  return documents.map((one) => one.toString({ lineWidth: 0 })).join('');
}

/** The path with indices. Items that are not there yet are for the splicing. */
function keysIn(document: Document.Parsed, path: readonly PathPart[]): Array<string | number> {
  let node: unknown = document.contents;
  return path.map((part) => {
    // Below what is not there yet the library makes maps.
    if (node !== undefined && !isCollection(node)) throw new Uneditable('the field is below an alias, or below what is no map');
    const key = typeof part === 'string' ? (isSeq(node) ? Number(part) : part) : indexOf(node, part);
    node = isCollection(node) ? node.get(key, true) : undefined;
    return key;
  });
}

function indexOf(node: unknown, { by, value }: { by: string; value: string }): number {
  const index = isSeq(node) ? node.items.findIndex((item) => isMap(item) && String(item.getIn(by.split('.'))) === value) : -1;
  if (index < 0) throw new Uneditable(`there is no item ${by}=${value}`);
  return index;
}

/** Where in the text something is put in place of something else. */
interface Splice {
  from: number;
  to: number;
  text: string;
}

function splice(text: string, at: number, path: readonly PathPart[], change: YamlChange): string {
  const document = parse(text)[at];
  if (!document) throw new Uneditable('there is no such document');
  const { from, to, text: put } = new Splicer(text, document).change(path, change);
  return text.slice(0, from) + put + text.slice(to);
}

class Splicer {
  private readonly json: boolean;

  constructor(
    private readonly text: string,
    private readonly document: Document.Parsed,
  ) {
    this.json = text.trimStart().startsWith('{');
  }

  change(path: readonly PathPart[], change: YamlChange): Splice {
    let node: unknown = this.document.contents;
    for (const [index, part] of path.entries()) {
      const next = this.step(node, part);
      const rest = path.slice(index + 1);
      if (next === undefined) return this.insert(node, part, rest, change);
      if (rest.length === 0) return this.replace(node, part, next, change);
      // `key:` and `key: null` have room for what is missing.
      if (isScalar(next) && next.value === null) return this.fill(node, part, next, nested(rest, change));
      node = next;
    }
    if (isSeq(node) && 'append' in change) return this.appendTo(node, change.append);
    throw new Uneditable('no field is named');
  }

  private step(node: unknown, part: PathPart): Node | undefined {
    if (isAlias(node)) throw new Uneditable('the field is below an alias');
    if (typeof part === 'object') {
      if (!isSeq(node)) throw new Uneditable(`there is no list with an item ${part.by}=${part.value}`);
      return node.items.find((item): item is YAMLMap => isMap(item) && String(item.getIn(part.by.split('.'))) === part.value);
    }
    if (isSeq(node)) return node.get(Number(part), true);
    if (!isMap(node)) throw new Uneditable(`${part} is below what is no map`);
    return node.get(part, true);
  }

  private replace(parent: unknown, part: PathPart, node: Node, change: YamlChange): Splice {
    if (isAlias(node)) throw new Uneditable('the field is an alias');
    if ('remove' in change) throw new Uneditable('removed by the library');
    if ('append' in change) {
      if (isSeq(node)) return this.appendTo(node, change.append);
      throw new Uneditable('the field is no list');
    }
    const { set } = change;
    if (isScalar(node) && node.value === null && typeof part === 'string') return this.fill(parent, part, node, set);
    if (!isScalar(node)) throw new Uneditable('a whole map or list is written by the library');
    const [from, to] = rangeOf(node);
    if (node.type === 'BLOCK_LITERAL' && typeof set === 'string') return { from, to, text: this.literal(node, set, from, to) };
    if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED' || (typeof set === 'object' && set !== null)) throw new Uneditable('written by the library');
    return { from, to, text: this.scalar(set, node.type) };
  }

  /** A `|` text in its own indentation, with or without the newline at its end as before. */
  private literal(node: Scalar, value: string, from: number, to: number): string {
    const raw = this.text.slice(from, to);
    const [header = '|', ...body] = raw.split('\n');
    const indent = /^ */.exec(body.find((line) => line.trim() !== '') ?? '')?.[0] ?? ' '.repeat(this.columnOf(from));
    const closed = typeof node.value === 'string' && node.value.endsWith('\n') && !value.endsWith('\n') ? `${value}\n` : value;
    const lines = closed.replace(/\n$/, '').split('\n').map((line) => (line === '' ? '' : `${indent}${line}`));
    return `${header}\n${lines.join('\n')}${raw.endsWith('\n') ? '\n' : ''}`;
  }

  private scalar(value: Json, type?: Scalar.Type | null): string {
    if (this.json) return JSON.stringify(value);
    if (typeof value === 'string' && (type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE')) return stringify(value, { lineWidth: 0, defaultStringType: type }).trimEnd();
    return stringify(value, { lineWidth: 0 }).trimEnd();
  }

  /** A value in place of the nothing after `key:`. */
  private fill(parent: unknown, part: PathPart, node: Node, value: Json): Splice {
    const [from, to] = rangeOf(node);
    if (typeof value === 'object' && value !== null && !isFlow(parent)) {
      const key = pairOf(parent, part);
      const colon = this.text.indexOf(':', rangeOf(key)[1]) + 1;
      return { from: colon, to, text: `\n${this.block(value, this.columnOf(rangeOf(key)[0]) + 2)}` };
    }
    return { from, to, text: `${this.text[from - 1] === ':' ? ' ' : ''}${this.flow(value)}` };
  }

  private insert(node: unknown, part: PathPart, rest: readonly PathPart[], change: YamlChange): Splice {
    if ('remove' in change) throw new Uneditable('what is to be removed is not there');
    const value = rest.length > 0 ? nested(rest, change) : leaf(change);
    if (typeof part === 'object') {
      if (!isSeq(node) || typeof value !== 'object' || value === null || Array.isArray(value)) throw new Uneditable(`there is no list for the item ${part.by}=${part.value}`);
      return this.appendTo(node, { ...newItem(part), ...value });
    }
    if (!isMap(node)) throw new Uneditable(`${part} has no map to be in`);
    const last = node.items.at(-1);
    if (isFlow(node)) {
      const entry = `${this.flow(part)}: ${this.flow(value)}`;
      if (!last) return { from: rangeOf(node)[0], to: rangeOf(node)[1], text: this.json ? `{${entry}}` : `{ ${entry} }` };
      const end = this.endOf(last);
      return { from: end, to: end, text: `, ${entry}` };
    }
    if (!last) throw new Uneditable('the map is empty');
    const column = this.columnOf(rangeOf((node.items[0] as Pair).key as Node)[0]);
    return this.below(this.endOf(last), this.block({ [part]: value }, column));
  }

  private appendTo(node: YAMLSeq, value: Json): Splice {
    const last = node.items.at(-1) as Node | undefined;
    if (isFlow(node)) {
      if (!last) return { from: rangeOf(node)[0], to: rangeOf(node)[1], text: `[${this.flow(value)}]` };
      const end = this.endOf(last);
      return { from: end, to: end, text: `, ${this.flow(value)}` };
    }
    if (!last) throw new Uneditable('the list is empty');
    return this.below(this.endOf(last), this.block([value], this.columnOf(rangeOf(node)[0])));
  }

  /** After the line in which something ends, its comment included. */
  private below(end: number, block: string): Splice {
    const line = this.text.indexOf('\n', end);
    const at = line < 0 ? this.text.length : line;
    return { from: at, to: at, text: `\n${block}` };
  }

  private endOf(item: Node | Pair): number {
    const node = (isNode(item) ? item : (item.value ?? item.key)) as Node;
    if (isCollection(node) && !isFlow(node) && node.items.length > 0) return this.endOf(node.items.at(-1) as Node | Pair);
    const [from, to] = rangeOf(node);
    // The text of a block scalar goes to the beginning of the next line.
    return from + this.text.slice(from, to).trimEnd().length;
  }

  private block(value: Json, column: number): string {
    return stringify(value, { lineWidth: 0 }).trimEnd().split('\n').map((line) => (line === '' ? line : `${' '.repeat(column)}${line}`)).join('\n');
  }

  private flow(value: Json): string {
    if (this.json) return JSON.stringify(value);
    return stringify(value, { lineWidth: 0, collectionStyle: 'flow' }).trimEnd();
  }

  private columnOf(offset: number): number {
    return offset - (this.text.lastIndexOf('\n', offset - 1) + 1);
  }
}

/** What is missing from a place on, as one value. */
export function nested(path: readonly PathPart[], change: YamlChange): Json {
  return path.reduceRight<Json>((value, part) => (typeof part === 'string' ? { [part]: value } : [{ ...newItem(part), ...(value as object) }]), leaf(change));
}

function leaf(change: YamlChange): Json {
  if ('set' in change) return change.set;
  if ('append' in change) return [change.append];
  throw new Uneditable('what is to be removed is not there');
}

function pairOf(parent: unknown, part: PathPart): Node {
  const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === part) : undefined;
  if (!pair) throw new Uneditable('the field has no key');
  return pair.key as Node;
}

function isNode(item: Node | Pair): item is Node {
  return isScalar(item) || isCollection(item) || isAlias(item);
}

function isFlow(node: unknown): boolean {
  return isCollection(node) && node.flow === true;
}

function rangeOf(node: Node): [number, number] {
  const { range } = node;
  if (!range) throw new Uneditable('the place of the field is not known');
  return [range[0], range[1]];
}
