/**
 * Executes one step, level-based: what holds already is `unchanged`, so a step whose answer was lost (a killed worker, a
 * broken connection) is not done twice.
 */
import { failure, failureTypeOf, type ObjectReference, type PlannedStep, type StepResult } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import { changesTowards, standingOf, toJsonPatch } from './changes';
import type { KubernetesObject } from './gateway';
import { uidIfOurs, uidOf } from './made-here';
import { fillSecret, keepSecret } from './secret-steps';

export interface StepContext {
  access: ClusterAccess;
  dryRun: boolean;
  /** Of what an undo removes: the UID that it had when the plan made it. */
  createdUid?: string;
  /** For `reload` steps; absent where a remedy makes none. */
  hasReloaded?: (step: PlannedStep) => Promise<boolean>;
}

type Of<Action extends PlannedStep['action']> = Extract<PlannedStep, { action: Action }>;
type Outcome = Pick<StepResult, 'result' | 'detail' | 'resourceVersion' | 'uid'>;

/** A node brings a changed ConfigMap to its pods within about two minutes; asked again after this, in milliseconds. */
const RELOAD_POLL_MS = 3_000;
/** Somebody else may write at the same time: looked at and tried again this often, then left to the workflow. */
const ATTEMPTS = 3;

/** @throws TargetNotFound, Conflict (the object is no longer as planned), NotYetConverged (reload), and the gateway's. */
export async function executeStep(context: StepContext, step: PlannedStep): Promise<StepResult> {
  const outcome = await run(context, step);
  return { step: step.id, object: step.object, at: context.access.clock.now().toISOString(), ...outcome };
}

function run(context: StepContext, step: PlannedStep): Promise<Outcome> {
  switch (step.action) {
    case 'evict':
    case 'delete':
      return remove(context, step);
    case 'patch':
      return patch(context, step);
    case 'create':
      return create(context, step);
    case 'reload':
      return reload(context, step);
    case 'keepSecret':
      return keepSecret(context.access, step, context);
    case 'fillSecret':
      return fillSecret(context.access, step, context);
  }
}

async function remove(context: StepContext, step: Of<'evict' | 'delete'>): Promise<Outcome> {
  const { kubernetes } = context.access;
  const live = await kubernetes.read(step.object);
  const name = named(step.object);
  // A plan cannot know the UID of what it will make: the step that made it said so. Where its answer is not known, the remedy has judged what is there.
  const uid = step.object.uid ?? context.createdUid ?? live?.metadata.uid;
  if (!live || live.metadata.uid !== uid) return { result: 'unchanged', detail: `${name} had gone already` };
  if (live.metadata['deletionTimestamp'] !== undefined) return { result: 'unchanged', detail: `${name} was being removed already` };
  const exactly = { ...step.object, ...(uid && { uid }) };
  try {
    await (step.action === 'evict' ? kubernetes.evict(exactly, context) : kubernetes.remove(exactly, context));
  } catch (error) {
    const type = failureTypeOf(error);
    // Between reading and writing it went, or another took its name: nothing is left to remove.
    if (type === 'TargetNotFound' || (type === 'Conflict' && (await kubernetes.read(step.object))?.metadata.uid !== uid)) {
      return { result: 'unchanged', detail: `${name} had gone already` };
    }
    throw error;
  }
  return {
    result: step.action === 'evict' ? 'evicted' : 'deleted',
    detail: `${name} (uid ${uid ?? 'unknown'}) has been ${step.action === 'evict' ? 'evicted' : 'deleted'}`,
    resourceVersion: versions(live, undefined),
  };
}

async function patch(context: StepContext, step: Of<'patch'>): Promise<Outcome> {
  const name = named(step.object);
  for (let attempt = 1; ; attempt += 1) {
    const live = await context.access.kubernetes.read(step.object);
    if (!live) throw failure('TargetNotFound', `${name} has gone since the plan was made; plan again`);
    if (step.object.uid && live.metadata.uid !== step.object.uid) throw failure('Conflict', `${name} is another object than the one that was planned for; plan again`);
    const standing = standingOf(live, step.changes);
    if (standing === 'done') return { result: 'unchanged', detail: `${name} was so already`, resourceVersion: versions(live, live) };
    if (standing !== 'as planned') throw failure('Conflict', `${name} is no longer as it was planned for (${standing.differs}); plan again`);
    try {
      const after = await context.access.kubernetes.patch(step.object, toJsonPatch(step.changes, step.object.uid), context);
      return { result: 'patched', detail: `${name} has been patched at ${step.changes.map(({ path }) => path).join(', ')}`, resourceVersion: versions(live, after) };
    } catch (error) {
      if (failureTypeOf(error) !== 'Conflict' || attempt === ATTEMPTS) throw error;
    }
  }
}

async function create(context: StepContext, step: Of<'create'>): Promise<Outcome> {
  const name = named(step.object);
  const manifest = step.manifest as KubernetesObject;
  const existing = await context.access.kubernetes.read(step.object);
  if (existing) return alreadyThere(name, manifest, existing);
  try {
    const after = await context.access.kubernetes.create(manifest, context);
    return { result: 'created', detail: `${name} has been created`, resourceVersion: versions(undefined, after), ...uidOf(after) };
  } catch (error) {
    if (failureTypeOf(error) !== 'Conflict') throw error;
    const other = await context.access.kubernetes.read(step.object);
    if (!other) throw error;
    return alreadyThere(name, manifest, other);
  }
}

function alreadyThere(name: string, manifest: KubernetesObject, existing: KubernetesObject): Outcome {
  const [difference] = changesTowards(manifest, existing);
  if (difference) throw failure('Conflict', `${name} has been made by somebody else meanwhile, and differently (${difference.path}); plan again`);
  return { result: 'unchanged', detail: `${name} was there already, as planned`, resourceVersion: versions(existing, existing), ...uidIfOurs(existing) };
}

/** A dry run of a reload asks only whether the pod is there: a program has no such thing. */
async function reload(context: StepContext, step: Of<'reload'>): Promise<Outcome> {
  const { kubernetes } = context.access;
  const name = named(step.object);
  const live = await kubernetes.read(step.object);
  if (!live || live.metadata.uid !== step.object.uid) return { result: 'unchanged', detail: `${name} has been replaced; its successor read the file at its start` };
  const hasReloaded = () => context.hasReloaded?.(step) ?? Promise.resolve(false);
  if (await hasReloaded()) return { result: 'unchanged', detail: `${name} runs with the new configuration already` };
  if (context.dryRun) return { result: 'reloaded', detail: `${name} is there to be asked` };
  await kubernetes.proxyPost({ namespace: step.object.namespace, resource: 'pods', name: step.object.name, port: step.port, path: step.path });
  if (await hasReloaded()) return { result: 'reloaded', detail: `${name} has read its configuration again and runs with it` };
  throw failure('NotYetConverged', `${name} was asked to reload and does not have the new file yet: its node brings it within about two minutes`, { nextRetryMs: RELOAD_POLL_MS });
}

function named({ kind, namespace, name }: ObjectReference): string {
  return `${kind} ${namespace}/${name}`;
}

function versions(before: KubernetesObject | undefined, after: KubernetesObject | undefined): { before?: string; after?: string } {
  const [from, to] = [before?.metadata.resourceVersion, after?.metadata.resourceVersion];
  return { ...(from && { before: from }), ...(to && { after: to }) };
}
