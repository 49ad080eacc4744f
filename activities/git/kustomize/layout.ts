import { stringify } from 'yaml';
import type { DesiredEdit, Json, JsonObject } from '../../../workflows/contracts';
import { isMap, partsOf, pointerIn, satisfies, valueAtParts, wantedValue, wordOf, type PathPart } from '../../desired-edit';
import { sameJson } from '../../same-json';
import { editsOf, editText } from '../documents';
import { isBelow, type EditedTree } from '../edited-tree';
import { nameOf, Refusal, refuse, type Layout, type WantedObject } from '../layout';
import { freeName, manifestText } from '../plain-layout';
import { changed, documentsOf, editYaml, nested, Uneditable } from '../yaml-edit';
import { isMergedList, mergesLists } from './merge';
import { listOf, type Layer, type LayerPatch, type Rendered, type Resource } from './model';
import { concerns } from './patches';
import { renderKustomization, resourceFor } from './render';
import { imageParts } from './transformers';

/**
 * A Kustomize overlay. Only files of the cluster's own directory are changed: a base may belong to other clusters as well. Each
 * way of making the change is tried and rendered; the first counts that changes the wanted field and nothing else in any object.
 */
export function kustomizeLayout(directory: string): Layout {
  return {
    async find(tree, object) {
      const rendered = await renderKustomization(tree, directory);
      const resource = resourceFor(rendered.resources, object);
      return resource && { manifest: resource.manifest, where: rendered.layers[0]!.file };
    },
    async edit(tree, wanted) {
      const rendered = await renderKustomization(tree, directory);
      if (!resourceFor(rendered.resources, wanted.object)) {
        return wanted.manifest ? addResource(tree, directory, rendered.layers[0]!, wanted.object, wanted.manifest) : notFound(rendered, directory, wanted.object);
      }
      let edited = tree;
      for (const edit of [...(wanted.manifest ? editsOf(wanted.manifest) : []), ...wanted.edits]) edited = await placeEdit(edited, directory, wanted.object, edit);
      return edited;
    },
  };
}

function notFound({ gaps }: Rendered, directory: string, object: WantedObject): never {
  const elsewhere = gaps.length > 0 ? ` (not looked into: ${gaps.join(', ')})` : '';
  return refuse('not-found', `The kustomization of ${directory || 'the repository'} makes no ${nameOf(object)}${elsewhere}; check git.directory, or make the change by hand`, `${directory || '저장소'}의 kustomization에 ${nameOf(object)}이(가) 없습니다${elsewhere}. git.directory를 확인하거나 직접 변경하십시오`);
}

async function addResource(tree: EditedTree, directory: string, layer: Layer, object: WantedObject, manifest: JsonObject): Promise<EditedTree> {
  const file = await freeName(tree, directory, object);
  return register(tree.with(file, manifestText(manifest)), layer.file, 'resources', file.slice(directory ? directory.length + 1 : 0));
}

async function register(tree: EditedTree, kustomization: string, field: string, entry: Json): Promise<EditedTree> {
  return tree.with(kustomization, editYaml((await tree.read(kustomization))!, 0, [field], { append: entry }));
}

/** One way of making a change; undefined where it is none. */
type Way = (tree: EditedTree) => Promise<EditedTree | undefined>;

interface Situation {
  object: WantedObject;
  edit: DesiredEdit;
  path: PathPart[];
  resource: Resource;
  directory: string;
}

async function placeEdit(tree: EditedTree, directory: string, object: WantedObject, edit: DesiredEdit): Promise<EditedTree> {
  const rendered = await renderKustomization(tree, directory);
  const resource = resourceFor(rendered.resources, object)!;
  if (satisfies(resource.manifest, edit)) return tree;
  const situation: Situation = { object, edit, path: partsOf(edit.path), resource, directory };
  const expected = expectedManifest(situation);
  const problems: string[] = [];
  for (const way of waysOf(rendered, situation)) {
    try {
      const next = await way(tree);
      if (next && (await changesOnly(next, rendered, situation, expected))) return next;
    } catch (error) {
      if (!(error instanceof Uneditable) && !(error instanceof Refusal)) throw error;
      problems.push(error.message);
    }
  }
  return refuse('not-editable', `No change below ${directory} sets ${edit.path} of ${nameOf(object)} alone${problems.length > 0 ? ` (${problems[0]})` : ''}; make it by hand`, `${directory}에서 ${nameOf(object)}의 ${edit.path}만 변경할 방법이 없습니다. 직접 변경하십시오`);
}

