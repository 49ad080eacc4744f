/** What is asked of the Kubernetes API, and how its answers are understood; knows no client library. */
import { failure, type JsonObject, type ObjectReference } from '../../workflows/contracts';
import { notUnderstood, statusFailure, type Asked } from '../http-failures';
import type { Answer } from './api-server';
import {
  FIELD_MANAGER, type JsonPatchOperation, type KubernetesGateway, type KubernetesObject, type LogQuery, type NodePath, type ObjectName, type ObjectType,
  type ProxyPath, type WriteOptions,
} from './gateway';
import { labelSelector, segment } from './names';

export interface Call {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  contentType?: string;
  accept?: string;
  /** The end of the answer is what matters, and enough of it. */
  log?: boolean;
}

/** The way to one API server: addresses, credentials, TLS. */
export interface ApiConnection {
  /** "The Kubernetes API of cluster-03". */
  readonly system: string;
  /** @throws TargetNotFound when the cluster knows no such kind. */
  pathOf(object: Partial<ObjectName> & ObjectType, action: 'read' | 'list' | 'create'): Promise<string>;
  /** Any status is an answer. @throws what `exchange` throws, and NotAuthorized when there are no credentials. */
  send(call: Call, asked: Asked): Promise<Answer>;
  /** Credentials of this connection, to be kept out of failures. */
  secrets(): string[];
}

/** Enough lines for 256 KiB. */
const LOG_LINES = 5_000;
const PAGE_SIZE = 500;
/** More objects than this in one namespace are not the pipeline that we know. */
const MOST_OBJECTS = 5_000;
/** A 400 for a log says that the container waits to start, or that there is no previous one: it has not logged. */
const NOTHING_LOGGED = /waiting to start|previous terminated container|not (yet )?available|ContainerCreating|PodInitializing/i;
/**
 * How the API server says, with 422, that a `test` of a JSON Patch does not hold or that its path is gone. Kubernetes 1.37
 * has one sentence for every patch that cannot be applied (measured); other versions repeat the patch library's words. An
 * object that would be invalid is another sentence: `Service "x" is invalid: …`.
 */
const TEST_FAILED = /^the server rejected our request due to an error in our request|test(ing)?\b.*failed|doc is missing|missing (key|value)|does not apply/i;

export class RestGateway implements KubernetesGateway {
  constructor(private readonly api: ApiConnection) {}

  async read(object: ObjectName): Promise<KubernetesObject | undefined> {
    const request = `GET ${named(object)}`;
    const answer = await this.send({ method: 'GET', path: await this.api.pathOf(object, 'read') }, request);
    if (answer.status === 404 && statusOf(answer.text)) return undefined;
    return this.parse(answer, request, object.kind) as KubernetesObject;
  }

  async list(type: ObjectType, namespace: string, labels?: Record<string, string>): Promise<KubernetesObject[]> {
    const path = await this.api.pathOf({ ...type, namespace }, 'list');
    const request = `LIST ${type.kind} in ${namespace}`;
    const selector = labelSelector(labels ?? {});
    const found: KubernetesObject[] = [];
    let next: string | undefined;
    do {
      const query = { limit: String(PAGE_SIZE), ...(selector && { labelSelector: selector }), ...(next && { continue: next }) };
      const page = (await this.json({ method: 'GET', path, query }, request)) as { items?: KubernetesObject[]; metadata?: { continue?: string } };
      if (!Array.isArray(page.items)) throw notUnderstood(this.asked(request), 'it is no list of objects');
      // Items of a list leave out what the list says once.
      found.push(...page.items.map((item) => ({ ...item, apiVersion: type.apiVersion, kind: type.kind })));
      next = page.metadata?.continue;
      if (found.length > MOST_OBJECTS) throw notUnderstood(this.asked(request), `there are more than ${MOST_OBJECTS}`);
    } while (next);
    return found;
  }

  async logs({ namespace, pod, container, previous, sinceSeconds, tailLines }: LogQuery): Promise<string> {
    const query = {
      tailLines: String(tailLines ?? LOG_LINES),
      ...(container && { container }),
      ...(previous && { previous: 'true' }),
      ...(sinceSeconds !== undefined && { sinceSeconds: String(Math.max(1, Math.ceil(sinceSeconds))) }),
    };
    const request = `the log of Pod ${namespace}/${pod}`;
    const answer = await this.send({ method: 'GET', path: `${podPath(namespace, pod)}/log`, query, accept: '*/*', log: true }, request);
    return answer.status === 400 && NOTHING_LOGGED.test(answer.text) ? '' : this.text(answer, request);
  }

  async proxyGet(target: ProxyPath | NodePath): Promise<string> {
    if (target.resource === 'nodes') {
      const { name, path } = target;
      const request = `GET ${path} of the kubelet of Node ${name}`;
      return this.text(await this.send({ method: 'GET', path: `/api/v1/nodes/${encodeURIComponent(name)}/proxy/${path.replace(/^\/+/, '')}`, accept: '*/*' }, request), request);
    }
    return this.proxy('GET', target);
  }

  async proxyPost(target: ProxyPath): Promise<string> {
    return this.proxy('POST', target);
  }

