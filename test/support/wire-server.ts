import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';

export type Handler = (request: http.IncomingMessage, response: http.ServerResponse, body: string) => void;

/** A real HTTP(S) server on 127.0.0.1 whose answers a test sets. */
export class WireServer {
  /** Requests as they came: "GET /api/v1/pods?x". */
  readonly seen: Array<{ line: string; headers: http.IncomingHttpHeaders; body: string }> = [];
  handler: Handler = (_request, response) => void response.writeHead(404).end();
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: http.Server | https.Server, private readonly scheme: string) {
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => void this.answer(request, response));
  }

  static async start(options: { tls?: boolean } = {}): Promise<WireServer> {
    const server = options.tls ? https.createServer(tlsFiles()) : http.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new WireServer(server, options.tls ? 'https' : 'http');
  }

  get url(): string {
    return `${this.scheme}://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    this.seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
    this.handler(request, response, body);
  }
}

/** A certificate for 127.0.0.1 that nothing trusts by itself; for tests only. */
export function tlsFiles(): { cert: string; key: string } {
  const read = (file: string) => readFileSync(path.join(__dirname, 'tls', file), 'utf8');
  return { cert: read('server.crt'), key: read('server.key') };
}

export function json(response: http.ServerResponse, status: number, body: unknown, headers: http.OutgoingHttpHeaders = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
