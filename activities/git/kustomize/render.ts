import type { JsonObject } from '../../../workflows/contracts';
import { wordOf } from '../../desired-edit';
import { documentsIn } from '../documents';
import { resolvePath } from '../edited-tree';
import type { RepositoryTree } from '../gateway';
import { groupOf, refuse, type WantedObject } from '../layout';
import { generate } from './generators';
import { identityOf, listOf, type Layer, type Rendered, type Resource } from './model';
import { applyLayerPatch, patchesOf } from './patches';
import { rename, scaleAndRetag } from './transformers';

export const KUSTOMIZATION_FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** Layers in layers; more than this is a circle. */
const DEEPEST = 20;
/** What changes fields in ways that are not followed here. */
const NOT_FOLLOWED = ['replacements', 'vars', 'transformers'] as const;
export async function kustomizationIn(tree: RepositoryTree, dir: string): Promise<string | undefined> {
  const files = new Set(await tree.files());
  return KUSTOMIZATION_FILES.map((name) => (dir ? `${dir}/${name}` : name)).find((file) => files.has(file));
}

/**
 * The objects that `kustomize build` would make of a folder, as far as fixes need it: resources, bases and components, patches,
 * generated ConfigMaps, namespace, prefixes, images and replicas. Labels and references between objects are not followed.
 * @throws Refusal where something is used that changes fields in another way
 */
export async function renderKustomization(tree: RepositoryTree, dir: string): Promise<Rendered> {
  const rendered: Rendered = { resources: [], layers: [], gaps: [] };
  rendered.resources = await renderInto(tree, dir, [], rendered, DEEPEST);
  return rendered;
}

async function renderInto(tree: RepositoryTree, dir: string, given: Resource[], out: Rendered, depth: number): Promise<Resource[]> {
  if (depth === 0) refuse('not-editable', `The kustomizations of ${dir} lead in a circle`, `${dir}의 kustomization이 순환합니다`);
  const file = (await kustomizationIn(tree, dir))!;
  const [document] = await documentsIn(tree, file);
  if (!document) refuse('not-editable', `${file} is not YAML`, `${file}은(는) YAML이 아닙니다`);
  const layer: Layer = { dir, file, spec: document.value, patches: [] };
  out.layers.push(layer);
  const odd = NOT_FOLLOWED.find((field) => listOf(layer.spec[field]).length > 0);
  if (odd) refuse('not-editable', `${file} uses ${odd}, which Nightshift does not follow: make the change by hand`, `${file}에서 ${odd}을(를) 사용하므로 직접 변경해야 합니다`);
  if (listOf(layer.spec['helmCharts']).length > 0) out.gaps.push(`charts of ${file}`);

  let resources = given;
  for (const entry of [...listOf(layer.spec['resources']), ...listOf(layer.spec['bases'])]) resources = [...resources, ...(await resourcesOf(tree, layer, wordOf(entry), out, depth))];
  for (const entry of listOf(layer.spec['components'])) {
    const component = resolvePath(dir, wordOf(entry));
    if (component !== undefined && (await kustomizationIn(tree, component))) resources = await renderInto(tree, component, resources, out, depth - 1);
    else out.gaps.push(wordOf(entry));
  }
  resources = await generate(tree, layer, resources);
  layer.patches = await patchesOf(tree, layer);
  const patched = (given: Resource[], late: boolean) => layer.patches.filter((patch) => (patch.late ?? false) === late).reduce((all, patch) => applyLayerPatch(all, patch, layer.file), given);
  resources = patched(resources, false).map((resource) => rename(resource, layer.spec));
  return patched(resources, true).map((resource) => scaleAndRetag(resource, layer.spec));
}

async function resourcesOf(tree: RepositoryTree, layer: Layer, entry: string, out: Rendered, depth: number): Promise<Resource[]> {
  const target = isRemote(entry) ? undefined : resolvePath(layer.dir, entry);
  if (target === undefined) {
    out.gaps.push(entry);
    return [];
  }
  if (await kustomizationIn(tree, target)) return renderInto(tree, target, [], out, depth - 1);
  const documents = await documentsIn(tree, target);
  if (documents.length === 0) out.gaps.push(entry);
  if (documents.some(isList)) out.gaps.push(`the objects of a List in ${target}`);
  return documents.filter((document) => typeof document.value['kind'] === 'string' && !isList(document)).map(({ value, ...place }): Resource => ({ manifest: value, names: [identityOf(value)], origin: { kind: 'document', ...place } }));
}

/** Kustomize takes a `List` apart; an item of it cannot be edited as a document. */
function isList({ value }: { value: JsonObject }): boolean {
  return value['kind'] === 'List' && Array.isArray(value['items']);
}

function isRemote(entry: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/|^git@|^github\.com\/|\?ref=/.test(entry);
}

/** The object that a cluster would know by this name; of a generated one, by its name without the hash, too. */
export function resourceFor(resources: readonly Resource[], object: WantedObject): Resource | undefined {
  const found = resources.filter(({ manifest, hashed }) => {
    const { name, namespace } = identityOf(manifest);
    const named = name === object.name || (hashed === true && new RegExp(`^${escapeRegExp(name)}-[a-z0-9]{10}$`).test(object.name));
    return named && manifest['kind'] === object.kind && groupOf(manifest['apiVersion']) === groupOf(object.apiVersion) && (namespace === undefined || namespace === object.namespace);
  });
  if (found.length > 1) refuse('ambiguous', `The kustomization makes ${object.kind} ${object.name} more than once`, `kustomization에 ${object.kind} ${object.name}이(가) 중복되어 있습니다`);
  return found[0];
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
