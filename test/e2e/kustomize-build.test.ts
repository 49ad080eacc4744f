/** What permanent fixes take for the result of a kustomization is what Kustomize itself (in the lab's kubectl) makes of it. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { wordOf } from '../../activities/desired-edit';
import { EditedTree } from '../../activities/git/edited-tree';
import type { RepositoryTree } from '../../activities/git/gateway';
import { kustomizeLayout } from '../../activities/git/kustomize/layout';
import { renderKustomization } from '../../activities/git/kustomize/render';
import { binary } from '../../infra/lab/build';
import { projectRoot } from '../../infra/project';
import type { JsonObject, ObjectEdits } from '../../workflows/contracts';

const CONTAINER = '/spec/template/spec/containers/name=receive';
const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** The files of a folder, as a commit would have them. */
class Folder implements RepositoryTree {
  constructor(readonly root: string) {}

  async files(): Promise<string[]> {
    return readdirSync(this.root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => path.relative(this.root, path.join(entry.parentPath, entry.name)));
  }

  async read(file: string): Promise<string | undefined> {
    return (await this.files()).includes(file) ? readFileSync(path.join(this.root, file), 'utf8') : undefined;
  }

  async mentioning(text: string, below: string): Promise<string[]> {
    return (await this.files()).filter((file) => file.startsWith(below) && readFileSync(path.join(this.root, file), 'utf8').includes(text));
  }
}

const layout = (name: string) => path.join(projectRoot(), 'test', 'support', 'gitops', name);

/** "StatefulSet monitoring/receive" → the object. Labels and references between objects are not followed, and so left out here. */
type Objects = Record<string, JsonObject>;
const withoutReferences = (key: string, value: unknown): unknown => (key === 'serviceName' || (key === 'configMap' && typeof value === 'object') ? undefined : value);

function comparable(manifests: readonly JsonObject[], hashed: readonly string[]): Objects {
  // Where Kustomize has put a generated name with its hash, in the object or in what refers to it, the name alone.
  const plain = hashed.reduce((text, name) => text.replaceAll(new RegExp(`"${name}-[a-z0-9]{10}"`, 'g'), `"${name}"`), JSON.stringify(manifests, withoutReferences));
  return Object.fromEntries((JSON.parse(plain) as JsonObject[]).map((manifest) => {
    const { labels: _labels, ...metadata } = manifest['metadata'] as JsonObject;
    return [`${wordOf(manifest['kind'])} ${wordOf(metadata['namespace'])}/${wordOf(metadata['name'])}`, { ...manifest, metadata }];
  }));
}

async function ours(tree: RepositoryTree, dir: string): Promise<{ objects: Objects; hashed: string[]; gaps: string[] }> {
  const { resources, gaps } = await renderKustomization(tree, dir);
  const hashed = resources.filter((resource) => resource.hashed).map(({ manifest }) => wordOf((manifest['metadata'] as JsonObject)['name']));
  return { objects: comparable(resources.map(({ manifest }) => manifest), hashed), hashed, gaps };
}

function built(root: string, dir: string, hashed: readonly string[]): Objects {
  const text = execFileSync(binary('kubectl'), ['kustomize', path.join(root, dir)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return comparable(parseAllDocuments(text).map((document) => document.toJS() as JsonObject), hashed);
}

test.each([
  [layout('kustomize'), 'clusters/cluster-03'],
  [layout('kustomize'), 'clusters/cluster-04'],
  [layout('kustomize-corners'), 'base'],
  [layout('kustomize-corners'), 'middle'],
  [layout('kustomize-corners'), 'cluster'],
  [path.join(projectRoot(), 'infra', 'kubernetes'), 'base'],
  [path.join(projectRoot(), 'infra', 'kubernetes'), 'overlays/observe'],
  [path.join(projectRoot(), 'infra', 'kubernetes'), 'overlays/on-demand'],
])('%s %s', async (root, dir) => {
  const { objects, hashed, gaps } = await ours(new Folder(root), dir);
  expect(gaps).toEqual([]);
  expect(objects).toEqual(built(root, dir, hashed));
});

const receive = (name: string, ...edits: ObjectEdits['edits']): ObjectEdits => ({ object: { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'monitoring', name }, edits });

test.each<[string, ObjectEdits]>([
  ['memory', receive('thanos-receive-c7', { path: `${CONTAINER}/resources/limits/memory`, to: '32Gi', from: '16Gi' })],
  ['replicas', receive('thanos-receive-c7', { path: '/spec/replicas', to: 7 })],
  ['an argument', receive('thanos-receive-c7', { path: `${CONTAINER}/args`, add: '--receive.hashrings-algorithm=ketama' })],
  ['a field that nobody sets', receive('thanos-receive-c7', { path: '/spec/template/spec/terminationGracePeriodSeconds', atLeast: 900 })],
])('a fix changes what it says, and nothing else, in what Kustomize builds: %s', async (_, { object, edits }) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-kustomize-'));
  folders.push(folder);
  cpSync(layout('kustomize-corners'), folder, { recursive: true });
  const before = new EditedTree(new Folder(folder));
  const { hashed } = await ours(before, 'cluster');
  const was = built(folder, 'cluster', hashed);
  const after = await kustomizeLayout('cluster').edit(before, { object, edits });
  expect([...after.changes.keys()].filter((file) => !file.startsWith('cluster/'))).toEqual([]);
  for (const [file, content] of after.changes) writeFileSync(path.join(folder, file), content);
  const is = built(folder, 'cluster', hashed);
  expect(is).toEqual((await ours(new Folder(folder), 'cluster')).objects);
  const changed = Object.keys(is).filter((name) => JSON.stringify(is[name]) !== JSON.stringify(was[name]));
  expect(changed).toEqual([`${object.kind} ${object.namespace}/${object.name}`]);
});
