import type { DesiredEdit, JsonObject, ObjectEdits } from '../../workflows/contracts';
import { covers, partsOf, valueAtParts, type PathPart } from '../desired-edit';
import { editText } from './documents';
import { resolvePath, type EditedTree } from './edited-tree';
import type { RepositoryTree } from './gateway';
import { nameOf, refuse, type Layout, type WantedObject } from './layout';
import type { HelmMapping } from './settings';
import { documentsOf, editYaml, Uneditable } from './yaml-edit';

/** Values files of charts, by a mapping that the configuration declares; whatever no mapping is about is `others`. */
export function helmLayout(mappings: readonly HelmMapping[], directory: string, others: Layout): Layout {
  const mappingOf = ({ kind, name }: WantedObject) => mappings.find(({ object }) => object === `${kind}/${name}`);
  return {
    async find(tree, object) {
      const mapping = mappingOf(object);
      if (!mapping) return others.find(tree, object);
      const { file, values } = await valuesOf(tree, directory, mapping);
      const { apiVersion, kind, namespace, name } = object;
      return { manifest: inverted(mapping, values, { apiVersion, kind, metadata: { name, namespace } }), where: file, partial: true };
    },
    async edit(tree, wanted) {
      const mapping = mappingOf(wanted.object);
      if (!mapping) return others.edit(tree, wanted);
      if (wanted.manifest) return refuse('not-editable', `${nameOf(wanted.object)} would be made by a chart; say by git.helm which values make it, or add it by hand`, `${nameOf(wanted.object)}은(는) 차트가 만드는 객체이므로 직접 추가해야 합니다`);
      return editValues(tree, directory, mapping, wanted);
    },
  };
}

async function editValues(tree: EditedTree, directory: string, mapping: HelmMapping, { object, edits }: ObjectEdits): Promise<EditedTree> {
  let edited = tree;
  for (const edit of edits) {
    const { file, text, values } = await valuesOf(edited, directory, mapping);
    const path = valuePath(mapping, partsOf(edit.path));
    if (!path) refuse('not-editable', `git.helm does not say which value of ${mapping.values} is ${edit.path} of ${nameOf(object)}; add it to its paths`, `git.helm에 ${nameOf(object)}의 ${edit.path}에 해당하는 ${mapping.values}의 값이 없습니다. paths에 추가하십시오`);
    if (satisfiedAt(values, path, edit)) continue;
    try {
      edited = edited.with(file, editText(text, 0, path, values, edit));
    } catch (error) {
      if (!(error instanceof Uneditable)) throw error;
      refuse('not-editable', `${edit.path} cannot be changed in ${file}: ${error.message}`, `${file}의 ${edit.path}을(를) 변경할 수 없음: ${error.message}`);
    }
  }
  return edited;
}

function satisfiedAt(values: JsonObject, path: readonly PathPart[], edit: DesiredEdit): boolean {
  const now = valueAtParts(values, path);
  if ('remove' in edit) return now === undefined;
  if ('add' in edit) return Array.isArray(now) && now.includes(edit.add);
  return 'to' in edit ? covers(now, edit.to) : typeof now === 'number' && now >= edit.atLeast;
}

async function valuesOf(tree: RepositoryTree, directory: string, { object, values: relative }: HelmMapping): Promise<{ file: string; text: string; values: JsonObject }> {
  const file = resolvePath(directory, relative);
  const text = file === undefined ? undefined : await tree.read(file);
  if (file === undefined || text === undefined) return refuse('not-found', `The values file ${relative} of ${object} is not in the repository (git.helm): was it moved?`, `${object}의 values 파일 ${relative}이(가) 저장소에 없습니다(git.helm). 이동했는지 확인하십시오`);
  try {
    const [values] = documentsOf(text);
    return { file, text, values: typeof values === 'object' && values !== null && !Array.isArray(values) ? values : {} };
  } catch (error) {
    if (!(error instanceof Uneditable)) throw error;
    return refuse('not-editable', `${file}: ${error.message}`, `${file}: ${error.message}`);
  }
}

/** The value that stands for a field: that of the longest declared path, and what is below it. */
function valuePath({ paths }: HelmMapping, field: readonly PathPart[]): PathPart[] | undefined {
  const fitting = Object.entries(paths).map(([declared, value]) => ({ parts: partsOf(declared), value })).filter(({ parts }) => parts.every((part, index) => samePart(part, field[index])));
  const longest = fitting.sort((a, b) => b.parts.length - a.parts.length)[0];
  return longest && [...longest.value.split('.'), ...field.slice(longest.parts.length)];
}

function samePart(a: PathPart, b: PathPart | undefined): boolean {
  return typeof a === 'object' && typeof b === 'object' ? a.by === b.by && a.value === b.value : a === b;
}

/** As much of the object as the values say. */
function inverted({ paths }: HelmMapping, values: JsonObject, bare: JsonObject): JsonObject {
  let text = JSON.stringify(bare);
  for (const [declared, value] of Object.entries(paths)) {
    const now = valueAtParts(values, value.split('.'));
    if (now !== undefined) text = editYaml(text, 0, partsOf(declared), { set: now });
  }
  return documentsOf(text)[0] as JsonObject;
}
