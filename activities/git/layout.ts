import type { FixRefusal, JsonObject, ObjectEdits, Text } from '../../workflows/contracts';
import type { EditedTree } from './edited-tree';
import type { RepositoryTree } from './gateway';

export type WantedObject = ObjectEdits['object'];

/** What the repository says of one object. */
export interface Found {
  manifest: JsonObject;
  /** Where: a file, or the kustomization that makes it. */
  where: string;
  /** The manifest says only some fields: those of a chart's values. What it leaves open is not known. */
  partial?: true;
}

/** How one repository says what a cluster should be like. */
export interface Layout {
  /** The object as it is wanted, with everything that is laid over it. @throws Refusal: ambiguous, not-editable */
  find(tree: RepositoryTree, object: WantedObject): Promise<Found | undefined>;
  /** A tree in which the object says what is wanted, and nothing else has changed. @throws Refusal */
  edit(tree: EditedTree, edits: ObjectEdits): Promise<EditedTree>;
}

/** Why the repository is not changed. It is an answer, and goes to people. */
export class Refusal extends Error {
  constructor(
    readonly why: FixRefusal,
    readonly text: Text,
  ) {
    super(text.en);
  }
}

export function refuse(why: FixRefusal, en: string, ko: string): never {
  throw new Refusal(why, { en, ko });
}

export function nameOf({ kind, namespace, name }: WantedObject): string {
  return `${kind} ${namespace ? `${namespace}/` : ''}${name}`;
}

/** `apps` of `apps/v1`: versions of one group are one kind of object. */
export function groupOf(apiVersion: unknown): string {
  const text = typeof apiVersion === 'string' ? apiVersion : '';
  return text.includes('/') ? text.split('/')[0]! : '';
}

/** Is the manifest about the object? One without a namespace goes wherever it is applied. */
export function isAbout(manifest: JsonObject | null | undefined, { apiVersion, kind, namespace, name }: WantedObject): boolean {
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) return false;
  const metadata = (manifest['metadata'] ?? {}) as JsonObject;
  return manifest['kind'] === kind && groupOf(manifest['apiVersion']) === groupOf(apiVersion) && metadata['name'] === name && (metadata['namespace'] === undefined || metadata['namespace'] === namespace);
}
