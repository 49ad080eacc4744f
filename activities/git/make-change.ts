import type { ObjectEdits } from '../../workflows/contracts';
import { satisfiesAll } from '../desired-edit';
import { redactJson } from '../redact';
import { sameJson } from '../same-json';
import { checkFrom } from './documents';
import { EditedTree } from './edited-tree';
import type { RepositoryTree } from './gateway';
import { nameOf, refuse, type Layout } from './layout';

/** Does the repository say all of it already? @throws Refusal */
export async function saysAlready(layout: Layout, tree: RepositoryTree, change: readonly ObjectEdits[]): Promise<boolean> {
  for (const one of change) {
    const found = await layout.find(tree, one.object);
    if (!found || !satisfiesAll(found.manifest, one)) return false;
  }
  return true;
}

/** The files that are other than before where the repository says what the change wants. @throws Refusal */
export async function makeChange(layout: Layout, tree: RepositoryTree, change: readonly ObjectEdits[]): Promise<ReadonlyMap<string, string>> {
  let edited = new EditedTree(tree);
  for (const one of change) {
    refuseSecrets(one);
    const found = await layout.find(edited, one.object);
    if (found) checkFrom(found.manifest, one, found.where, found.partial === true);
    edited = await layout.edit(edited, one);
  }
  const made = edited.changes;
  if (made.size === 0) refuse('not-editable', 'Nothing would change in the repository, although it does not say what is wanted', '저장소에 변경할 내용이 없습니다');
  return made;
}

/** A Secret's values never go to Git, nor anything that looks like one. */
function refuseSecrets({ object, edits, manifest }: ObjectEdits): void {
  if (object.kind === 'Secret') refuse('secret', `${nameOf(object)} is a Secret: its values do not belong into Git`, `${nameOf(object)}은(는) Secret이므로 값을 Git에 저장하지 않습니다`);
  const suspicious = edits.find((edit) => 'to' in edit && !sameJson(redactJson({ value: edit.to }), { value: edit.to }));
  if (suspicious || (manifest && !sameJson(redactJson(manifest), manifest))) {
    refuse('secret', `What ${nameOf(object)} would say ${suspicious ? `at ${suspicious.path} ` : ''}looks like it holds a secret: make the change by hand`, `${nameOf(object)}에 저장하려는 값에 비밀 정보가 포함된 것으로 보입니다. 직접 변경하십시오`);
  }
}
