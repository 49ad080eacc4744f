/** The only file that imports the Kubernetes client: it gives us kubeconfigs, credentials, TLS and API discovery. */
import { createConfiguration, HttpMethod, KubeConfig, KubernetesObjectApi, ServerConfiguration, V1ObjectMeta, type RequestContext } from '@kubernetes/client-node';
import { failure, failureTypeOf } from '../../workflows/contracts';
import { callSignal } from '../call-scope';
import { codeOf, statusFailure, type Asked } from '../http-failures';
import { exchange, type Answer } from './api-server';
import type { KubernetesGateway, ObjectName, ObjectType } from './gateway';
import { segment } from './names';
import { parseObject, RestGateway, type ApiConnection, type Call } from './rest-gateway';

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

/**
 * A gateway to a real cluster. Answers are plain JSON: the client's own models would drop every field that they do not
 * know, and a template that is put back must be whole.
 * @throws InvalidInput when the kubeconfig cannot be used.
 */
export function clientNodeGateway(access: KubernetesAccess, options: ClientNodeOptions = {}): KubernetesGateway {
  const config = loadConfig(access);
  const server = config.getCurrentCluster()?.server;
  if (!server) throw failure('InvalidInput', 'The kubeconfig names no cluster for its current context; choose a context that has one');
  return new RestGateway(new ClientNodeConnection(config, server.replace(/\/+$/, ''), options));
}

function loadConfig(access: KubernetesAccess): KubeConfig {
  const config = new KubeConfig();
  try {
    if ('inCluster' in access) config.loadFromCluster();
    else config.loadFromFile(access.kubeconfig);
  } catch (error) {
    const where = 'inCluster' in access ? 'the service account of this pod' : `the kubeconfig ${access.kubeconfig}`;
    throw failure('InvalidInput', `Cannot read ${where} (${codeOf(error)}); check that the file is there and is a kubeconfig`);
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

/** Opens the client's discovery of resource paths, and lets it ask through our own connection. */
class ResourcePaths extends KubernetesObjectApi {
  constructor(
    base: ServerConfiguration<Record<string, never>>,
    private readonly ask: (path: string) => Promise<unknown>,
  ) {
    super(createConfiguration({ baseServer: base }));
  }

  of({ apiVersion, kind, name, namespace }: Partial<ObjectName> & ObjectType, action: 'read' | 'list' | 'create'): Promise<string> {
    if (name !== undefined) segment(name);
    // What belongs to no namespace is asked for with an empty one.
    if (namespace) segment(namespace);
    return this.specUriPath({ apiVersion, kind, metadata: Object.assign(new V1ObjectMeta(), { name, namespace }) }, action);
  }

  /** The client comes here for discovery only. */
  protected override async requestPromise<T>(context: RequestContext): Promise<T> {
    return (await this.ask(new URL(context.getUrl()).pathname)) as T;
  }
}

class ClientNodeConnection implements ApiConnection {
  readonly system: string;
  private readonly base: ServerConfiguration<Record<string, never>>;
  private readonly paths: ResourcePaths;
  private readonly timeoutMs: number;

  constructor(
    private readonly config: KubeConfig,
    private readonly server: string,
    { callTimeoutMs = CALL_TIMEOUT_MS, cluster }: ClientNodeOptions,
  ) {
    this.system = cluster === undefined ? 'The Kubernetes API' : `The Kubernetes API of ${cluster}`;
    this.timeoutMs = callTimeoutMs;
    this.base = new ServerConfiguration(server, {});
    this.paths = new ResourcePaths(this.base, (path) => this.discover(path));
  }

  async pathOf(object: Partial<ObjectName> & ObjectType, action: 'read' | 'list' | 'create'): Promise<string> {
    try {
      return await this.paths.of(object, action);
    } catch (error) {
      const unknown = failureTypeOf(error) === 'TargetNotFound' || (error instanceof Error && error.message.startsWith('Unrecognized API version and kind'));
      if (!unknown) throw error;
      throw failure('TargetNotFound', `This cluster has no ${object.kind} of ${object.apiVersion}; check apiVersion and kind in the configuration`);
    }
  }

  async send(call: Call, asked: Asked): Promise<Answer> {
    const context = this.base.makeRequestContext(call.path, HttpMethod[call.method]);
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
    }, asked);
  }

  secrets(): string[] {
    const user = this.config.getCurrentUser();
    return [user?.token, user?.password].filter((secret) => secret !== undefined && secret !== null);
  }

  /** `path` holds the server's own prefix, where it has one. */
  private async discover(path: string): Promise<unknown> {
    const prefix = new URL(this.server).pathname.replace(/\/$/, '');
    const own = path.slice(prefix.length);
    const asked = { system: this.system, request: `what ${own} offers` };
    const { status, text, headers } = await this.send({ method: 'GET', path: own }, asked);
    if (status < 200 || status > 299) throw statusFailure(status, asked, { retryAfter: headers['retry-after'] });
    return parseObject(text, asked);
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
}
