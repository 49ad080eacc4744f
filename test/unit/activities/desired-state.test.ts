import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { manifestsDirectory } from '../../../activities/desired-state';

const SERVICE = { apiVersion: 'v1', kind: 'Service', namespace: 'monitoring', name: 'thanos-receive-lb' };

describe('a directory of manifests', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'nightshift-manifests-'));
    mkdirSync(path.join(directory, 'receive'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const write = (file: string, content: string) => writeFileSync(path.join(directory, file), content);
  const find = () => manifestsDirectory(directory).find(SERVICE);

  it('finds an object among others, deep down, without what servers write', async () => {
    write('receive/all.yaml', [
      'apiVersion: v1\nkind: Service\nmetadata: { name: other }',
      'apiVersion: v1\nkind: Service\nmetadata:\n  name: thanos-receive-lb\n  uid: x\n  resourceVersion: "4"\n  creationTimestamp: null\n  labels: { a: b }\n  annotations: { kubectl.kubernetes.io/last-applied-configuration: "{}", note: x }\nspec: { ports: [ { port: 19291 } ] }\nstatus: { loadBalancer: {} }',
    ].join('\n---\n'));
    expect(await find()).toEqual({
      source: 'manifests directory (receive/all.yaml)',
      manifest: { apiVersion: 'v1', kind: 'Service', metadata: { name: 'thanos-receive-lb', namespace: 'monitoring', labels: { a: 'b' }, annotations: { note: 'x' } }, spec: { ports: [{ port: 19291 }] } },
    });
  });

  it('reads JSON, and knows namespaces, kinds and API versions apart', async () => {
    write('a.json', JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'thanos-receive-lb', namespace: 'elsewhere' } }));
    write('b.yaml', 'apiVersion: v2\nkind: Service\nmetadata: { name: thanos-receive-lb }\n');
    write('c.yaml', 'apiVersion: v1\nkind: Ingress\nmetadata: { name: thanos-receive-lb }\n');
    expect(await find()).toBeUndefined();
  });

  it('refuses to choose between two', async () => {
    for (const file of ['a.yaml', 'receive/b.yml']) write(file, 'apiVersion: v1\nkind: Service\nmetadata: { name: thanos-receive-lb }\n');
    await expect(find()).rejects.toMatchObject({ type: 'InvalidInput', message: expect.stringMatching(/2 times.*a\.yaml.*b\.yml/) });
  });

  it('passes over what is no manifest', async () => {
    write('values.yaml', '{{ .Values.x }}: [');
    write('notes.txt', 'kind: Service');
    write('list.yaml', '- 1\n- 2\n');
    write('empty.yaml', '');
    write('null.yaml', 'null\n---\n');
    write('bomb.yaml', `a: &a [x]\n${Array.from({ length: 12 }, (_, index) => `b${index}: &b${index} [${Array.from({ length: 9 }, () => (index === 0 ? '*a' : `*b${index - 1}`)).join(', ')}]`).join('\n')}\n`);
    symlinkSync('/etc', path.join(directory, 'link'));
    await expect(find()).resolves.toBeUndefined();
  });

  it('says that it cannot be read', async () => {
    await expect(manifestsDirectory('/nowhere/manifests').find(SERVICE)).rejects.toMatchObject({ type: 'InvalidInput', message: expect.stringContaining('ENOENT') });
  });
});
