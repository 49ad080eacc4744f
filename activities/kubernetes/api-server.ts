/** The part of `client-node-gateway.ts` that knows no client library: one bounded HTTP exchange. */
import * as http from 'node:http';
import * as https from 'node:https';
import type { Agent } from 'node:http';
import { tooLarge, transportFailure, type Asked } from '../http-failures';

export interface Exchange {
  url: string;
  method: string;
  headers: Record<string, string>;
  agent: Agent | undefined;
  body?: string;
  signal: AbortSignal;
  /** The most that is read, in bytes. */
  limit: number;
  /** What to do with a longer answer: fail, or keep its end (logs). */
  beyond: 'fail' | 'keep-end';
}

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
}

/** Even when only the end is kept, a server may not send for ever. In multiples of the limit. */
const KEEP_END_FACTOR = 64;

/** @throws UpstreamUnavailable (nobody answered), UpstreamRejected (more than the limit). Redirects are not followed. */
export function exchange(request: Exchange, asked: Asked): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const library = request.url.startsWith('https:') ? https : http;
    // Node says how long a body is only for methods that usually have one; a DELETE has one here.
    const length = request.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(request.body)) };
    const outgoing = library.request(
      request.url,
      { method: request.method, headers: { ...request.headers, ...length }, agent: request.agent, signal: request.signal },
      (incoming) => {
        readBody(incoming, request).then(
          (text) => (text === undefined ? reject(tooLarge(asked, request.limit)) : resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text })),
          (error: unknown) => reject(transportFailure(error, asked)),
        );
      },
    );
    outgoing.on('error', (error) => reject(transportFailure(error, asked)));
    outgoing.end(request.body);
  });
}

/** `undefined` when there is more than may be read. */
async function readBody(incoming: http.IncomingMessage, { limit, beyond }: Exchange): Promise<string | undefined> {
  let chunks: Buffer[] = [];
  let kept = 0;
  let seen = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    kept += chunk.length;
    seen += chunk.length;
    if (kept <= limit) continue;
    if (beyond === 'fail' || seen > limit * KEEP_END_FACTOR) {
      incoming.destroy();
      return undefined;
    }
    while (kept - chunks[0]!.length >= limit) kept -= chunks.shift()!.length;
  }
  chunks = [Buffer.concat(chunks)];
  return chunks[0]!.subarray(-limit).toString('utf8');
}
