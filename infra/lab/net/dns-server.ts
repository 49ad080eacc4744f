import dgram from 'node:dgram';
import net from 'node:net';
import * as packet from 'dns-packet';
import type { Lookup } from './names';

/** Short, so that a Service that comes or goes is seen at once; CoreDNS' default is 5 s. */
const TTL_SECONDS = 1;
const NXDOMAIN = 3;
/** Response code bits of a DNS header's flags. */
const AUTHORITATIVE = packet.AUTHORITATIVE_ANSWER | packet.RECURSION_DESIRED;

/** Serves DNS over UDP and TCP. @param resolve answers one name */
export function serveDns(ip: string, resolve: (name: string) => Lookup): void {
  const udp = dgram.createSocket('udp4');
  udp.on('message', (message, remote) => {
    const answer = answerTo(message, resolve);
    if (answer) udp.send(packet.encode(answer), remote.port, remote.address);
  });
  udp.bind(53, ip);
  net
    .createServer((socket) => {
      let buffer = Buffer.alloc(0);
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        buffer = Buffer.concat([buffer, chunk]);
        while (buffer.length >= 2 && buffer.length >= 2 + buffer.readUInt16BE(0)) {
          const length = buffer.readUInt16BE(0);
          const answer = answerTo(buffer.subarray(2, 2 + length), resolve);
          buffer = buffer.subarray(2 + length);
          if (answer) socket.write(packet.streamEncode(answer));
        }
      });
    })
    .listen(53, ip);
}

/** @returns undefined for a message that is no question */
export function answerTo(message: Buffer, resolve: (name: string) => Lookup): packet.Packet | undefined {
  let query: packet.DecodedPacket;
  try {
    query = packet.decode(message);
  } catch {
    return undefined;
  }
  const question = query.questions?.[0];
  if (query.type !== 'query' || !question) return undefined;
  const found = resolve(question.name);
  return {
    type: 'response',
    id: query.id ?? 0,
    flags: AUTHORITATIVE | (found.kind === 'unknown' ? NXDOMAIN : 0),
    questions: [question],
    answers: answersFor(question, found),
  };
}

function answersFor(question: packet.Question, found: Lookup): packet.Answer[] {
  const { name } = question;
  // An address question of another family gets an empty answer, not NXDOMAIN: the name exists.
  if (found.kind === 'addresses' && question.type === 'A') return found.addresses.map((data) => ({ type: 'A', name, ttl: TTL_SECONDS, data }));
  if (found.kind === 'services' && question.type === 'SRV') return found.records.map((data) => ({ type: 'SRV', name, ttl: TTL_SECONDS, data: { priority: 0, weight: 1, ...data } }));
  return [];
}
