import type { Json, JsonObject } from '../../../workflows/contracts';
import { wordOf } from '../../desired-edit';
import type { Place } from '../documents';

export interface Identity {
  name: string;
  namespace: string | undefined;
}

/** An object on its way through the layers. */
export interface Resource {
  manifest: JsonObject;
  /** What it was called so far, first to last; a patch may use any of them. */
  names: Identity[];
  origin: ({ kind: 'document' } & Place) | { kind: 'generator'; layer: Layer; files: Record<string, string> };
  /** A generated object's name ends with a hash of its content. */
  hashed?: true;
}

/** Where the text of a patch is: a file, or a field of the kustomization. */
export interface PatchText {
  file: string;
  inline?: string[];
}

export interface LayerPatch {
  text: PatchText;
  at: number;
  /** A merge patch, or the operations of a JSON Patch. */
  value: JsonObject | Json[];
  target?: JsonObject;
  /** Of `patchesJson6902`, which Kustomize applies when the layer has given names and namespace already. */
  late?: true;
}

export interface Layer {
  dir: string;
  file: string;
  spec: JsonObject;
  patches: LayerPatch[];
}

export interface Rendered {
  resources: Resource[];
  /** Outermost first. */
  layers: Layer[];
  /** What could not be looked into: remote bases, charts. */
  gaps: string[];
}

export function identityOf(manifest: JsonObject): Identity {
  const metadata = (manifest['metadata'] ?? {}) as JsonObject;
  return { name: wordOf(metadata['name']), namespace: typeof metadata['namespace'] === 'string' ? metadata['namespace'] : undefined };
}

export function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}
