/**
 * The practice cluster behind Kubernetes' own protocol, so that a worker reaches it as it reaches a real API server: in a
 * process that outlives the worker. What a killed worker has sent is carried out or not, never half.
 */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PracticeCluster } from '../../activities/practice/cluster';
import type { AuditEntry } from '../../activities/practice/state';
import type { JsonPatchOperation, KubernetesObject } from '../../activities/kubernetes/gateway';
import { failure, failureTypeOf, type FailureType, type JsonObject } from '../../workflows/contracts';
import { discovered, parseRequest, type ApiRequest } from './api-requests';

/** A write that is not a dry run: as it arrived, or carried out and not answered yet. */
export type Moment = 'received' | 'applied';
/** Asked at each moment of each write ("PATCH StatefulSet/x"); false: nobody is answered, and what was only received is not carried out. */
export type Interference = (moment: Moment, write: string) => Promise<boolean>;

interface Served {
  cluster: PracticeCluster;
  interfere: Interference;
}

interface Call {
  method: string;
  request: ApiRequest;
  query: URLSearchParams;
  body: JsonObject;
}

const STATUS: Partial<Record<FailureType, number>> = { TargetNotFound: 404, NotAuthorized: 403, Conflict: 409, UpstreamRejected: 422, InvalidInput: 422, RateLimited: 429, UpstreamUnavailable: 503 };

/** How an API server says that a `test` of a JSON Patch does not hold. */
const PATCH_REFUSED = 'the server rejected our request due to an error in our request';

export class PracticeApi {
  private readonly served = new Map<string, Served>();

  private constructor(private readonly server: http.Server) {
    server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => void this.answer(request, response));
  }

  static async start(): Promise<PracticeApi> {
    const server = http.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new PracticeApi(server);
  }

  /** Makes a cluster reachable under its name. */
  serve(name: string, cluster: PracticeCluster, interfere: Interference = async () => true): void {
    this.served.set(name, { cluster, interfere });
  }

  audit(name: string): AuditEntry[] {
    return this.named(name).cluster.audit();
  }

  /** Every object of a kind as it is now. */
  async objects(name: string, types: ReadonlyArray<{ apiVersion: string; kind: string }>, namespace: string): Promise<KubernetesObject[]> {
    const { gateway } = this.named(name).cluster;
    return (await Promise.all(types.map((type) => gateway.list(type, namespace)))).flat();
  }

  /** A kubeconfig for one cluster. Plain HTTP on this machine's loopback, hence `insecure-skip-tls-verify`. */
  kubeconfig(name: string): string {
    const { port } = this.server.address() as AddressInfo;
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [{ name, cluster: { server: `http://127.0.0.1:${port}/${name}`, 'insecure-skip-tls-verify': true } }],
      users: [{ name, user: {} }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private named(name: string): Served {
    const served = this.served.get(name);
    if (!served) throw new Error(`There is no practice cluster ${name}; there are ${[...this.served.keys()].join(', ') || 'none'}.`);
    return served;
  }

  private async answer(incoming: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    try {
      const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://127.0.0.1');
      const [, name = '', path = ''] = /^\/([^/]+)(\/.*)$/.exec(pathname) ?? [];
      const served = this.served.get(name);
      const offered = discovered(path);
      if (served && offered) return send(response, 200, offered);
      const request = parseRequest(path);
      if (!served || !request) return send(response, 404, status(404, `the server could not find ${path}`));
      const text = await bodyOf(incoming);
      const call = { method: incoming.method ?? 'GET', request, query: searchParams, body: (text === '' ? {} : JSON.parse(text)) as JsonObject };
      const answer = isWrite(call) ? await written(served, call) : await carryOut(served.cluster, call);
      if (answer === HANG_UP) response.destroy();
      else send(response, 200, answer);
    } catch (error) {
      const type = failureTypeOf(error);
      const patchRefused = incoming.method === 'PATCH' && type === 'Conflict';
      const code = patchRefused ? 422 : ((type && STATUS[type]) ?? 500);
      send(response, code, status(code, patchRefused ? PATCH_REFUSED : error instanceof Error ? error.message : String(error)));
    }
  }
}

const HANG_UP: unique symbol = Symbol('hang up');

async function written({ cluster, interfere }: Served, call: Call): Promise<unknown> {
  const { method, request, body } = call;
  const { name = (body as KubernetesObject).metadata.name } = request;
  const write = `${method} ${request.kind}/${name}`;
  if (!(await interfere('received', write))) return HANG_UP;
  const answer = await carryOut(cluster, call);
  return (await interfere('applied', write)) ? answer : HANG_UP;
}

/** What changes the cluster: not a dry run, and not a proxied GET. */
function isWrite(call: Call): boolean {
  return call.method !== 'GET' && !isDryRun(call);
}

function isDryRun({ query, body }: Call): boolean {
  const options = (body['deleteOptions'] ?? body) as JsonObject;
  return query.get('dryRun') !== null || (Array.isArray(options['dryRun']) && options['dryRun'].length > 0);
}

async function carryOut({ gateway }: PracticeCluster, call: Call): Promise<unknown> {
  const { method, request, query, body } = call;
  const { apiVersion, kind, namespace, name, subresource, proxied } = request;
  const options = { dryRun: isDryRun(call) };
  if (name === undefined) {
    if (method === 'POST') return gateway.create(body as KubernetesObject, options);
    return { kind: `${kind}List`, apiVersion, metadata: {}, items: await gateway.list({ apiVersion, kind }, namespace, labelsIn(query)) };
  }
  const object = { apiVersion, kind, namespace, name };
  if (proxied) {
    const target = { namespace, resource: kind === 'Pod' ? ('pods' as const) : ('services' as const), name, ...proxied };
    return method === 'POST' ? gateway.proxyPost(target) : gateway.proxyGet(target);
  }
  if (subresource === 'log') return gateway.logs({ namespace, pod: name, previous: query.get('previous') === 'true', tailLines: Number(query.get('tailLines')) });
  if (subresource === 'eviction') return gateway.evict({ ...object, ...preconditionOf(body['deleteOptions'] as JsonObject) }, options);
  if (method === 'PATCH') return gateway.patch(object, body as unknown as JsonPatchOperation[], options);
  if (method === 'DELETE') return gateway.remove({ ...object, ...preconditionOf(body) }, options);
  const found = await gateway.read(object);
  if (!found) throw failure('TargetNotFound', `${kind} "${name}" not found`);
  return found;
}

function preconditionOf(options: JsonObject | undefined): { uid?: string } {
  const uid = (options?.['preconditions'] as JsonObject | undefined)?.['uid'];
  return typeof uid === 'string' ? { uid } : {};
}

function labelsIn(query: URLSearchParams): Record<string, string> {
  const pairs = (query.get('labelSelector') ?? '').split(',').filter((pair) => pair !== '');
  return Object.fromEntries(pairs.map((pair) => pair.split('=', 2) as [string, string]));
}

async function bodyOf(incoming: http.IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of incoming) text += String(chunk);
  return text;
}

function status(code: number, message: string): JsonObject {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code };
}

function send(response: http.ServerResponse, code: number, answer: unknown): void {
  // A caller that was killed meanwhile is not there to be answered.
  if (response.destroyed) return;
  const text = typeof answer === 'string';
  response.writeHead(code, { 'content-type': text ? 'text/plain' : 'application/json' }).end(text ? answer : JSON.stringify(answer ?? { kind: 'Status', status: 'Success' }));
}
