import { applyPatch } from 'rfc6902';
import { isDeepStrictEqual } from 'node:util';
import { failure, type JsonObject, type ObjectReference } from '../../workflows/contracts';
import { statusFailure } from '../http-failures';
import type { JsonPatchOperation, KubernetesGateway, KubernetesObject, LogQuery, NodePath, ObjectName, ObjectType, ProxyPath, WriteOptions } from '../kubernetes/gateway';
import { budgetRefusal, immutableFault } from './admission';
import { visibleObjects } from './derived';
import { nextVersion } from './identity';
import { labelsOf, numberAt, ownerUid, sameObject } from './objects';
import { answerKubelet, resized } from './kubelet';
import { answerProxy, loadConfigurations } from './programs';
import { admit, bindClaims, recordRevision } from './pipeline';
import { addMissingPods, replacePod, resizedPod, settle } from './pods';
import { rollOut, rollOutStatefulSet } from './rollouts';
import { lookAtScene } from './scene';
import type { AuditEntry, PracticeState } from './state';
import type { StateFile } from './state-file';

/** The most of a log that is answered, as the API server is asked for. */
const LOG_LIMIT = 256 * 1024;
/** What controllers derive is computed once for so long, in milliseconds: one probe reads many objects of one moment. */
const MOMENT_MS = 50;

type Change = { result: KubernetesObject | undefined; verb: AuditEntry['verb']; object: KubernetesObject; paths?: string[] };

/**
 * The Kubernetes API of the practice cluster. Honest where Nightshift relies on it: UID preconditions, JSON Patch with
 * `test`, dry runs that keep nothing, disruption budgets, fields that cannot change.
 */
export class PracticeGateway implements KubernetesGateway {
  private seen: { state: PracticeState; moment: number; objects: KubernetesObject[] } | undefined;

  constructor(
    private readonly file: StateFile,
    private readonly now: () => Date,
  ) {}

  async read(object: ObjectName): Promise<KubernetesObject | undefined> {
    return structuredClone(this.visible().find((candidate) => isNamed(candidate, object)));
  }

  async list(type: ObjectType, namespace: string, labels: Record<string, string> = {}): Promise<KubernetesObject[]> {
    const wanted = Object.entries(labels);
    const found = this.visible().filter((object) => object.kind === type.kind && object.apiVersion === type.apiVersion && object.metadata.namespace === namespace);
    return structuredClone(found.filter((object) => wanted.every(([key, value]) => labelsOf(object)[key] === value)));
  }

  async logs({ namespace, pod, previous = false, tailLines }: LogQuery): Promise<string> {
    const found = this.visible().find((object) => isNamed(object, { apiVersion: 'v1', kind: 'Pod', namespace, name: pod }));
    if (!found) throw refused(404, `the log of Pod ${namespace}/${pod}`, `pods "${pod}" not found`);
    const { logs } = this.file.read();
    const lines = logs.filter((log) => log.podUid === found.metadata.uid && log.previous === previous).flatMap((log) => log.lines);
    const shown = tailLines === undefined ? lines : lines.slice(-tailLines);
    return shown.length === 0 ? '' : `${shown.join('\n')}\n`.slice(-LOG_LIMIT);
  }

  async proxyGet(target: ProxyPath | NodePath): Promise<string> {
    if (target.resource === 'nodes') return answerKubelet(this.visible(), target);
    return answerProxy(this.visible(), target, 'GET', this.file.read().loaded);
  }

  async proxyPost(target: ProxyPath): Promise<string> {
    const answer = answerProxy(this.visible(), target, 'POST', {});
    this.change({ dryRun: false }, (state) => {
      loadConfigurations(state);
      const pod = visibleObjects(state, this.now()).find((object) => sameObject(object, { kind: 'Pod', name: target.name, namespace: target.namespace }));
      return { result: undefined, verb: 'post', object: pod!, paths: [target.path] };
    });
    return answer;
  }

  async evict(pod: ObjectReference, options: WriteOptions): Promise<void> {
    this.change(options, (state) => {
      const found = this.existing(state, pod, 'evict');
      const refusal = budgetRefusal(visibleObjects(state, this.now()), found);
      if (refusal) throw refused(429, `evict Pod ${pod.namespace}/${pod.name}`, refusal);
      this.replace(state, found);
      return { result: undefined, verb: 'evict', object: found };
    });
  }

  async remove(object: ObjectReference, options: WriteOptions): Promise<void> {
    this.change(options, (state) => {
      const found = this.existing(state, object, 'delete');
      if (found.kind === 'Pod') this.replace(state, found);
      else state.objects = state.objects.filter((candidate) => candidate !== found);
      return { result: undefined, verb: 'delete', object: found };
    });
  }

  async patch(object: ObjectName, operations: JsonPatchOperation[], options: WriteOptions): Promise<KubernetesObject> {
    const request = `patch ${object.kind} ${object.namespace}/${object.name}`;
    const patched = this.change(options, (state) => {
      const index = state.objects.findIndex((candidate) => isNamed(candidate, object));
      const before = state.objects[index];
      if (!before) throw refused(404, request, 'not found');
      const after = patchedObject(before, operations, request);
      if (isDeepStrictEqual(before, after)) return { result: before, verb: 'patch', object: before, paths: pathsOf(operations) };
      const accepted = this.accept(state, before, after);
      // Controllers may have taken pods away meanwhile: places in the list have changed.
      state.objects[state.objects.indexOf(before)] = accepted;
      return { result: accepted, verb: 'patch', object: accepted, paths: pathsOf(operations) };
    });
    return structuredClone(patched!);
  }

