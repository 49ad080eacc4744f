import { stringify } from 'yaml';
import type { JsonObject, ObjectEdits } from '../../workflows/contracts';
import { documentsIn, editDocument, editsOf, isManifestFile, type PlacedDocument } from './documents';
import type { EditedTree } from './edited-tree';
import type { RepositoryTree } from './gateway';
import { isAbout, nameOf, refuse, type Found, type Layout, type WantedObject } from './layout';

/** Manifests below a directory, each object in one place. */
export function plainLayout(directory: string): Layout {
  return {
    async find(tree, object) {
      const place = await placeOf(tree, directory, object);
      return place && { manifest: place.value, where: place.file } satisfies Found;
    },
    async edit(tree, wanted) {
      const place = await placeOf(tree, directory, wanted.object);
      if (!place) {
        if (wanted.manifest) return tree.with(await freeName(tree, directory, wanted.object), manifestText(wanted.manifest));
        return refuse('not-found', `No manifest below ${directory || 'the repository'} is about ${nameOf(wanted.object)}; check git.directory in the configuration`, `${directory || '저장소'}에 ${nameOf(wanted.object)}의 매니페스트가 없습니다. 설정의 git.directory를 확인하십시오`);
      }
      return editPlace(tree, place, wanted);
    },
  };
}

/** All edits in one document. */
export async function editPlace(tree: EditedTree, place: PlacedDocument, { edits, manifest }: ObjectEdits): Promise<EditedTree> {
  let edited = tree;
  for (const edit of [...(manifest ? editsOf(manifest) : []), ...edits]) {
    const [now] = (await documentsIn(edited, place.file)).filter(({ at }) => at === place.at);
    if (now) edited = await editDocument(edited, now, [], edit);
  }
  return edited;
}

async function placeOf(tree: RepositoryTree, directory: string, object: WantedObject): Promise<PlacedDocument | undefined> {
  const files = (await tree.mentioning(object.name, directory)).filter(isManifestFile);
  const places: PlacedDocument[] = [];
  for (const file of files) places.push(...(await documentsIn(tree, file)).filter(({ value }) => isAbout(value, object)));
  if (places.length > 1) refuse('ambiguous', `${nameOf(object)} is in ${places.map(({ file }) => file).join(' and ')}: keep one, or set git.directory to the folder of this cluster`, `${nameOf(object)}이(가) ${places.map(({ file }) => file).join(', ')}에 중복되어 있습니다. 하나만 남기거나 git.directory를 이 클러스터의 폴더로 지정하십시오`);
  return places[0];
}

/** `thanos-receive-poddisruptionbudget.yaml`; with a number where there is such a file. */
export async function freeName(tree: RepositoryTree, directory: string, { kind, name }: WantedObject): Promise<string> {
  const files = new Set(await tree.files());
  const stem = `${directory ? `${directory}/` : ''}${name}-${kind.toLowerCase()}`;
  for (let number = 1; ; number += 1) {
    const file = `${stem}${number === 1 ? '' : `-${number}`}.yaml`;
    if (!files.has(file)) return file;
  }
}

export function manifestText(manifest: JsonObject): string {
  return stringify(manifest, { lineWidth: 0 });
}
