/** The only file that imports the Kubernetes client: it gives us kubeconfigs, credentials, TLS and API discovery. */
import {
  createConfiguration,
  HttpMethod,
  KubeConfig,
  KubernetesObjectApi,
  ServerConfiguration,
  V1ObjectMeta,
  type RequestContext,
} from '@kubernetes/client-node';
import { failure, type JsonObject, type ObjectReference } from '../../workflows/contracts';
import { callSignal } from '../call-scope';
import { codeOf, notUnderstood, statusFailure, type Asked } from '../http-failures';
import { exchange, type Answer } from './api-server';
import {
  FIELD_MANAGER, type JsonPatchOperation, type KubernetesGateway, type KubernetesObject, type LogQuery, type ObjectName, type ObjectType,
  type ProxyPath, type WriteOptions,
} from './gateway';

/** Where the API server is and who we are there. */
export type KubernetesAccess = { kubeconfig: string; context?: string } | { inCluster: true };

export interface ClientNodeOptions {
  /** The most that one call may take, in milliseconds; a probe's own deadline may end it sooner. */
  callTimeoutMs?: number;
  /** The cluster's name, for failures. */
  cluster?: string;
}

/** An API server answers within a second; a pod behind the proxy may take longer. In milliseconds. */
const CALL_TIMEOUT_MS = 15_000;
/** The most that is read of one answer: a list of some hundred pods is about 4 MiB. */
const ANSWER_LIMIT = 16 * 1024 * 1024;
const LOG_LIMIT = 256 * 1024;
/** Enough lines for 256 KiB. */
const LOG_LINES = 5_000;
const PAGE_SIZE = 500;
/** More objects than this in one namespace are not the pipeline that we know. */
const MOST_OBJECTS = 5_000;

interface Call {
  method: HttpMethod;
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  contentType?: string;
  accept?: string;
  log?: boolean;
}

/** Gives access to the client's configuration and to its discovery of resource paths; answers stay plain JSON (the client's models drop what they do not know). */
class ObjectPaths extends KubernetesObjectApi {
  request: (method: HttpMethod, path: string) => Promise<unknown> = () => Promise.reject(new Error('not connected'));

  pathOf(object: Partial<ObjectName> & ObjectType, action: 'read' | 'list' | 'create'): Promise<string> {
    const { apiVersion, kind, name, namespace } = object;
    return this.specUriPath({ apiVersion, kind, metadata: Object.assign(new V1ObjectMeta(), { name, namespace }) }, action);
  }

  /** The client asks this for discovery only. */
  protected override async requestPromise<T>(context: RequestContext): Promise<T> {
    return (await this.request(context.getHttpMethod(), new URL(context.getUrl()).pathname)) as T;
  }
}

/** @throws InvalidInput when the kubeconfig cannot be used. */
export function clientNodeGateway(access: KubernetesAccess, options: ClientNodeOptions = {}): KubernetesGateway {
  const config = loadConfig(access);
  const server = config.getCurrentCluster()?.server;
  if (!server) throw failure('InvalidInput', 'The kubeconfig names no cluster for its current context; choose a context that has one');
  return new ClientNodeGateway(config, server.replace(/\/+$/, ''), options);
}

function loadConfig(access: KubernetesAccess): KubeConfig {
  const config = new KubeConfig();
  try {
    if ('inCluster' in access) config.loadFromCluster();
    else config.loadFromFile(access.kubeconfig);
  } catch (error) {
    const where = 'inCluster' in access ? 'the service account of this pod' : `the kubeconfig ${access.kubeconfig}`;
    throw failure('InvalidInput', `Cannot read ${where} (${codeOf(error)})`);
  }
  if ('context' in access && access.context !== undefined) {
    const known = config.getContexts().map((context) => context.name);
    if (!known.includes(access.context)) {
      throw failure('InvalidInput', `The kubeconfig ${access.kubeconfig} has no context ${access.context}; it has ${known.join(', ') || 'none'}`);
    }
    config.setCurrentContext(access.context);
  }
  return config;
}

class ClientNodeGateway implements KubernetesGateway {
  private readonly base: ServerConfiguration<Record<string, never>>;
  private readonly paths: ObjectPaths;
  private readonly timeoutMs: number;
  private readonly system: string;

