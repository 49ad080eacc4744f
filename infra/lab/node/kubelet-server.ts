import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import { TLSSocket } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { renderLine, parseLogQuery, renderLog } from './log-format';

/** Pace at which a followed log is read on. */
const FOLLOW_MS = 250;

export interface KubeletIdentity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** @returns the log file of a container's current or previous run; undefined when there is no such container */
export type LogLookup = (namespace: string, pod: string, container: string, previous: boolean) => string | undefined;

/** What `GET` answers, by path: content type and text. */
export type Pages = Readonly<Record<string, { readonly type: string; readonly content: () => string }>>;

/**
 * The kubelet endpoints that the API server calls: container logs, metrics, and what pods and volumes use. Only the API
 * server's own certificate is let in; whoever may `get` `nodes/proxy` comes through it.
 */
export function kubeletServer(identity: KubeletIdentity, findLog: LogLookup, pages: Pages): https.Server {
  return https.createServer({ ...identity, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    void answer(request, response, findLog, pages).catch((error: Error) => {
      if (!response.headersSent) response.writeHead(error instanceof RangeError ? 400 : 500);
      response.end(`${error.message}\n`);
    });
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, findLog: LogLookup, pages: Pages): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://kubelet');
  const { socket } = request;
  const peer = socket instanceof TLSSocket ? socket.getPeerCertificate().subject?.CN : undefined;
  if (peer !== 'kube-apiserver-kubelet-client') return end(response, 403, `${String(peer)} may not use the kubelet API`);
  if (url.pathname === '/healthz') return end(response, 200, 'ok');
  const page = pages[url.pathname];
  if (page) {
    const content = page.content();
    response.writeHead(200, { 'content-type': page.type });
    return void response.end(content);
  }
  const [, call, namespace = '', pod = '', container = ''] = url.pathname.split('/').map(decodeURIComponent);
  if (call !== 'containerLogs') return end(response, 501, `The lab's node agent serves logs, ${Object.keys(pages).join(' and ')}, not ${call}: reach a pod through the pod proxy instead`);
  const query = parseLogQuery(url.searchParams);
  const file = findLog(namespace, pod, container, query.previous);
  if (!file) return end(response, 404, `container "${container}" of pod ${namespace}/${pod} is not on this node`);
  if (!existsSync(file)) return end(response, query.previous ? 400 : 200, query.previous ? `previous terminated container "${container}" in pod "${pod}" not found` : '');
  response.writeHead(200, { 'content-type': 'text/plain' });
  const content = readFileSync(file);
  response.write(renderLog(content.toString(), query));
  if (query.follow) await follow(file, content.length, response, query.timestamps ?? false);
  response.end();
}

/** Sends what is added to the file, until the reader leaves. */
async function follow(file: string, from: number, response: ServerResponse, timestamps: boolean): Promise<void> {
  let offset = from;
  let rest = '';
  let open = true;
  response.on('close', () => (open = false));
  while (open) {
    await sleep(FOLLOW_MS);
    const size = existsSync(file) ? statSync(file).size : 0;
    if (size <= offset) continue;
    for await (const chunk of createReadStream(file, { start: offset, end: size - 1, encoding: 'utf8' })) rest += chunk as string;
    offset = size;
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) response.write(renderLine(line, timestamps));
  }
}

function end(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(message);
}
