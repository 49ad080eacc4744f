/** Where the world's wanted form is read from: a directory of manifests (a checkout of the GitOps repository). */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseAllDocuments, type Document } from 'yaml';
import { failure, type JsonObject } from '../workflows/contracts';
import type { KubernetesObject, ObjectName } from './kubernetes/gateway';

export interface DesiredObject {
  manifest: KubernetesObject;
  /** "manifests directory (receive/service.yaml)". */
  source: string;
}

export interface DesiredState {
  /**
   * `undefined` where nothing says how the object should be.
   * @throws InvalidInput when two files say it, or a file cannot be read.
   */
  find(object: ObjectName): Promise<DesiredObject | undefined>;
}

/** Nobody said how anything should be. */
export const NO_DESIRED_STATE: DesiredState = { find: () => Promise.resolve(undefined) };

const MANIFEST = /\.(ya?ml|json)$/;
/** A manifest is a few KiB; a larger file is something else. */
const LARGEST_FILE = 2 * 1024 * 1024;
const MOST_FILES = 2_000;

/** Reads the directory again each time: it is small, rarely asked, and may be pulled at any moment. */
export function manifestsDirectory(directory: string): DesiredState {
  return {
    async find(object) {
      const found: DesiredObject[] = [];
      for (const file of await manifestFiles(directory)) {
        for (const manifest of await manifestsIn(file)) {
          if (isAbout(manifest, object)) {
            found.push({ manifest: wanted(manifest, object), source: `manifests directory (${relative(directory, file)})` });
          }
        }
      }
      if (found.length > 1) {
        throw failure('InvalidInput', `Desired state of ${object.kind} ${object.namespace}/${object.name} is given ${found.length} times: ${found.map(({ source }) => source).join(', ')}; keep one`);
      }
      return found[0];
    },
  };
}

async function manifestFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw failure('InvalidInput', `The manifests directory ${directory} cannot be read (${error.code}); check desiredState.directory in the configuration`);
  });
  const files = entries.filter((entry) => entry.isFile() && MANIFEST.test(entry.name)).map((entry) => join(entry.parentPath, entry.name));
  if (files.length > MOST_FILES) throw failure('InvalidInput', `The manifests directory ${directory} holds more than ${MOST_FILES} manifests; name the directory of this cluster's pipeline`);
  return files.sort();
}

async function manifestsIn(file: string): Promise<unknown[]> {
  if ((await stat(file)).size > LARGEST_FILE) return [];
  const documents = parseAllDocuments(await readFile(file, 'utf8'));
  // A template or values file beside the manifests is not ours to complain about.
  return 'empty' in documents ? [] : documents.filter((document) => document.errors.length === 0).map(plain);
}

/** `undefined` for a document that unfolds without end. */
function plain(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    return undefined;
  }
}

function isAbout(manifest: unknown, object: ObjectName): manifest is KubernetesObject {
  const { apiVersion, kind, metadata } = (manifest ?? {}) as Partial<KubernetesObject>;
  return (
    kind === object.kind && apiVersion === object.apiVersion && metadata?.name === object.name &&
    (metadata.namespace === undefined || metadata.namespace === object.namespace)
  );
}

/** Without what a server writes: a manifest may have been saved with `kubectl get -o yaml`. */
export function wanted(manifest: KubernetesObject, { namespace }: { namespace: string }): KubernetesObject {
  const { status: _status, metadata, ...rest } = manifest;
  const { name, labels, annotations } = metadata as { name: string; labels?: JsonObject; annotations?: JsonObject };
  const { 'kubectl.kubernetes.io/last-applied-configuration': _applied, ...notes } = annotations ?? {};
  return {
    ...rest,
    apiVersion: manifest.apiVersion,
    kind: manifest.kind,
    metadata: { name, namespace, ...(labels && { labels }), ...(Object.keys(notes).length > 0 && { annotations: notes }) },
  };
}
