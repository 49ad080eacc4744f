/** Fields of manifests by `DesiredEdit`: where they are, what they say, what they become. Pure. */
import { failure, type DesiredEdit, type Json, type JsonObject, type ObjectEdits } from '../workflows/contracts';
import { bytesOf } from './quantity';

/** A key of a map, the index of a list, or the item of a list whose `by` is `value`. */
export type PathPart = string | { by: string; value: string };

/** @throws InvalidInput for what is no path */
export function partsOf(path: string): PathPart[] {
  if (!path.startsWith('/')) throw failure('InvalidInput', `${JSON.stringify(path)} is no path of a field; one looks like /spec/replicas`);
  return path.slice(1).split('/').map((text): PathPart => {
    const part = text.replaceAll('~1', '/').replaceAll('~0', '~');
    const [, by, value] = /^([A-Za-z.]+)=(.+)$/.exec(part) ?? [];
    return by !== undefined && value !== undefined ? { by, value } : part;
  });
}

export function pathOf(parts: readonly PathPart[]): string {
  return parts.map((part) => `/${escape(typeof part === 'string' ? part : `${part.by}=${part.value}`)}`).join('');
}

function escape(text: string): string {
  return text.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Is this the item that the part names? `metadata.name=data` looks one map deeper. */
export function isItem(item: Json | undefined, { by, value }: { by: string; value: string }): boolean {
  return isMap(item) && wordOf(valueAtParts(item, by.split('.'))) === value;
}

/** An item of that name, with nothing else in it yet. */
export function newItem({ by, value }: { by: string; value: string }): JsonObject {
  return by.split('.').reduceRight<Json>((inner, key) => ({ [key]: inner }), value) as JsonObject;
}

/** The value there; undefined where there is none. */
export function valueAtParts(document: Json | undefined, parts: readonly PathPart[]): Json | undefined {
  let current = document;
  for (const part of parts) {
    if (typeof part === 'object') current = Array.isArray(current) ? current.find((item) => isItem(item, part)) : undefined;
    else if (Array.isArray(current)) current = /^\d+$/.test(part) ? current[Number(part)] : undefined;
    else current = isMap(current) && Object.hasOwn(current, part) ? current[part] : undefined;
    if (current === undefined) return undefined;
  }
  return current;
}

/**
 * The same path with indices of lists in place of names, for JSON Patch; names that are not there yet end it.
 * @returns undefined where the document has no such list
 */
export function pointerIn(document: Json, parts: readonly PathPart[]): string | undefined {
  let current: Json | undefined = document;
  let pointer = '';
  for (const part of parts) {
    if (typeof part === 'object') {
      if (!Array.isArray(current)) return undefined;
      const index: number = current.findIndex((item) => isItem(item, part));
      if (index < 0) return undefined;
      pointer += `/${index}`;
      current = current[index];
    } else {
      pointer += `/${escape(part)}`;
      current = current === undefined ? undefined : valueAtParts(current, [part]);
    }
  }
  return pointer;
}

/** A JSON Pointer with names in place of indices wherever the list's items have names: an index is another item tomorrow. */
export function namedPath(document: Json | undefined, pointer: string): string {
  let current = document;
  const parts = partsOf(pointer).map((part): PathPart => {
    if (typeof part === 'object') return part;
    const inList = Array.isArray(current);
    current = valueAtParts(current, [part]);
    const by = ['name', 'metadata.name'].find((candidate) => inList && typeof valueAtParts(current, candidate.split('.')) === 'string');
    return by === undefined ? part : { by, value: wordOf(valueAtParts(current, by.split('.'))) };
  });
  return pathOf(parts);
}

/** `--tsdb.retention` of `--tsdb.retention=2d`: the option that an argument gives a value. */
export function optionOf(argument: string): string {
  return argument.split('=')[0] ?? argument;
}

/** What the field becomes; `undefined`: it goes. What is right already stays as it is. */
export function wantedValue(now: Json | undefined, edit: DesiredEdit): Json | undefined {
  if ('remove' in edit) return undefined;
  if ('to' in edit) return edit.to;
  if ('atLeast' in edit) return typeof now === 'number' && now >= edit.atLeast ? now : edit.atLeast;
  const list = Array.isArray(now) ? now : [];
  const index = list.findIndex((item) => typeof item === 'string' && optionOf(item) === optionOf(edit.add));
  return index < 0 ? [...list, edit.add] : list.map((item, at) => (at === index ? edit.add : item));
}

/** Does the document say what the edit wants? Fields that a server has added beside it are nobody's business. */
export function satisfies(document: Json | undefined, edit: DesiredEdit): boolean {
  const now = valueAtParts(document, partsOf(edit.path));
  if ('remove' in edit) return now === undefined;
  if ('to' in edit) return covers(now, edit.to);
  if ('atLeast' in edit) return typeof now === 'number' && now >= edit.atLeast;
  return Array.isArray(now) && now.includes(edit.add);
}

/** Everything that a change wants of one object; of an object that is to be there, all that its manifest says. */
export function satisfiesAll(document: JsonObject | undefined, { edits, manifest }: ObjectEdits): boolean {
  if (!document) return false;
  if (manifest && !Object.entries(manifest).every(([key, value]) => key === 'metadata' || covers(document[key], value))) return false;
  return edits.every((edit) => satisfies(document, edit));
}

/** `live` has everything that `wanted` says; quantities are compared by what they amount to, texts without the newline at their end. */
export function covers(live: Json | undefined, wanted: Json): boolean {
  if (isMap(wanted)) return isMap(live) && Object.entries(wanted).every(([key, value]) => covers(live[key], value));
  if (Array.isArray(wanted)) return Array.isArray(live) && live.length === wanted.length && wanted.every((item, index) => covers(live[index], item));
  if (typeof wanted === 'string' && typeof live === 'string') {
    if (live.trimEnd() === wanted.trimEnd()) return true;
    const amount = bytesOf(wanted);
    return amount !== undefined && amount === bytesOf(live);
  }
  return live === wanted;
}

/** A name, a number: what a scalar says; nothing for everything else. */
export function wordOf(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

export function isMap(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
