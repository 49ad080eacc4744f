import type { Json, JsonObject } from '../../../workflows/contracts';
import { isMap, wordOf } from '../../desired-edit';
import { resolvePath } from '../edited-tree';
import type { RepositoryTree } from '../gateway';
import { groupOf, refuse } from '../layout';
import { documentsOf, Uneditable } from '../yaml-edit';
import { jsonPatch, mergePatch } from './merge';
import { identityOf, listOf, type Layer, type LayerPatch, type PatchText, type Resource } from './model';

/** The patches of a layer, in the order in which they are applied. @throws Refusal for one that is not there or not understood */
export async function patchesOf(tree: RepositoryTree, { dir, file, spec }: Layer): Promise<LayerPatch[]> {
  const patches: LayerPatch[] = [];
  const read = async (text: PatchText, content: string | undefined, target: Json | undefined, late = false) => {
    if (content === undefined) refuse('not-editable', `${file} names the patch ${text.file}, which is not there`, `${file}이(가) 가리키는 패치 ${text.file}이(가) 없습니다`);
    try {
      documentsOf(content).forEach((value, at) => {
        if (isMap(value) || Array.isArray(value)) patches.push({ text, at, value, ...(isMap(target) && { target }), ...(late && { late }) });
      });
    } catch (error) {
      if (!(error instanceof Uneditable)) throw error;
      refuse('not-editable', `A patch of ${file} is not understood: ${error.message}`, `${file}의 패치를 읽을 수 없습니다: ${error.message}`);
    }
  };
  const fromFile = async (relative: string, target?: Json, late?: boolean) => {
    const path = resolvePath(dir, relative);
    await read({ file: path ?? relative }, path === undefined ? undefined : await tree.read(path), target, late);
  };
  for (const [index, entry] of listOf(spec['patchesStrategicMerge']).entries()) {
    const text = wordOf(entry);
    if (/[\n:]/.test(text)) await read({ file, inline: ['patchesStrategicMerge', String(index)] }, text, undefined);
    else await fromFile(text);
  }
  for (const field of ['patches', 'patchesJson6902']) {
    const late = field === 'patchesJson6902';
    for (const [index, entry] of listOf(spec[field]).entries()) {
      if (!isMap(entry)) continue;
      if (typeof entry['patch'] === 'string') await read({ file, inline: [field, String(index), 'patch'] }, entry['patch'], entry['target'], late);
      else if (typeof entry['path'] === 'string') await fromFile(entry['path'], entry['target'], late);
    }
  }
  return patches;
}

export function applyLayerPatch(resources: Resource[], patch: LayerPatch, file: string): Resource[] {
  return resources.flatMap((resource): Resource[] => {
    // A target means what an object is called at first, or now; a patch that names its object, any name that it ever had.
    const names = patch.target ? [resource.names[0]!, resource.names.at(-1)!] : resource.names;
    if (!concerns(patch, { ...resource, names })) return [resource];
    if (!Array.isArray(patch.value)) {
      // A patch with a target may be written for no object in particular.
      const { metadata, apiVersion: _apiVersion, kind: _kind, ...fields } = patch.value;
      const { name: _name, namespace: _namespace, ...notes } = (metadata ?? {}) as JsonObject;
      const manifest = mergePatch(resource.manifest, { ...fields, ...(Object.keys(notes).length > 0 && { metadata: notes }) });
      return manifest ? [{ ...resource, manifest }] : [];
    }
    const { object, failed } = jsonPatch(resource.manifest, patch.value);
    if (failed !== undefined) refuse('not-editable', `A JSON patch of ${file} does not fit its object: ${failed}`, `${file}의 JSON 패치를 적용할 수 없습니다: ${failed}`);
    return [{ ...resource, manifest: object }];
  });
}

/** Is the patch for this object? By its target, or by the identity that it names itself. */
export function concerns({ value, target }: LayerPatch, { manifest, names }: Resource): boolean {
  const whole = (pattern: Json | undefined, text: unknown) => pattern === undefined || new RegExp(`^(?:${wordOf(pattern)})$`).test(String(text));
  const apiVersion = wordOf(manifest['apiVersion']);
  if (target) {
    const version = apiVersion.split('/').at(-1);
    return whole(target['kind'], manifest['kind']) && whole(target['group'], groupOf(apiVersion)) && whole(target['version'], version) && labelled(manifest, target['labelSelector'])
      && names.some(({ name, namespace }) => whole(target['name'], name) && (target['namespace'] === undefined || whole(target['namespace'], namespace ?? 'default')));
  }
  if (Array.isArray(value)) return false;
  const own = identityOf(value);
  return value['kind'] === manifest['kind'] && groupOf(value['apiVersion']) === groupOf(apiVersion) && names.some(({ name, namespace }) => name === own.name && (own.namespace === undefined || namespace === undefined || own.namespace === namespace));
}

function labelled(manifest: JsonObject, selector: Json | undefined): boolean {
  if (typeof selector !== 'string') return true;
  const labels = ((manifest['metadata'] as JsonObject | undefined)?.['labels'] ?? {}) as JsonObject;
  return selector.split(',').every((term) => {
    const [key = '', value = ''] = term.split(/==?/).map((part) => part.trim());
    return labels[key] === value;
  });
}
