import net from 'node:net';
import { addAddress, removeAddress } from '../cluster/addresses';
import { routes, type Route } from './routing';
import type { EndpointSlice, Service } from '../api/types';

/**
 * Forwards connections to Services, in user space.
 *
 * Two things differ from kube-proxy. A port without ready endpoints has no listener, which refuses connections as
 * kube-proxy's REJECT rule does, but a deleted Service's address vanishes ("network unreachable" instead of a
 * time-out). And connections that stand are closed when their Service or endpoint goes: kube-proxy leaves them to the
 * endpoint, so this is stricter, and it makes an outage begin at once instead of at the next reconnect.
 */
export class ServiceProxy {
  private readonly listeners = new Map<string, Listener>();
  private readonly addresses = new Set<string>();
  private work: Promise<void> = Promise.resolve();

  /** Brings listeners and addresses in line with the objects; calls are carried out in order. */
  update(services: readonly Service[], slices: readonly EndpointSlice[]): Promise<void> {
    const wanted = new Map(routes(services, slices).map((route) => [route.listen, route]));
    this.work = this.work.then(() => this.apply(wanted)).catch((error: Error) => console.log(`service proxy: ${error.message}`));
    return this.work;
  }

  private async apply(wanted: ReadonlyMap<string, Route>): Promise<void> {
    const addresses = new Set([...wanted.keys()].map(hostOf));
    for (const ip of addresses) {
      if (this.addresses.has(ip)) continue;
      await addAddress(ip);
      this.addresses.add(ip);
    }
    for (const [listen, listener] of this.listeners) {
      const targets = wanted.get(listen)?.targets ?? [];
      if (targets.length > 0) continue;
      this.listeners.delete(listen);
      await listener.close();
    }
    for (const [listen, { targets }] of wanted) {
      if (targets.length === 0) continue;
      const known = this.listeners.get(listen);
      if (known) known.retarget(targets);
      else this.listeners.set(listen, await Listener.open(listen, targets));
    }
    for (const ip of this.addresses) {
      if (addresses.has(ip)) continue;
      this.addresses.delete(ip);
      await removeAddress(ip);
    }
  }
}

/** One Service port: accepts, and hands each connection to the next endpoint in turn. */
class Listener {
  private turn = 0;
  /** Open connections, by the endpoint that serves them. */
  private readonly connections = new Map<net.Socket, string>();

  private constructor(
    private readonly server: net.Server,
    private targets: readonly string[],
  ) {
    server.on('connection', (client) => this.forward(client));
  }

  static open(listen: string, targets: readonly string[]): Promise<Listener> {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: hostOf(listen), port: portOf(listen) }, () => resolve(new Listener(server, targets)));
    });
  }

  retarget(targets: readonly string[]): void {
    this.targets = targets;
    for (const [client, target] of this.connections) if (!targets.includes(target)) client.destroy();
  }

  close(): Promise<void> {
    for (const client of this.connections.keys()) client.resetAndDestroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private forward(client: net.Socket): void {
    const target = this.targets[this.turn++ % this.targets.length];
    if (target === undefined) return void client.resetAndDestroy();
    this.connections.set(client, target);
    const upstream = net.connect({ host: hostOf(target), port: portOf(target), allowHalfOpen: true, noDelay: true });
    // Whichever side breaks takes the other along; a reset is passed on as a reset.
    client.on('error', () => upstream.destroy()).on('close', () => {
      this.connections.delete(client);
      upstream.destroy();
    });
    upstream.on('error', () => client.resetAndDestroy()).on('close', () => client.destroy());
    client.pipe(upstream).pipe(client);
  }
}

const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(':'));
const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));
