import { lookup } from 'node:dns/promises';
import net from 'node:net';
import { axiosWhenNeeded } from '../axios-when-needed';
import { callSignal } from '../call-scope';
import { codeOf, transportFailure } from '../http-failures';
import type { Connection, FrontDoorGateway } from './gateway';

/** A page or a health answer is a few KiB; a login page of Grafana about 40. */
const BODY_LIMIT = 2 * 1024 * 1024;
const KEPT = 64 * 1024;
const NAME_UNKNOWN: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'EAI_AGAIN', 'EAI_NONAME']);

/** @param base URL of the configuration; may hold credentials for the data source API. @param timeoutMs the most that one step may take. */
export function axiosFrontDoor(base: string, timeoutMs = 5_000): FrontDoorGateway {
  const url = new URL(base);
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return {
    host: url.hostname,
    port,
    async resolve() {
      try {
        return (await lookup(url.hostname, { all: true })).map(({ address }) => address);
      } catch (error) {
        if (NAME_UNKNOWN.has(codeOf(error))) return [];
        throw transportFailure(error, { system: 'DNS', request: `the address of ${url.hostname}` });
      }
    },
    connect: () => connect(url.hostname, port, timeoutMs),
    async get(path) {
      const request = `GET ${path}`;
      const answer = await axiosWhenNeeded()
        .get<string>(new URL(path.replace(/^\//, ''), base.endsWith('/') ? base : `${base}/`).toString(), {
          proxy: false, maxRedirects: 0, maxContentLength: BODY_LIMIT, responseType: 'text', transformResponse: (body: string) => body, validateStatus: () => true, signal: callSignal(timeoutMs),
        })
        .catch((error: unknown) => {
          throw transportFailure(error, { system: 'Grafana', request });
        });
      const type: unknown = answer.headers['content-type'];
      return { status: answer.status, contentType: typeof type === 'string' ? type : '', body: String(answer.data).slice(0, KEPT) };
    },
  };
}

function connect(host: string, port: number, timeoutMs: number): Promise<Connection> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: timeoutMs });
    const end = (how: Connection) => {
      socket.destroy();
      resolve(how);
    };
    socket.once('connect', () => end('connected'));
    socket.once('timeout', () => end('timedOut'));
    socket.once('error', (error) => end(HOW[codeOf(error)] ?? 'unreachable'));
  });
}

const HOW: Readonly<Record<string, Connection>> = { ECONNREFUSED: 'refused', ETIMEDOUT: 'timedOut' };
