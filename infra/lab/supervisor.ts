import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { addAddress, loopbackUp } from './cluster/addresses';
import { bringUp } from './cluster/bring-up';
import { ComponentProcess } from './cluster/component-process';
import type { Component } from './cluster/control-plane';
import { capture } from './commands/capture';
import { parseParts } from './parts';
import { labPaths } from './paths';
import { DNS_IP, GATEWAY_IP, NODE_IP } from './settings';
import { resolvConf } from './node/rootfs';

/** What the supervisor tells the process that started it. */
export type SupervisorMessage = { readonly type: 'progress'; readonly text: string } | { readonly type: 'ready' } | { readonly type: 'failed'; readonly message: string };

/** How long a component has to end by itself; what remains is killed. */
const STOP_GRACE_MS = 3_000;

/**
 * Holds the lab's namespaces and processes. Until the lab is ready it lives only as long as the process that started
 * it: an interrupted `lab up` leaves nothing behind.
 */
async function main([dir, factor, parts = '']: readonly string[]): Promise<void> {
  const paths = labPaths(dir);
  const components: ComponentProcess[] = [];
  let ready = false;
  let stopping = false;
  const send = (message: SupervisorMessage): void => {
    if (process.connected) process.send?.(message);
  };
  const stop = async (code: number): Promise<void> => {
    if (stopping) return;
    stopping = true;
    // Pods first, then what serves them, then the API server and etcd: the order of starting, turned round.
    for (const component of [...components].reverse()) await component.stop(STOP_GRACE_MS);
    process.exit(code);
  };
  const fail = (message: string): void => {
    console.error(message);
    if (ready) return;
    send({ type: 'failed', message });
    void stop(1);
  };
  process.on('SIGTERM', () => void stop(0));
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => void (!ready && stop(1)));

  const start = (component: Component): ComponentProcess => {
    const running = new ComponentProcess(component, paths.logs, fail).start();
    components.push(running);
    return running;
  };
  try {
    mkdirSync(paths.logs, { recursive: true });
    await prepareNetwork(paths.resolvConf);
    await bringUp({ paths, factor: Number(factor), parts: parseParts(parts), start, progress: (text) => send({ type: 'progress', text }) });
    ready = true;
    send({ type: 'ready' });
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

/** The lab's own addresses, and its own idea of names. */
async function prepareNetwork(file: string): Promise<void> {
  await loopbackUp();
  for (const ip of [NODE_IP, GATEWAY_IP, DNS_IP]) await addAddress(ip);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, resolvConf('default'));
  await capture('mount', ['--bind', file, '/etc/resolv.conf']);
}

void main(process.argv.slice(2));
