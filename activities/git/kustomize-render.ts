import type { Json, JsonObject } from '../../workflows/contracts';
import { isMap, wordOf } from '../desired-edit';
import { documentsIn, type Place } from './documents';
import { resolvePath } from './edited-tree';
import type { RepositoryTree } from './gateway';
import { groupOf, refuse, type WantedObject } from './layout';
import { jsonPatch, mergePatch } from './kustomize-patch';
import { documentsOf, Uneditable } from './yaml-edit';

export interface Identity {
  name: string;
  namespace: string | undefined;
}

/** An object on its way through the layers. */
export interface Resource {
  manifest: JsonObject;
  /** What it was called so far, first to last; a patch may use any of them. */
  names: Identity[];
  origin: ({ kind: 'document' } & Place) | { kind: 'generator'; layer: Layer; files: Record<string, string> };
  /** A generated object's name ends with a hash of its content. */
  hashed?: true;
}

/** Where the text of a patch is: a file, or a field of the kustomization. */
export interface PatchText {
  file: string;
  inline?: string[];
}

export interface LayerPatch {
  text: PatchText;
  at: number;
  /** A merge patch, or the operations of a JSON Patch. */
  value: JsonObject | Json[];
  target?: JsonObject;
  /** Of `patchesJson6902`, which Kustomize applies when the layer has given names and namespace already. */
  late?: true;
}

export interface Layer {
  dir: string;
  file: string;
  spec: JsonObject;
  patches: LayerPatch[];
}

export interface Rendered {
  resources: Resource[];
  /** Outermost first. */
  layers: Layer[];
  /** What could not be looked into: remote bases, charts. */
  gaps: string[];
}

export const KUSTOMIZATION_FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** Layers in layers; more than this is a circle. */
const DEEPEST = 20;
/** What changes fields in ways that are not followed here. */
const NOT_FOLLOWED = ['replacements', 'vars', 'transformers'] as const;
const CLUSTER_SCOPED: ReadonlySet<string> = new Set(['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition', 'PriorityClass', 'StorageClass', 'PersistentVolume', 'IngressClass', 'APIService', 'Node', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding', 'ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']);
const SCALED: ReadonlySet<string> = new Set(['Deployment', 'ReplicaSet', 'ReplicationController', 'StatefulSet']);

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

export function identityOf(manifest: JsonObject): Identity {
  const metadata = (manifest['metadata'] ?? {}) as JsonObject;
  return { name: wordOf(metadata['name']), namespace: typeof metadata['namespace'] === 'string' ? metadata['namespace'] : undefined };
}

/** ConfigMaps of files and literals. Secrets are left alone: their values are nobody's business here. */
async function generate(tree: RepositoryTree, layer: Layer, resources: Resource[]): Promise<Resource[]> {
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

async function patchesOf(tree: RepositoryTree, { dir, file, spec }: Layer): Promise<LayerPatch[]> {
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

function applyLayerPatch(resources: Resource[], patch: LayerPatch, file: string): Resource[] {
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

/** Namespace, prefix and suffix of a layer come after its patches. */
function rename(resource: Resource, spec: JsonObject): Resource {
  const manifest = JSON.parse(JSON.stringify(resource.manifest)) as JsonObject;
  const metadata = (manifest['metadata'] ??= {}) as JsonObject;
  const kind = wordOf(manifest['kind']);
  if (typeof spec['namespace'] === 'string' && !CLUSTER_SCOPED.has(kind)) metadata['namespace'] = spec['namespace'];
  if (kind !== 'Namespace' && kind !== 'CustomResourceDefinition') metadata['name'] = `${wordOf(spec['namePrefix'])}${wordOf(metadata['name'])}${wordOf(spec['nameSuffix'])}`;
  return { ...resource, manifest, names: [...resource.names, identityOf(manifest)] };
}

/** `replicas:` and `images:` of a layer come last. */
function scaleAndRetag(resource: Resource, spec: JsonObject): Resource {
  const manifest = JSON.parse(JSON.stringify(resource.manifest)) as JsonObject;
  for (const entry of listOf(spec['replicas'])) {
    if (isMap(entry) && SCALED.has(wordOf(manifest['kind'])) && resource.names.some(({ name }) => name === entry['name'])) ((manifest['spec'] ??= {}) as JsonObject)['replicas'] = entry['count'] ?? null;
  }
  for (const entry of listOf(spec['images'])) if (isMap(entry)) retag(manifest, entry);
  return { ...resource, manifest };
}

/** `repository:tag@digest`; the port of a registry is no tag. */
export function imageParts(image: string): { name: string; tag?: string; digest?: string } {
  const [rest = '', digest] = image.split('@');
  const [, name = rest, tag] = /^(.*?)(?::([^:/]+))?$/.exec(rest) ?? [];
  return { name, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

function retag(node: Json, entry: JsonObject): void {
  if (Array.isArray(node)) node.forEach((item) => retag(item, entry));
  if (!isMap(node)) return;
  for (const [key, value] of Object.entries(node)) {
    if ((key === 'containers' || key === 'initContainers') && Array.isArray(value)) value.forEach((container) => isMap(container) && retagContainer(container, entry));
    else retag(value, entry);
  }
}

function retagContainer(container: JsonObject, entry: JsonObject): void {
  if (typeof container['image'] !== 'string') return;
  const { name, tag, digest } = imageParts(container['image']);
  if (name !== entry['name']) return;
  const [newTag, newDigest] = [entry['newTag'], entry['digest']];
  // Either of them takes the place of both.
  const kept = newTag === undefined && newDigest === undefined ? { tag, digest } : { tag: newTag, digest: newDigest };
  container['image'] = `${wordOf(entry['newName'] ?? name)}${kept.tag === undefined ? '' : `:${wordOf(kept.tag)}`}${kept.digest === undefined ? '' : `@${wordOf(kept.digest)}`}`;
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

export function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}