function expectedManifest({ resource, path, edit }: Situation): Json {
  const now = valueAtParts(resource.manifest, path);
  const value = wantedValue(now, edit);
  // A map is laid over what is there, as everywhere.
  return changed(resource.manifest, path, value === undefined ? { remove: true } : { set: isMap(value) && isMap(now) ? { ...now, ...value } : value });
}

/** The wanted object is as it should be, and every other as it was. */
async function changesOnly(tree: EditedTree, before: Rendered, { object, directory, edit }: Situation, expected: Json): Promise<boolean> {
  const after = await renderKustomization(tree, directory);
  const resource = resourceFor(after.resources, object);
  if (!resource || !satisfies(resource.manifest, edit) || !sameJson(resource.manifest, expected)) return false;
  return after.resources.length === before.resources.length && after.resources.every((one, index) => one === resource || sameJson(one.manifest, before.resources[index]?.manifest));
}

/** Outermost first: what is applied last decides. */
function waysOf(rendered: Rendered, situation: Situation): Way[] {
  const own = rendered.layers.filter(({ dir }) => dir === situation.directory || isBelow(dir, situation.directory));
  const outermost = rendered.layers[0]!;
  return [
    ...own.flatMap((layer) => [...fieldWays(layer, situation), ...[...layer.patches].reverse().filter((patch) => concerns(patch, situation.resource)).map((patch) => inPatch(patch, situation))]),
    inOrigin(situation),
    ...outermost.patches.filter((patch) => isOwnPatch(patch, situation)).map((patch): Way => (tree) => editPatch(tree, patch, situation.path, situation)),
    newPatch(outermost, situation),
  ];
}

/** `replicas:` and `images:` of a kustomization. */
function fieldWays({ file, spec }: Layer, { edit, path, resource }: Situation): Way[] {
  if (!('to' in edit)) return [];
  if (edit.path === '/spec/replicas') {
    const at = listOf(spec['replicas']).findIndex((entry) => isMap(entry) && resource.names.some(({ name }) => name === entry['name']));
    return at < 0 ? [] : [async (tree) => tree.with(file, editYaml((await tree.read(file))!, 0, ['replicas', String(at), 'count'], { set: edit.to }))];
  }
  if (path.at(-1) !== 'image' || typeof edit.to !== 'string') return [];
  const wanted = imageParts(edit.to);
  const before = valueAtParts(resource.manifest, path);
  const known = typeof before === 'string' ? imageParts(before).name : undefined;
  const at = listOf(spec['images']).findIndex((entry) => isMap(entry) && (entry['newName'] ?? entry['name']) === known);
  if (at < 0 || known !== wanted.name) return [];
  return [async (tree) => {
    let text = (await tree.read(file))!;
    if (wanted.tag !== undefined) text = editYaml(text, 0, ['images', String(at), 'newTag'], { set: wanted.tag });
    if (wanted.digest !== undefined) text = editYaml(text, 0, ['images', String(at), 'digest'], { set: wanted.digest });
    return tree.with(file, text);
  }];
}

/** A patch that sets the field already. */
function inPatch(patch: LayerPatch, situation: Situation): Way {
  return async (tree) => {
    if (!isBelow(patch.text.file, situation.directory)) return undefined;
    const { path, resource, edit } = situation;
    if (!Array.isArray(patch.value)) return valueAtParts(patch.value, path) === undefined ? undefined : editPatch(tree, patch, path, situation);
    const pointer = pointerIn(resource.manifest, path);
    if (pointer === undefined) return undefined;
    for (const [index, operation] of [...patch.value.entries()].reverse()) {
      if (!isMap(operation) || (operation['op'] !== 'add' && operation['op'] !== 'replace')) continue;
      const at = wordOf(operation['path']);
      if (at === pointer || pointer.startsWith(`${at}/`)) return editPatch(tree, patch, [String(index), 'value', ...path.slice(partsOf(at).length)], situation);
      if ('add' in edit && at === `${pointer}/-`) return editPatchText(tree, patch, (text, place) => editYaml(text, place, [], { append: { op: 'add', path: at, value: edit.add } }));
    }
    return undefined;
  };
}

