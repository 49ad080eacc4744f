import { readFileSync } from 'node:fs';
import * as https from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Reader } from 'protobufjs';
import type { InCluster } from './in-cluster-temporal';

const pem = (name: string) => readFileSync(path.join(__dirname, 'tls', name), 'utf8');
const TOKEN = 'of-the-worker-controller';
const NAME = /^\/apis\/apps\/v1\/namespaces\/([^/]+)\/deployments\/([^/]+?)(\/scale)?$/;

/** So much of an API server as scaling one Deployment takes, behind TLS and a token. It notes who asked for what. */
export class ScaleApi {
  replicas = 0;
  readonly asked: string[] = [];

  private constructor(private readonly server: https.Server, private readonly namespace: string, private readonly deployment: string) {
    server.on('request', (request, response) => void this.answer(request, response));
  }

  static async start(namespace: string, deployment: string): Promise<ScaleApi> {
    const server = https.createServer({ cert: pem('server.crt'), key: pem('server.key') });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ScaleApi(server, namespace, deployment);
  }

  get inCluster(): InCluster {
    return { host: '127.0.0.1', port: (this.server.address() as AddressInfo).port, ca: pem('server.crt'), token: TOKEN };
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname } = new URL(request.url ?? '/', 'https://127.0.0.1');
    const [, namespace, deployment, scale] = NAME.exec(pathname) ?? [];
    this.asked.push(`${request.method ?? ''} ${pathname}`);
    const send = (code: number, answer: object) => response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    const refuse = (code: number, reason: string) => send(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, message: reason });
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return void refuse(401, 'Unauthorized');
    if (namespace !== this.namespace || deployment !== this.deployment) return void refuse(404, 'NotFound');
    if (request.method === 'PUT' && scale) this.replicas = replicasIn(Buffer.concat(chunks));
    else if (request.method !== 'GET') return void refuse(403, 'Forbidden');
    send(200, scale ? this.scale() : this.object());
  }

  private get metadata() {
    return { name: this.deployment, namespace: this.namespace, uid: 'd', resourceVersion: String(this.asked.length) };
  }

  private scale(): object {
    return { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: this.metadata, spec: { replicas: this.replicas }, status: { replicas: this.replicas } };
  }

  private object(): object {
    return { kind: 'Deployment', apiVersion: 'apps/v1', metadata: this.metadata, spec: { replicas: this.replicas, selector: { matchLabels: {} }, template: { spec: { containers: [] } } }, status: { replicas: this.replicas } };
  }
}

/** Kubernetes' own wire format, which Go clients send: the magic, then an envelope whose second field is the object. */
const MAGIC = 4;
const ENVELOPE_RAW = 2;
/** Of `autoscaling/v1 Scale`. */
const SCALE_SPEC = 2;
const SPEC_REPLICAS = 1;

function replicasIn(body: Buffer): number {
  if (body.toString('latin1', 0, 1) === '{') return (JSON.parse(body.toString('utf8')) as { spec: { replicas?: number } }).spec.replicas ?? 0;
  const scale = fieldOf(body.subarray(MAGIC), ENVELOPE_RAW, (reader) => reader.bytes());
  const spec = scale && fieldOf(scale, SCALE_SPEC, (reader) => reader.bytes());
  return (spec && fieldOf(spec, SPEC_REPLICAS, (reader) => reader.int32())) ?? 0;
}

function fieldOf<Value>(message: Uint8Array, field: number, read: (reader: Reader) => Value): Value | undefined {
  const reader = Reader.create(message);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === field) return read(reader);
    reader.skipType(tag & 7);
  }
  return undefined;
}
