import { applyPatch } from 'rfc6902';
import { failure, type JsonObject, type ObjectReference } from '../../workflows/contracts';
import type { JsonPatchOperation, KubernetesGateway, KubernetesObject, LogQuery, NodePath, ObjectName, ObjectType, ProxyPath, WriteOptions } from '../../activities/kubernetes/gateway';

/**
 * A Kubernetes API without any controller: holds exactly what a test puts there, records every write, and fails where a
 * test says so. For a cluster that lives, there is the practice cluster.
 */
export class FakeKubernetes implements KubernetesGateway {
  objects: KubernetesObject[] = [];
  /** By pod, or `pod/previous`. */
  logTexts: Record<string, string> = {};
  /** Answers of programs, by `pod path`. */
  pages: Record<string, string | (() => string)> = {};
  /** "evict Pod monitoring/x": what was written for good, in order. */
  readonly writes: string[] = [];
  readonly dryRuns: string[] = [];
  /** Called before each call with "read Kind ns/name" and the like; may throw. */
  before: (call: string, dryRun: boolean) => void = () => undefined;
  /** Called after each write has been done for good; may throw, as when the answer is lost, or change objects, as controllers do. */
  after: (call: string) => void = () => undefined;
  private version = 100;

  async read(object: ObjectName): Promise<KubernetesObject | undefined> {
    this.before(`read ${nameOf(object)}`, false);
    return structuredClone(this.find(object));
  }

  async list(type: ObjectType, namespace: string, labels: Record<string, string> = {}): Promise<KubernetesObject[]> {
    this.before(`list ${type.kind} ${namespace}`, false);
    const matches = (object: KubernetesObject) => Object.entries(labels).every(([key, value]) => (object.metadata['labels'] as JsonObject | undefined)?.[key] === value);
    return structuredClone(this.objects.filter((object) => object.apiVersion === type.apiVersion && object.kind === type.kind && object.metadata.namespace === namespace && matches(object)));
  }

  async logs({ namespace, pod, previous }: LogQuery): Promise<string> {
    this.before(`logs Pod ${namespace}/${pod}`, false);
    return this.logTexts[previous ? `${pod}/previous` : pod] ?? '';
  }

  async proxyGet(target: ProxyPath | NodePath): Promise<string> {
    const { name, path } = target;
    this.before(`get ${'namespace' in target ? target.namespace : 'Node'}/${name} ${path}`, false);
    return this.page(name, path);
  }

  async proxyPost({ namespace, name, path }: ProxyPath): Promise<string> {
    return this.write(`post ${namespace}/${name} ${path}`, { dryRun: false }, () => '');
  }

  async evict(pod: ObjectReference, options: WriteOptions): Promise<void> {
    this.write(`evict ${nameOf(pod)}`, options, () => this.drop(pod, options));
  }

  async remove(object: ObjectReference, options: WriteOptions): Promise<void> {
    this.write(`delete ${nameOf(object)}`, options, () => this.drop(object, options));
  }

  async patch(object: ObjectName, operations: JsonPatchOperation[], options: WriteOptions): Promise<KubernetesObject> {
    return this.write(`patch ${nameOf(object)}`, options, () => {
      const index = this.objects.findIndex((candidate) => isNamed(candidate, object));
      if (index < 0) throw failure('TargetNotFound', `${nameOf(object)} not found`);
      const changed = structuredClone(this.objects[index]!);
      if (applyPatch(changed, operations).some((fault) => fault !== null)) throw failure('Conflict', `${nameOf(object)}: a test failed`);
      changed.metadata.resourceVersion = String((this.version += 1));
      if (!options.dryRun) this.objects[index] = changed;
      return structuredClone(changed);
    });
  }

  async create(manifest: KubernetesObject, options: WriteOptions): Promise<KubernetesObject> {
    const name = { ...manifest, namespace: manifest.metadata.namespace ?? '', name: manifest.metadata.name };
    return this.write(`create ${nameOf(name)}`, options, () => {
      if (this.find(name)) throw failure('Conflict', `${nameOf(name)} exists`);
      const created = structuredClone(manifest);
      Object.assign(created.metadata, { uid: `uid-${manifest.metadata.name}-new`, resourceVersion: String((this.version += 1)), managedFields: [{ manager: 'nightshift', operation: 'Update' }] });
      if (!options.dryRun) this.objects.push(created);
      return structuredClone(created);
    });
  }

  find(object: { kind: string; namespace: string; name: string }): KubernetesObject | undefined {
    return this.objects.find((candidate) => isNamed(candidate, object));
  }

  /** Puts objects there, in place of those of the same name. */
  put(...objects: KubernetesObject[]): void {
    for (const object of objects) {
      const name = { kind: object.kind, namespace: object.metadata.namespace ?? '', name: object.metadata.name };
      this.objects = [...this.objects.filter((candidate) => !isNamed(candidate, name)), object];
    }
  }

  private page(name: string, path: string): string {
    const page = this.pages[`${name} ${path}`];
    if (page === undefined) throw failure('UpstreamUnavailable', `nothing answers ${path} on ${name}`);
    return typeof page === 'string' ? page : page();
  }

  private write<T>(call: string, { dryRun }: WriteOptions, change: () => T): T {
    this.before(call, dryRun);
    const result = change();
    (dryRun ? this.dryRuns : this.writes).push(call);
    if (!dryRun) this.after(call);
    return result;
  }

  private drop(object: ObjectReference, { dryRun }: WriteOptions): void {
    const found = this.find(object);
    if (!found) throw failure('TargetNotFound', `${nameOf(object)} not found`);
    if (object.uid !== undefined && found.metadata.uid !== object.uid) throw failure('Conflict', `${nameOf(object)} has another UID`);
    if (!dryRun) this.objects = this.objects.filter((candidate) => candidate !== found);
  }
}

function isNamed(object: KubernetesObject, { kind, namespace, name }: { kind: string; namespace: string; name: string }): boolean {
  return object.kind === kind && object.metadata.name === name && (object.metadata.namespace ?? '') === namespace;
}

function nameOf({ kind, namespace, name }: { kind: string; namespace: string; name: string }): string {
  return `${kind} ${namespace}/${name}`;
}
