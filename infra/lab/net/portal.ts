import { rmSync } from 'node:fs';
import net from 'node:net';

/** First line of a connection to the portal: where it is to lead, as `<address>:<port>`. */
const LONGEST_TARGET = 256;

/**
 * Lets processes outside the network namespace reach addresses inside it: a Unix socket is found by its path, which
 * both sides share, so whoever connects to it is dialled on from here. Its folder decides who may.
 */
export function openPortal(socketPath: string): net.Server {
  rmSync(socketPath, { force: true });
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    let head = '';
    client.on('error', () => client.destroy());
    const onData = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      const end = head.indexOf('\n');
      if (end < 0) {
        if (head.length > LONGEST_TARGET) client.destroy();
        return;
      }
      client.off('data', onData).pause();
      connect(client, head.slice(0, end), Buffer.from(head.slice(end + 1), 'latin1'));
    };
    client.on('data', onData);
  });
  // Only the lab's owner may enter.
  const umask = process.umask(0o077);
  server.listen(socketPath, () => process.umask(umask));
  return server;
}

function connect(client: net.Socket, target: string, first: Buffer): void {
  const separator = target.lastIndexOf(':');
  const upstream = net.connect({ host: target.slice(0, separator), port: Number(target.slice(separator + 1)), allowHalfOpen: true, noDelay: true });
  upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
  client.on('close', () => upstream.destroy());
  if (first.length > 0) upstream.write(first);
  client.pipe(upstream).pipe(client);
}
