import http from 'node:http';
import net from 'node:net';
import { labPaths, type LabPaths } from './paths';

/** Where a process outside wants to get to inside the lab. */
export interface InsideAddress {
  readonly host: string;
  readonly port: number;
}

/** Opens a connection to an address inside the lab, through the lab's portal. Names are resolved inside. */
export function dialInLab({ host, port }: InsideAddress, paths: LabPaths = labPaths()): net.Socket {
  const socket = net.connect({ path: paths.portal, allowHalfOpen: true });
  socket.write(`${host}:${port}\n`);
  return socket;
}

/** Sends HTTP requests to the lab from outside: `http.get(url, { agent: labAgent() })`. */
export function labAgent(paths: LabPaths = labPaths()): http.Agent {
  const agent = new http.Agent({ keepAlive: false });
  // Node's types leave the hook out, although it is the documented way to bring one's own connections.
  Object.assign(agent, { createConnection: (options: { host: string; port: number | string }) => dialInLab({ host: options.host, port: Number(options.port) }, paths) });
  return agent;
}

/** GET of an address inside the lab, from outside. @returns status and body. */
export function getFromLab(url: string, paths: LabPaths = labPaths(), timeoutMs = 10_000): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent: labAgent(paths), timeout: timeoutMs }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error(`GET ${url}: no answer within ${timeoutMs / 1_000} s`)));
    request.on('error', reject);
  });
}

/**
 * Forwards a port of 127.0.0.1 outside to an address inside. Lives as long as the calling process.
 * @param port 0 takes a free one
 * @throws when the port is taken
 */
export function forwardPort(port: number, target: InsideAddress, paths: LabPaths = labPaths()): Promise<net.Server> {
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const inside = dialInLab(target, paths);
    client.on('error', () => inside.destroy()).on('close', () => inside.destroy());
    inside.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.pipe(inside).pipe(client);
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} of 127.0.0.1 is taken; choose another.`) : error));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