  constructor(private readonly config: KubeConfig, server: string, options: ClientNodeOptions) {
    this.base = new ServerConfiguration(server, {});
    this.timeoutMs = options.callTimeoutMs ?? CALL_TIMEOUT_MS;
    this.system = options.cluster === undefined ? 'The Kubernetes API' : `The Kubernetes API of ${options.cluster}`;
    this.paths = new ObjectPaths(createConfiguration({ baseServer: this.base }));
    this.paths.request = (method, path) => this.json({ method, path }, `what ${path} offers`);
  }

  async read(object: ObjectName): Promise<KubernetesObject | undefined> {
    const path = await this.pathOf(object, 'read');
    const answer = await this.send({ method: HttpMethod.GET, path }, `GET ${named(object)}`);
    if (answer.status === 404 && isStatus(answer.text)) return undefined;
    return this.parse(answer, `GET ${named(object)}`, object.kind) as KubernetesObject;
  }

  async list(type: ObjectType, namespace: string, labels?: Record<string, string>): Promise<KubernetesObject[]> {
    const path = await this.pathOf({ ...type, namespace }, 'list');
    const request = `LIST ${type.kind} in ${namespace}`;
    const labelSelector = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`).join(',');
    const found: KubernetesObject[] = [];
    let next: string | undefined;
    do {
      const query = { limit: String(PAGE_SIZE), ...(labelSelector && { labelSelector }), ...(next && { continue: next }) };
      const page = (await this.json({ method: HttpMethod.GET, path, query }, request)) as { items?: KubernetesObject[]; metadata?: { continue?: string } };
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
    const answer = await this.send({ method: HttpMethod.GET, path: `${podPath(namespace, pod)}/log`, query, accept: '*/*', log: true }, request);
    // 400 says that the container waits to start, or that there is no previous one: it has not logged.
    if (answer.status === 400 && /waiting to start|previous terminated container|not (yet )?available|ContainerCreating|PodInitializing/i.test(answer.text)) return '';
    return this.text(answer, request);
  }

  async proxyGet(target: ProxyPath): Promise<string> {
    return this.proxy(HttpMethod.GET, target);
  }

  async proxyPost(target: ProxyPath): Promise<string> {
    return this.proxy(HttpMethod.POST, target);
  }

  async evict(pod: ObjectReference, { dryRun }: WriteOptions): Promise<void> {
    const { namespace, name, uid } = pod;
    const deleteOptions = { ...(uid && { preconditions: { uid } }), ...(dryRun && { dryRun: ['All'] }) };
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, deleteOptions };
    await this.json({ method: HttpMethod.POST, path: `${podPath(namespace, name)}/eviction`, body }, `EVICT Pod ${namespace}/${name}`);
  }

  async remove(object: ObjectReference, { dryRun }: WriteOptions): Promise<void> {
    const path = await this.pathOf(object, 'read');
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...(object.uid && { preconditions: { uid: object.uid } }), ...(dryRun && { dryRun: ['All'] }) };
    await this.json({ method: HttpMethod.DELETE, path, body }, `DELETE ${named(object)}`);
  }

  async patch(object: ObjectName, operations: JsonPatchOperation[], { dryRun }: WriteOptions): Promise<KubernetesObject> {
    const path = await this.pathOf(object, 'read');
    const request = `PATCH ${named(object)}`;
    const call = { method: HttpMethod.PATCH, path, query: written(dryRun), body: operations, contentType: 'application/json-patch+json' };
    const answer = await this.send(call, request);
    // The API server answers 422 when a `test` of a JSON Patch does not hold or its path is gone.
    if (answer.status === 422 && /test(ing)?\b.*failed|doc is missing|missing (key|value)|does not apply/i.test(statusOf(answer.text)?.message ?? '')) {
      throw failure('Conflict', `${named(object)} is no longer as it was when this patch was planned; it is read again and compared with the plan`);
    }
    return this.parse(answer, request, object.kind) as KubernetesObject;
  }

  async create(manifest: KubernetesObject, { dryRun }: WriteOptions): Promise<KubernetesObject> {
    const name: ObjectName = { ...manifest, namespace: manifest.metadata.namespace ?? 'default', name: manifest.metadata.name };
    const path = await this.pathOf(name, 'create');
    const request = `CREATE ${named(name)}`;
    const answer = await this.send({ method: HttpMethod.POST, path, query: written(dryRun), body: manifest }, request);
    return this.parse(answer, request, manifest.kind) as KubernetesObject;
  }

  private async proxy(method: HttpMethod, { namespace, resource, name, port, path }: ProxyPath): Promise<string> {
    const [route = '', query = ''] = path.split('?', 2);
    const request = `${method} ${route} of ${resource === 'pods' ? 'Pod' : 'Service'} ${namespace}/${name}:${port}`;
    const proxied = `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name)}:${port}/proxy/${route.replace(/^\/+/, '')}`;
    const parameters = Object.fromEntries(new URLSearchParams(query));
    return this.text(await this.send({ method, path: proxied, query: parameters, accept: '*/*' }, request), request);
  }

  private async pathOf(object: Partial<ObjectName> & ObjectType, action: 'read' | 'list' | 'create'): Promise<string> {
    try {
      return await this.paths.pathOf(object, action);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('Unrecognized API version and kind')) {
        throw failure('TargetNotFound', `This cluster has no ${object.kind} of ${object.apiVersion}; check apiVersion and kind in the configuration`);
      }
      throw error;
    }
  }

  private async json(call: Call, request: string): Promise<JsonObject> {
    return this.parse(await this.send(call, request), request);
  }

  private parse(answer: Answer, request: string, kind?: string): JsonObject {
    const text = this.text(answer, request, kind);
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      throw notUnderstood(this.asked(request), 'it is no JSON');
    }
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw notUnderstood(this.asked(request), 'it is no JSON object');
    return parsed as JsonObject;
  }

  /** The text of a 2xx answer. Of any other only the API server's own Status message is kept, and nothing of a Secret's. */
  private text(answer: Answer, request: string, kind?: string): string {
    if (answer.status >= 200 && answer.status < 300) return answer.text;
    const plain = /^text\/plain/.test(answer.headers['content-type'] ?? '') ? answer.text : undefined;
    const reason = kind === 'Secret' ? undefined : (statusOf(answer.text)?.message ?? plain);
    throw statusFailure(answer.status, this.asked(request), {
      ...(reason && { reason }),
      retryAfter: answer.headers['retry-after'],
      secrets: this.secrets(),
    });
  }

  private async send(call: Call, request: string): Promise<Answer> {
    const context = this.base.makeRequestContext(call.path, call.method);
    for (const [key, value] of Object.entries(call.query ?? {})) context.setQueryParam(key, value);
    context.setHeaderParam('accept', call.accept ?? 'application/json');
    if (call.body !== undefined) context.setHeaderParam('content-type', call.contentType ?? 'application/json');
    await this.authenticate(context);
    return exchange({
      url: context.getUrl(),
      method: call.method,
      headers: context.getHeaders(),
      agent: context.getAgent(),
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
      signal: callSignal(this.timeoutMs),
      limit: call.log ? LOG_LIMIT : ANSWER_LIMIT,
      beyond: call.log ? 'keep-end' : 'fail',
    }, this.asked(request));
  }

  private async authenticate(context: RequestContext): Promise<void> {
    try {
      await this.config.applySecurityAuthentication(context);
    } catch (error) {
      const plainHttp = error instanceof Error && error.message.startsWith('HTTP protocol is not allowed');
      throw plainHttp
        ? failure('InvalidInput', 'The kubeconfig names an http:// server; use https://, or set insecure-skip-tls-verify for a server on this machine')
        : failure('NotAuthorized', 'The kubeconfig’s credentials cannot be had (its certificate, token file or login command fails); check that kubectl works with it');
    }
  }

  private asked(request: string): Asked {
    return { system: this.system, request };
  }

  private secrets(): string[] {
    const user = this.config.getCurrentUser();
    return [user?.token, user?.password].filter((secret) => secret !== undefined && secret !== null);
  }
}

function named({ kind, namespace, name }: { kind: string; namespace: string; name: string }): string {
  return `${kind} ${namespace}/${name}`;
}

function podPath(namespace: string, name: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
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

function isStatus(text: string): boolean {
  return statusOf(text) !== undefined;
}