  async evict(pod: ObjectReference, { dryRun }: WriteOptions): Promise<void> {
    const { namespace, name, uid } = pod;
    const deleteOptions = { ...(uid && { preconditions: { uid } }), ...(dryRun && { dryRun: ['All'] }) };
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, deleteOptions };
    await this.json({ method: 'POST', path: `${podPath(namespace, name)}/eviction`, body }, `EVICT Pod ${namespace}/${name}`);
  }

  async remove(object: ObjectReference, { dryRun }: WriteOptions): Promise<void> {
    const path = await this.api.pathOf(object, 'read');
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...(object.uid && { preconditions: { uid: object.uid } }), ...(dryRun && { dryRun: ['All'] }) };
    await this.json({ method: 'DELETE', path, body }, `DELETE ${named(object)}`);
  }

  async patch(object: ObjectName, operations: JsonPatchOperation[], { dryRun }: WriteOptions): Promise<KubernetesObject> {
    const request = `PATCH ${named(object)}`;
    const path = `${await this.api.pathOf(object, 'read')}${isResize(object, operations) ? '/resize' : ''}`;
    const answer = await this.send({ method: 'PATCH', path, query: written(dryRun), body: operations, contentType: 'application/json-patch+json' }, request);
    if (answer.status === 422 && TEST_FAILED.test(statusOf(answer.text)?.message ?? '')) {
      throw failure('Conflict', `${named(object)} is no longer as it was when this patch was planned; it is read again and compared with the plan`);
    }
    return this.parse(answer, request, object.kind) as KubernetesObject;
  }

  async create(manifest: KubernetesObject, { dryRun }: WriteOptions): Promise<KubernetesObject> {
    const { apiVersion, kind, metadata } = manifest;
    const name: ObjectName = { apiVersion, kind, namespace: metadata.namespace ?? 'default', name: metadata.name };
    const request = `CREATE ${named(name)}`;
    const path = await this.api.pathOf(name, 'create');
    const answer = await this.send({ method: 'POST', path, query: written(dryRun), body: manifest }, request);
    return this.parse(answer, request, kind) as KubernetesObject;
  }

  private async proxy(method: 'GET' | 'POST', { namespace, resource, name, port, path }: ProxyPath): Promise<string> {
    const [route = '', query = ''] = path.split('?', 2);
    const request = `${method} ${route} of ${resource === 'pods' ? 'Pod' : 'Service'} ${namespace}/${name}:${port}`;
    const proxied = `/api/v1/namespaces/${segment(namespace)}/${resource}/${segment(name)}:${port}/proxy/${route.replace(/^\/+/, '')}`;
    return this.text(await this.send({ method, path: proxied, query: Object.fromEntries(new URLSearchParams(query)), accept: '*/*' }, request), request);
  }

  private send(call: Call, request: string): Promise<Answer> {
    return this.api.send(call, this.asked(request));
  }

  private async json(call: Call, request: string): Promise<JsonObject> {
    return this.parse(await this.send(call, request), request);
  }

  private parse(answer: Answer, request: string, kind?: string): JsonObject {
    return parseObject(this.text(answer, request, kind), this.asked(request));
  }

  /** The text of a 2xx answer. Of any other only the API server's own Status message is kept, and nothing of a Secret's. */
  private text(answer: Answer, request: string, kind?: string): string {
    if (answer.status >= 200 && answer.status < 300) return answer.text;
    const plain = /^text\/plain/.test(answer.headers['content-type'] ?? '') ? answer.text : undefined;
    const reason = kind === 'Secret' ? undefined : (statusOf(answer.text)?.message ?? plain);
    throw statusFailure(answer.status, this.asked(request), { ...(reason && { reason }), retryAfter: answer.headers['retry-after'], secrets: this.api.secrets() });
  }

  private asked(request: string): Asked {
    return { system: this.api.system, request };
  }
}

/** @throws UpstreamRejected when it is anything but a JSON object. */
export function parseObject(text: string, asked: Asked): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw notUnderstood(asked, 'it is no JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw notUnderstood(asked, 'it is no JSON object');
  return parsed as JsonObject;
}

function named({ kind, namespace, name }: { kind: string; namespace: string; name: string }): string {
  return `${kind} ${namespace}/${name}`;
}

function podPath(namespace: string, name: string): string {
  return `/api/v1/namespaces/${segment(namespace)}/pods/${segment(name)}`;
}

function written(dryRun: boolean): Record<string, string> {
  return { fieldManager: FIELD_MANAGER, ...(dryRun && { dryRun: 'All' }) };
}

/** The API server's Status object; `undefined` for anything else, a proxied program's answer above all. */
function statusOf(text: string): { message?: string } | undefined {
  try {
    const parsed = JSON.parse(text) as { kind?: unknown; message?: unknown } | null;
    return parsed?.kind === 'Status' ? { ...(typeof parsed.message === 'string' && { message: parsed.message }) } : undefined;
  } catch {
    return undefined;
  }
}

/** A pod's resources change through a subresource of their own only (Kubernetes 1.33 and later). */
function isResize({ kind }: ObjectName, operations: readonly JsonPatchOperation[]): boolean {
  const changed = operations.filter(({ op }) => op !== 'test');
  return kind === 'Pod' && changed.length > 0 && changed.every(({ path }) => /^\/spec\/containers\/\d+\/resources\//.test(path));
}
