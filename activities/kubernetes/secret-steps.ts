/** Carries out the steps that move secret values: they are read here, written here, and returned to nobody. */
import { failure, type PlannedStep, type StepResult } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import type { JsonPatchOperation, KubernetesObject, ObjectName, WriteOptions } from './gateway';
import { uidIfOurs, uidOf } from './made-here';
import { copyManifest, digestsOf, isCopy, secretData, standingOfKeys, valuesFor, type SecretData } from './secrets';

type Of<Action extends PlannedStep['action']> = Extract<PlannedStep, { action: Action }>;
type Outcome = Pick<StepResult, 'result' | 'detail' | 'resourceVersion' | 'uid'>;

/** @throws Conflict when the original is no longer as planned, or a Secret that is not ours has the copy's name. */
export async function keepSecret(access: ClusterAccess, step: Of<'keepSecret'>, options: WriteOptions): Promise<Outcome> {
  const { namespace, name } = step.object;
  const original: ObjectName = { ...step.object, name: step.copyOf.name };
  const [existing, source] = await Promise.all([access.kubernetes.read(step.object), access.kubernetes.read(original)]);
  if (existing && !isCopy(existing)) throw failure('Conflict', `The Secret ${namespace}/${name} was not made by Nightshift and is not overwritten: rename or remove it, then plan again`);
  // The place in the digest is the original's: the copy holds its values.
  if (existing && standingOfKeys(digestsOf(access, original, secretData(existing)), step.keys) === 'done') {
    return { result: 'unchanged', detail: `Secret ${namespace}/${name} holds the values already`, resourceVersion: versions(existing, existing) };
  }
  if (!source || source.metadata.uid !== step.copyOf.uid) throw failure('Conflict', `The Secret ${namespace}/${original.name} is another object than the one that was planned for; plan again`);
  valuesFor(access, original, secretData(source), step.keys, `Secret ${namespace}/${original.name}`);
  const manifest = copyManifest(name, source);
  if (!existing) {
    const made = await access.kubernetes.create(manifest, options);
    return { result: 'created', detail: `Secret ${namespace}/${name} has been created: it keeps what ${original.name} held before`, resourceVersion: versions(undefined, made) };
  }
  const operations: JsonPatchOperation[] = [sameObject(existing), { op: 'add', path: '/data', value: manifest['data'] }];
  const after = await access.kubernetes.patch(step.object, operations, options);
  return { result: 'patched', detail: `Secret ${namespace}/${name} has been patched: it keeps what ${original.name} held before`, resourceVersion: versions(existing, after) };
}

/** @throws Conflict when the Secret, or where its values come from, is no longer as planned. */
export async function fillSecret(access: ClusterAccess, step: Of<'fillSecret'>, options: WriteOptions): Promise<Outcome> {
  const { namespace, name, uid } = step.object;
  const live = await access.kubernetes.read(step.object);
  const what = `Secret ${namespace}/${name}`;
  if (!live) return make(access, step, options);
  if (uid !== undefined && live.metadata.uid !== uid) throw failure('Conflict', `${what} is another object than the one that was planned for; plan again`);
  const standing = standingOfKeys(digestsOf(access, step.object, secretData(live)), step.keys);
  if (standing === 'done') return { result: 'unchanged', detail: `${what} held these values already`, resourceVersion: versions(live, live), ...(uid === undefined && uidIfOurs(live)) };
  if (standing !== 'as planned' || uid === undefined) throw failure('Conflict', `${what} is no longer as it was planned for${standing === 'as planned' ? '' : ` (${standing.differs})`}; plan again`);
  const values = await sourceOf(access, step);
  const after = await access.kubernetes.patch(step.object, operationsFor(live, step, values), options);
  return { result: 'patched', detail: `${what} has been patched at ${step.keys.map(({ key }) => key).join(', ')} (values are not shown)`, resourceVersion: versions(live, after) };
}

async function make(access: ClusterAccess, step: Of<'fillSecret'>, options: WriteOptions): Promise<Outcome> {
  const { apiVersion, namespace, name, uid } = step.object;
  if (uid !== undefined || step.from !== 'desiredState') throw failure('Conflict', `Secret ${namespace}/${name} has gone; plan again`);
  const values = await sourceOf(access, step);
  const made = await access.kubernetes.create({ apiVersion, kind: 'Secret', metadata: { name, namespace }, type: 'Opaque', data: { ...values } }, options);
  return { result: 'created', detail: `Secret ${namespace}/${name} has been created with ${Object.keys(values).join(', ')} (values are not shown)`, resourceVersion: versions(undefined, made), ...uidOf(made) };
}

async function sourceOf(access: ClusterAccess, step: Of<'fillSecret'>): Promise<SecretData> {
  const { from, object, keys } = step;
  if (from === 'desiredState') {
    const desired = await access.desiredState.find(object);
    if (!desired) throw failure('Conflict', `Nothing says any longer how Secret ${object.namespace}/${object.name} should be; plan again`);
    return valuesFor(access, object, secretData(desired.manifest), keys, desired.source);
  }
  const copy = await access.kubernetes.read({ ...object, name: from.copy });
  if (!copy || !isCopy(copy)) throw failure('Conflict', `The Secret ${object.namespace}/${from.copy}, which kept the values from before, has gone: they cannot be put back`);
  return valuesFor(access, object, secretData(copy), keys, `Secret ${object.namespace}/${from.copy}`);
}

/** The server compares the very values that were read: whoever writes in between wins, and the plan is made again. */
function operationsFor(live: KubernetesObject, { keys }: Of<'fillSecret'>, values: SecretData): JsonPatchOperation[] {
  const present = (live['data'] ?? {}) as Record<string, string>;
  const whole: JsonPatchOperation[] = live['data'] === undefined ? [{ op: 'add', path: '/data', value: {} }] : [];
  return [
    sameObject(live),
    ...whole,
    ...keys.flatMap(({ key }): JsonPatchOperation[] => {
      const path = `/data/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const before = present[key];
      const after = values[key];
      const test: JsonPatchOperation[] = before === undefined ? [] : [{ op: 'test', path, value: before }];
      if (after === undefined) return before === undefined ? [] : [...test, { op: 'remove', path }];
      return [...test, { op: before === undefined ? 'add' : 'replace', path, value: after }];
    }),
  ];
}

function sameObject({ metadata }: KubernetesObject): JsonPatchOperation {
  return { op: 'test', path: '/metadata/uid', value: metadata.uid };
}

function versions(before: KubernetesObject | undefined, after: KubernetesObject): { before?: string; after?: string } {
  const [from, to] = [before?.metadata.resourceVersion, after.metadata.resourceVersion];
  return { ...(from && { before: from }), ...(to && { after: to }) };
}
