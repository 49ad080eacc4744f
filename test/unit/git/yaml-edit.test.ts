import { parseAllDocuments } from 'yaml';
import { partsOf } from '../../../activities/desired-edit';
import { editYaml, Uneditable, type YamlChange } from '../../../activities/git/yaml-edit';

const MANIFEST = `# The receivers of cluster-03.
apiVersion: v1
kind: Service
metadata: { name: thanos-receive-lb,   namespace: monitoring } # two spaces on purpose
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
    name: "thanos-receive"   # four columns
spec:
    replicas:   3 # odd white space
    template:
        spec:
            # Flushing a full head takes minutes.
            terminationGracePeriodSeconds: 300
            containers:
            - name: sidecar
              image: 'x:1'
            - name: thanos-receive
              args:
              - receive
              # kept short: S3 has the rest
              - --tsdb.retention=2d   # two days

              resources: { requests: { cpu: 100m, memory: 8Gi }, limits: {  memory: 8Gi } }
              env: []
    updateStrategy:
# the end
`;

const edit = (path: string, change: YamlChange, at = 1, text = MANIFEST) => editYaml(text, at, partsOf(path), change);

/** The lines that differ, as a reader of the pull request sees them. */
function difference(after: string, before = MANIFEST): { gone: string[]; come: string[] } {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return { gone: old.filter((line) => !now.includes(line)), come: now.filter((line) => !old.includes(line)) };
}

const CONTAINER = '/spec/template/spec/containers/name=thanos-receive';

test.each<[what: string, path: string, change: YamlChange, gone: string[], come: string[]]>([
  ['a number, its comment kept', '/spec/replicas', { set: 5 }, ['    replicas:   3 # odd white space'], ['    replicas:   5 # odd white space']],
  ['a quoted text', '/metadata/name', { set: 'other' }, ['    name: "thanos-receive"   # four columns'], ['    name: "other"   # four columns']],
  ['a field of a flow map', `${CONTAINER}/resources/limits/memory`, { set: '16Gi' }, ['              resources: { requests: { cpu: 100m, memory: 8Gi }, limits: {  memory: 8Gi } }'], ['              resources: { requests: { cpu: 100m, memory: 8Gi }, limits: {  memory: 16Gi } }']],
  ['one more field of a flow map', `${CONTAINER}/resources/limits/cpu`, { set: 2 }, ['              resources: { requests: { cpu: 100m, memory: 8Gi }, limits: {  memory: 8Gi } }'], ['              resources: { requests: { cpu: 100m, memory: 8Gi }, limits: {  memory: 8Gi, cpu: 2 } }']],
  ['one more argument, below the comment of the last', `${CONTAINER}/args`, { append: '--receive.hashrings-algorithm=ketama' }, [], ['              - --receive.hashrings-algorithm=ketama']],
  ['an item of an empty flow list', `${CONTAINER}/env`, { append: 'A' }, ['              env: []'], ['              env: [ A ]'.replace('[ A ]', '[A]')]],
  ['a field that was not there, in the indentation of its neighbours', '/spec/minReadySeconds', { set: 10 }, [], ['    minReadySeconds: 10']],
  ['a field two maps down', `${CONTAINER}/securityContext/runAsUser`, { set: 65534 }, [], ['              securityContext:', '                runAsUser: 65534']],
  ['a field below a key that has no value', '/spec/updateStrategy/type', { set: 'OnDelete' }, [], ['      type: OnDelete']],
  ['a container that was not there', '/spec/template/spec/containers/name=extra/image', { set: 'y:2' }, [], ['            - name: extra', '              image: y:2']],
])('%s', (_, path, change, gone, come) => {
  expect(difference(edit(path, change))).toEqual({ gone, come });
});

test('the other documents of a file stay byte by byte', () => {
  expect(edit('/spec/replicas', { set: 5 }).startsWith(MANIFEST.slice(0, MANIFEST.indexOf('---')))).toBe(true);
  expect(edit('/metadata/namespace', { set: 'x' }, 0).endsWith(MANIFEST.slice(MANIFEST.indexOf('---')))).toBe(true);
});

test('a whole file inside a ConfigMap keeps its place and indentation', () => {
  const text = 'kind: ConfigMap\ndata:\n  prometheus.yml: |\n    global:\n      scrape_interval: 15s\n\n    remote_write: []\n  other: x # stays\n';
  const after = edit('/data/prometheus.yml', { set: 'global:\n  scrape_interval: 30s\n\nremote_write: []\n' }, 0, text);
  expect(after).toBe(text.replace('15s', '30s'));
});

test('what only the library can write is written by it, and comments stay', () => {
  const after = edit('/spec/template/spec/terminationGracePeriodSeconds', { remove: true });
  expect(parseAllDocuments(after).map((document) => document.errors)).toEqual([[], []]);
  expect(after).not.toContain('terminationGracePeriodSeconds');
  expect(after).toContain('# kept short: S3 has the rest');
});

test('JSON stays JSON', () => {
  const after = edit('/spec/paused', { set: true }, 0, '{\n  "kind": "Deployment",\n  "spec": {"replicas": 1}\n}\n');
  expect(JSON.parse(after)).toEqual({ kind: 'Deployment', spec: { replicas: 1, paused: true } });
  expect(after).toContain('\n  "kind": "Deployment",\n');
});

test('a field that an anchor shares with another is not changed', () => {
  const text = 'a: &memory { limits: { memory: 1Gi } }\nb: *memory\n';
  expect(() => edit('/b/limits/memory', { set: '2Gi' }, 0, text)).toThrow(Uneditable);
  expect(() => edit('/a/limits/memory', { set: '2Gi' }, 0, text)).toThrow(Uneditable);
});
