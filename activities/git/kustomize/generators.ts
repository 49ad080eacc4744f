import type { JsonObject } from '../../../workflows/contracts';
import { isMap, wordOf } from '../../desired-edit';
import { resolvePath } from '../edited-tree';
import type { RepositoryTree } from '../gateway';
import { identityOf, listOf, type Layer, type Resource } from './model';

/** ConfigMaps of files and literals. Secrets are left alone: their values are nobody's business here. */
export async function generate(tree: RepositoryTree, layer: Layer, resources: Resource[]): Promise<Resource[]> {
  let all = resources;
  for (const entry of listOf(layer.spec['configMapGenerator'])) {
    if (!isMap(entry)) continue;
    const { data, files } = await generatedData(tree, layer, entry);
    const name = wordOf(entry['name']);
    const before = entry['behavior'] === 'merge' ? all.find(({ manifest, names }) => manifest['kind'] === 'ConfigMap' && names.some((known) => known.name === name)) : undefined;
    if (before) {
      const earlier = before.origin.kind === 'generator' ? before.origin.files : {};
      all = all.map((one) => (one === before ? { ...one, manifest: { ...one.manifest, data: { ...((one.manifest['data'] ?? {}) as JsonObject), ...data } }, origin: { kind: 'generator', layer, files: { ...earlier, ...files } } } : one));
      continue;
    }
    const options = { ...(isMap(layer.spec['generatorOptions']) ? layer.spec['generatorOptions'] : {}), ...(isMap(entry['options']) ? entry['options'] : {}) };
    const metadata: JsonObject = { name, ...(typeof entry['namespace'] === 'string' && { namespace: entry['namespace'] }) };
    const manifest: JsonObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
    all = [...all, { manifest, names: [identityOf(manifest)], origin: { kind: 'generator', layer, files }, ...(options['disableNameSuffixHash'] !== true && { hashed: true as const }) }];
  }
  return all;
}

async function generatedData(tree: RepositoryTree, layer: Layer, entry: JsonObject): Promise<{ data: JsonObject; files: Record<string, string> }> {
  const data: JsonObject = {};
  const files: Record<string, string> = {};
  for (const item of listOf(entry['files'])) {
    const [left = '', right] = wordOf(item).split('=');
    const file = resolvePath(layer.dir, right ?? left);
    const text = file === undefined ? undefined : await tree.read(file);
    if (file === undefined || text === undefined) continue;
    const key = right === undefined ? left.split('/').at(-1)! : left;
    data[key] = text;
    files[key] = file;
  }
  for (const item of listOf(entry['literals'])) {
    const [key = '', ...value] = wordOf(item).split('=');
    data[key] = value.join('=');
  }
  return { data, files };
}