  async create(manifest: KubernetesObject, options: WriteOptions): Promise<KubernetesObject> {
    const { kind, metadata } = manifest;
    const created = this.change(options, (state) => {
      if (state.objects.some((object) => isNamed(object, { ...manifest, name: metadata.name, namespace: metadata.namespace ?? '' }))) {
        throw refused(409, `create ${kind} ${metadata.namespace}/${metadata.name}`, `"${metadata.name}" already exists`);
      }
      const object = admit(state, manifest, this.now().toISOString());
      return { result: object, verb: 'create', object };
    });
    return structuredClone(created!);
  }

  /** What the API server and the StatefulSet controller do with a changed object. */
  private accept(state: PracticeState, before: KubernetesObject, after: KubernetesObject): KubernetesObject {
    const now = this.now().toISOString();
    const specChanged = !isDeepStrictEqual(before['spec'], after['spec']);
    const metadata = { ...after.metadata, resourceVersion: nextVersion(state), ...(specChanged && { generation: numberAt(before, 'metadata', 'generation') + 1 }) };
    const accepted: KubernetesObject = { ...after, metadata };
    if (accepted.kind === 'PersistentVolumeClaim') return resized(accepted);
    if (accepted.kind === 'StatefulSet' && specChanged) accepted['status'] = { ...(after['status'] as JsonObject), updateRevision: recordRevision(state, accepted, now) };
    if (accepted.kind === 'Pod' && specChanged) return resizedPod(accepted, now);
    if (accepted.kind === 'StatefulSet' && specChanged) rollOutStatefulSet(state, accepted, this.now());
    if (accepted.kind === 'StatefulSet') addMissingPods(state, accepted, this.now());
    if (specChanged && (accepted.kind === 'Deployment' || accepted.kind === 'DaemonSet')) rollOut(state, accepted, this.now());
    return accepted;
  }

  /** The controller makes what the new pod mounts, where it has gone. */
  private replace(state: PracticeState, pod: KubernetesObject): void {
    replacePod(state, pod, this.now());
    const set = state.objects.find((object) => object.kind === 'StatefulSet' && object.metadata.uid === ownerUid(pod));
    if (set) bindClaims(state, set, pod.metadata.name, this.now().toISOString());
  }

  private existing(state: PracticeState, object: ObjectReference, verb: string): KubernetesObject {
    const request = `${verb} ${object.kind} ${object.namespace}/${object.name}`;
    const found = [...state.objects, ...state.births.map(({ pod }) => pod)].find((candidate) => isNamed(candidate, object));
    if (!found) throw refused(404, request, `"${object.name}" not found`);
    if (object.uid !== undefined && found.metadata.uid !== object.uid) throw refused(409, request, `the UID in the precondition (${object.uid}) does not match the UID of the object (${found.metadata.uid})`);
    return found;
  }

  private visible(): KubernetesObject[] {
    const state = this.file.read();
    const moment = Math.floor(this.now().getTime() / MOMENT_MS);
    if (this.seen?.state !== state || this.seen.moment !== moment) this.seen = { state, moment, objects: visibleObjects(state, this.now()) };
    return this.seen.objects;
  }

  private change({ dryRun }: WriteOptions, work: (state: PracticeState) => Change): KubernetesObject | undefined {
    if (dryRun) {
      const copy = structuredClone(this.file.read());
      settle(copy, this.now());
      return work(copy).result;
    }
    return this.file.change((state) => {
      settle(state, this.now());
      const { result, verb, object, paths } = work(state);
      lookAtScene(state, this.now());
      const { name, namespace = '', uid } = object.metadata;
      const scene = state.scene && `${state.scene.runbook}/${state.scene.example}`;
      return {
        result,
        audit: { at: this.now().toISOString(), verb, object: { apiVersion: object.apiVersion, kind: object.kind, namespace, name, ...(uid !== undefined && { uid }) }, ...(scene && { scene }), ...(paths && { paths }) },
      };
    });
  }
}

function pathsOf(operations: readonly JsonPatchOperation[]): string[] {
  return operations.filter(({ op }) => op !== 'test').map(({ path }) => path);
}

function patchedObject(before: KubernetesObject, operations: JsonPatchOperation[], request: string): KubernetesObject {
  // The library takes plain JSON only; structuredClone may make lists of another realm, which it would mistake.
  const draft = throughJson(before);
  const faults = applyPatch(draft, throughJson(operations));
  const operation = operations[faults.findIndex((fault) => fault !== null)];
  if (operation) throw failure('Conflict', `The practice cluster refused to ${request}: ${operation.path} is no longer as it was when the change was planned (${operation.op}); it is read again and compared with the plan`);
  const after = structuredClone(draft);
  const immutable = immutableFault(before, after);
  if (immutable) throw refused(422, request, immutable);
  return after;
}

function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function isNamed(object: KubernetesObject, wanted: ObjectName): boolean {
  return object.apiVersion === wanted.apiVersion && sameObject(object, wanted);
}

function refused(status: number, request: string, reason: string): Error {
  return statusFailure(status, { system: 'the practice cluster', request }, { reason });
}