function editPatch(tree: EditedTree, patch: LayerPatch, path: readonly PathPart[], { edit }: Situation): Promise<EditedTree> {
  return editPatchText(tree, patch, (text, at) => editText(text, at, path, patch.value, edit));
}

async function editPatchText(tree: EditedTree, { text: { file, inline }, at }: LayerPatch, change: (text: string, at: number) => string): Promise<EditedTree> {
  const content = (await tree.read(file))!;
  if (!inline) return tree.with(file, change(content, at));
  const inner = valueAtParts(documentsOf(content)[0], inline);
  return tree.with(file, editYaml(content, 0, inline, { set: change(wordOf(inner), at) }));
}

/** The manifest itself, or the file that a generated ConfigMap is made of, where they are the cluster's own. */
function inOrigin({ resource: { origin, manifest }, edit, path, directory }: Situation): Way {
  return async (tree) => {
    if (origin.kind === 'document') {
      if (!isBelow(origin.file, directory)) return undefined;
      const content = (await tree.read(origin.file))!;
      return tree.with(origin.file, editText(content, origin.at, path, documentsOf(content)[origin.at]!, edit));
    }
    const [field, key] = path;
    const file = field === 'data' && typeof key === 'string' && path.length === 2 ? origin.files[key] : undefined;
    const value = wantedValue(valueAtParts(manifest, path), edit);
    if (file === undefined || !isBelow(file, directory) || typeof value !== 'string') return undefined;
    return tree.with(file, value);
  };
}

/** A merge patch for this object alone. */
function isOwnPatch(patch: LayerPatch, { resource, directory, path, edit }: Situation): boolean {
  const { kind, name } = patch.target ?? {};
  const alone = patch.target === undefined || (kind !== undefined && name !== undefined && resource.names.some((known) => known.name === name));
  return alone && !Array.isArray(patch.value) && isBelow(patch.text.file, directory) && concerns(patch, resource) && canMerge(resource, path, edit);
}

/** Lists that do not merge by name can be replaced only as a whole, which would freeze their other items. */
function canMerge({ manifest }: Resource, path: readonly PathPart[], edit: DesiredEdit): boolean {
  if ('add' in edit || 'remove' in edit) return false;
  return path.every((part, index) => typeof part === 'string' ? !/^\d+$/.test(part) : mergesLists(manifest['apiVersion']) && typeof path[index - 1] === 'string' && isMergedList(path[index - 1] as string) && part.by === 'name');
}

function newPatch({ dir, file }: Layer, { object, resource, path, edit }: Situation): Way {
  return async (tree) => {
    // Patches of a layer come before its own prefix and namespace.
    const { name, namespace } = resource.names.at(-2) ?? resource.names[0]!;
    const patchFile = await freeName(tree, dir, { ...object, name, kind: `${object.kind}-patch` });
    const relative = patchFile.slice(dir ? dir.length + 1 : 0);
    if (canMerge(resource, path, edit)) {
      const value = wantedValue(valueAtParts(resource.manifest, path), edit)!;
      const patch = { apiVersion: resource.manifest['apiVersion'], kind: object.kind, metadata: { name, ...(namespace !== undefined && { namespace }) }, ...(nested(path, { set: value }) as object) };
      return register(tree.with(patchFile, stringify(patch, { lineWidth: 0 })), file, 'patches', { path: relative });
    }
    const pointer = pointerIn(resource.manifest, path);
    if (pointer === undefined) return undefined;
    return register(tree.with(patchFile, stringify([operationOf(resource, path, pointer, edit)], { lineWidth: 0 })), file, 'patches', { path: relative, target: { kind: object.kind, name } });
  };
}

function operationOf({ manifest }: Resource, path: readonly PathPart[], pointer: string, edit: DesiredEdit): JsonObject {
  const now = valueAtParts(manifest, path);
  if ('remove' in edit) return { op: 'remove', path: pointer };
  const value = wantedValue(now, edit)!;
  if (!('add' in edit) || !Array.isArray(now) || !Array.isArray(value)) return { op: now === undefined ? 'add' : 'replace', path: pointer, value };
  const index = now.findIndex((item, at) => item !== value[at]);
  return index < 0 ? { op: 'add', path: `${pointer}/-`, value: edit.add } : { op: 'replace', path: `${pointer}/${index}`, value: edit.add };
}
