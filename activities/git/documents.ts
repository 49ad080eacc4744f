import type { DesiredEdit, Json, JsonObject, ObjectEdits } from '../../workflows/contracts';
import { isMap, optionOf, partsOf, satisfies, valueAtParts, wantedValue, type PathPart } from '../desired-edit';
import type { EditedTree } from './edited-tree';
import type { RepositoryTree } from './gateway';
import { refuse } from './layout';
import { documentsOf, editYaml, Uneditable } from './yaml-edit';

/** One document of one file. */
export interface Place {
  file: string;
  at: number;
}

export interface PlacedDocument extends Place {
  value: JsonObject;
}

const MANIFEST = /\.(ya?ml|json)$/;

export function isManifestFile(file: string): boolean {
  return MANIFEST.test(file);
}

/** The maps among a file's documents. A template or a broken file is none, and not ours to complain about. */
export async function documentsIn(tree: RepositoryTree, file: string): Promise<PlacedDocument[]> {
  const text = await tree.read(file);
  if (text === undefined) return [];
  try {
    return documentsOf(text).flatMap((value, at) => (isMap(value) ? [{ file, at, value }] : []));
  } catch (error) {
    if (error instanceof Uneditable || error instanceof ReferenceError) return [];
    throw error;
  }
}

/** Makes one field of a document say what an edit wants of it, with as little change of the text as possible. */
export async function editDocument(tree: EditedTree, { file, at, value }: PlacedDocument, base: readonly PathPart[], edit: DesiredEdit): Promise<EditedTree> {
  if (satisfies(value, { ...edit, path: edit.path })) return tree;
  const path = base.length > 0 ? [...base] : partsOf(edit.path);
  const text = (await tree.read(file)) ?? '';
  try {
    return tree.with(file, editText(text, at, path, value, edit));
  } catch (error) {
    if (!(error instanceof Uneditable)) throw error;
    return refuse('not-editable', `${edit.path} cannot be changed in ${file}: ${error.message}`, `${file}의 ${edit.path}을(를) 변경할 수 없음: ${error.message}`);
  }
}

/** The edit on one text; the field is at `path` of its document. @throws Uneditable */
export function editText(text: string, at: number, path: readonly PathPart[], document: Json, edit: DesiredEdit): string {
  if ('remove' in edit) return editYaml(text, at, path, { remove: true });
  const now = valueAtParts(document, path);
  if ('add' in edit) {
    const list: Json[] = Array.isArray(now) ? now : [];
    const other = list.findIndex((item) => typeof item === 'string' && optionOf(item) === optionOf(edit.add));
    return other < 0 ? editYaml(text, at, path, { append: edit.add }) : editYaml(text, at, [...path, String(other)], { set: edit.add });
  }
  const wanted = wantedValue(now, edit)!;
  // Field by field where both are maps: their other lines and comments stay.
  if (isMap(wanted) && isMap(now)) {
    let edited = text;
    for (const [key, value] of Object.entries(wanted)) edited = editText(edited, at, [...path, key], document, { path: edit.path, to: value });
    return edited;
  }
  return editYaml(text, at, path, { set: wanted });
}

/** The fields of a manifest as edits, for an object that is there already. */
export function editsOf(manifest: JsonObject): DesiredEdit[] {
  return Object.entries(manifest).flatMap(([key, value]): DesiredEdit[] => (key === 'apiVersion' || key === 'kind' || key === 'metadata' || key === 'status' ? [] : [{ path: `/${key}`, to: value }]));
}

/** What the incident saw there has to be what the repository says, or what is wanted: else two people want different things. */
export function checkFrom(found: JsonObject, { edits }: ObjectEdits, where: string, partial: boolean): void {
  for (const edit of edits) {
    if (!('from' in edit) || edit.from === undefined || satisfies(found, edit)) continue;
    const now = valueAtParts(found, partsOf(edit.path));
    if (partial && now === undefined) continue;
    if (satisfies(found, { path: edit.path, to: edit.from })) continue;
    refuse('conflict', `${where} says ${show(now)} for ${edit.path}; the incident found ${show(edit.from)} and would set ${show(edit.to)}: a person has to decide which is right`, `${where}의 ${edit.path} 값은 ${show(now)}이나 장애 당시 값은 ${show(edit.from)}이었고 변경하려는 값은 ${show(edit.to)}입니다. 담당자가 결정해야 합니다`);
  }
}

function show(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 80 || text.includes('\n') ? 'another text' : text;
}
