import { secretGate } from '../../../activities/kubernetes/secret-gate';
import type { ClusterAccess } from '../../../activities/cluster-access';
import type { FieldChange, Json, PlannedStep } from '../../../workflows/contracts';

const object = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'monitoring', name: 'thanos-receive', uid: 'u' };
const reason = { en: 'r', ko: 'r' };
const ENV = '/spec/template/spec/containers/0/env';

/** The live object calls its first variable S3_PASSWORD, its second LOG_LEVEL and its thirteenth API_TOKEN. */
const env = [{ name: 'S3_PASSWORD', value: 'x' }, { name: 'LOG_LEVEL', value: 'info' }, ...Array.from({ length: 10 }, (_, n) => ({ name: `FEATURE_${n}`, value: 'off' })), { name: 'API_TOKEN', value: 'x' }];
const live = { ...object, metadata: { name: object.name }, spec: { template: { spec: { containers: [{ env }] } } } };
const access = { kubernetes: { read: () => Promise.resolve(live) } } as unknown as ClusterAccess;
const patch = (...changes: FieldChange[]): PlannedStep => ({ id: 'p', action: 'patch', object, changes, reason });
const create = (manifest: Json): PlannedStep => ({ id: 'c', action: 'create', object, manifest, reason }) as unknown as PlannedStep;

test.each<[string, PlannedStep]>([
  ['a variable whose name, beside it, says that it is one', patch({ path: `${ENV}/0/value`, old: 'one', new: 'another' })],
  ['the thirteenth variable is one', patch({ path: `${ENV}/12/value`, new: 'another' })],
  ['the second change is one', patch({ path: `${ENV}/1/value`, old: 'info', new: 'debug' }, { path: `${ENV}/0/value`, new: 'another' })],
  ['only the old value is one', patch({ path: `${ENV}/0/value`, old: 'one' })],
  ['a list of variables', patch({ path: ENV, new: [{ name: 'API_TOKEN', value: 'q' }] })],
  ['an argument', patch({ path: '/spec/template/spec/containers/0/args/3', new: '--objstore.config=secret_key: abc' })],
  ['an annotation', patch({ path: '/metadata/annotations/example.com~1api-token', new: 'abc' })],
  ['a text with an address', patch({ path: '/data/prometheus.yml', new: 'url: https://user:pw@example.com' })],
  ['a manifest', create({ kind: 'ConfigMap', data: { password: 'abc' } })],
])('%s: refused, with the field and the remedy', async (_, step) => {
  const gate = await secretGate(access, [patch({ path: '/spec/replicas', old: 1, new: 3 }), step]);
  expect(gate).toMatchObject({ gate: 'noSecrets', passed: false, reason: { en: expect.stringMatching(/thanos-receive.*: .* holds what looks like a password, token or key/) } });
  expect(JSON.stringify(gate)).not.toMatch(/another|abc|user:pw/);
});

test.each<[string, PlannedStep]>([
  ['a variable that is none', patch({ path: `${ENV}/1/value`, old: 'info', new: 'debug' })],
  ['a variable that the object no longer has', patch({ path: `${ENV}/40/value`, old: 'on', new: 'off' })],
  ['a reference to a Secret', patch({ path: `${ENV}/0`, new: { name: 'S3_PASSWORD', valueFrom: { secretKeyRef: { name: 'thanos-objstore-secret', key: 'secretKey' } } } })],
  ['the file of a token', patch({ path: ENV, new: [{ name: 'TOKEN_FILE', value: '/var/run/token' }] })],
  ['an eviction', { id: 'e', action: 'evict', object, reason }],
])('%s: nothing to refuse', async (_, step) => {
  expect(await secretGate(access, [step])).toBeUndefined();
});
