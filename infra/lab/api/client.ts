import https from 'node:https';
import type { IncomingMessage } from 'node:http';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** An answer of the API server other than 2xx. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export type PatchType = 'application/merge-patch+json' | 'application/strategic-merge-patch+json' | 'application/json-patch+json';

interface KubeconfigFile {
  readonly clusters: ReadonlyArray<{ readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } }>;
  readonly users: ReadonlyArray<{ readonly user: { readonly 'client-certificate-data'?: string; readonly 'client-key-data'?: string; readonly token?: string } }>;
}

/** Longest wait for an answer; the API server itself gives up after 60 s. */
const REQUEST_TIMEOUT_MS = 30_000;

/**
 * Speaks to the lab's API server with one of the kubeconfigs that the lab wrote. A client as small as this starts in
 * milliseconds and keeps a node agent's memory low; Nightshift itself uses the official client.
 */
export class ApiClient {
  private readonly server: URL;
  private readonly agent: https.Agent;
  private readonly headers: Record<string, string>;

  constructor(kubeconfig: string) {
    const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as KubeconfigFile;
    const cluster = clusters[0]?.cluster;
    const user = users[0]?.user;
    if (!cluster || !user) throw new Error(`${kubeconfig} names no cluster or no user; run "npx nightshift lab up" again.`);
    const decode = (data?: string) => (data ? Buffer.from(data, 'base64') : undefined);
    const cert = decode(user['client-certificate-data']);
    const key = decode(user['client-key-data']);
    this.server = new URL(cluster.server);
    this.agent = new https.Agent({ keepAlive: true, ca: decode(cluster['certificate-authority-data']), ...(cert && key ? { cert, key } : {}) });
    this.headers = user.token ? { authorization: `Bearer ${user.token}` } : {};
  }

  get<T>(path: string): Promise<T> {
    return this.request<T>('GET', path);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.request<T>('POST', path, body);
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.request<T>('PUT', path, body);
  }

  patch<T>(path: string, body: unknown, type: PatchType = 'application/merge-patch+json'): Promise<T> {
    return this.request<T>('PATCH', path, body, type);
  }

  delete<T>(path: string, body?: unknown): Promise<T> {
    return this.request<T>('DELETE', path, body);
  }

  /** @returns the parsed answer, or its text where it is not JSON. @throws ApiError */
  async request<T>(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<T> {
    const response = await this.open(method, path, body, contentType, REQUEST_TIMEOUT_MS);
    const text = await textOf(response);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return (response.headers['content-type']?.includes('json') ? JSON.parse(text) : text) as T;
    throw toApiError(status, text, `${method} ${path}`);
  }

  /** Opens a watch. The response streams one JSON document per line. @throws ApiError */
  async watch(path: string): Promise<IncomingMessage> {
    const response = await this.open('GET', path, undefined, 'application/json', 0);
    if (response.statusCode === 200) return response;
    throw toApiError(response.statusCode ?? 0, await textOf(response), `WATCH ${path}`);
  }

  private open(method: string, path: string, body: unknown, contentType: string, timeout: number): Promise<IncomingMessage> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = { ...this.headers, accept: 'application/json', ...(payload === undefined ? {} : { 'content-type': contentType, 'content-length': String(Buffer.byteLength(payload)) }) };
    return new Promise((resolve, reject) => {
      const request = https.request({ host: this.server.hostname, port: this.server.port, method, path, headers, agent: this.agent }, resolve);
      if (timeout > 0) request.setTimeout(timeout, () => request.destroy(new Error(`${method} ${path}: no answer within ${timeout / 1000} s`)));
      request.on('error', reject);
      request.end(payload);
    });
  }
}

function toApiError(status: number, text: string, what: string): ApiError {
  try {
    const parsed = JSON.parse(text) as { reason?: string; message?: string };
    return new ApiError(status, parsed.reason ?? 'Unknown', `${what}: ${parsed.message ?? status}`);
  } catch {
    return new ApiError(status, 'Unknown', `${what}: ${status} ${text.slice(0, 200)}`);
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk as string;
  return text;
}
