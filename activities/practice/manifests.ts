import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { projectRoot } from '../../infra/project';
import { failure } from '../../workflows/contracts';
import type { KubernetesObject } from '../kubernetes/gateway';
import { parseOnce } from '../parse-once';

/** Kinds that no scene is about. */
const LEFT_OUT = new Set(['Namespace', 'ClusterRole', 'ClusterRoleBinding']);

/** Manifests of the healthy pipeline: the lab's, so that practice and lab are one pipeline. */
export function practiceManifests(): string {
  return path.join(projectRoot(), 'infra', 'lab', 'manifests');
}

/** What the practice cluster has beside them; for an object that is in both, the lab's manifest counts. */
export function practiceSupplement(): string {
  return path.join(projectRoot(), 'infra', 'practice', 'manifests');
}

export interface PracticeManifest {
  manifest: KubernetesObject;
  /** Name of its file. */
  file: string;
}

/** @throws InvalidInput when a folder cannot be read */
export function readManifests(directory: string): PracticeManifest[] {
  const own = manifestsBelow(directory);
  const taken = new Set(own.map(({ manifest }) => nameOf(manifest)));
  return [...own, ...manifestsBelow(practiceSupplement()).filter(({ manifest }) => !taken.has(nameOf(manifest)))];
}

/** Files of the folder itself: what the lab adds for some of its sets only is in folders below. */
function manifestsBelow(directory: string): PracticeManifest[] {
  return manifestTexts(directory).flatMap(({ file, text }) => manifestsIn(text).map((manifest) => ({ manifest, file })));
}

/** Tells one state of the manifests from another. */
export function manifestsDigest(directory: string): string {
  const hash = createHash('sha256');
  for (const { text } of [...manifestTexts(directory), ...manifestTexts(practiceSupplement())]) hash.update(text);
  return hash.digest('hex');
}

function manifestTexts(directory: string): Array<{ file: string; text: string }> {
  try {
    return readdirSync(directory)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((file) => ({ file, text: readFileSync(path.join(directory, file), 'utf8') }));
  } catch (error) {
    throw failure('InvalidInput', `The practice cluster's manifests in ${directory} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

const manifestsIn = parseOnce((text): readonly KubernetesObject[] => {
  const documents = parseAllDocuments(text);
  const values = 'empty' in documents ? [] : documents.map((document) => document.toJS() as KubernetesObject | null);
  return values.filter((value): value is KubernetesObject => value?.kind !== undefined && !LEFT_OUT.has(value.kind));
});

function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}
