import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runningLab } from '../handle';
import { processesIn } from '../namespaces';
import type { LabPaths } from '../paths';
import { signal } from '../process-identity';

/** Programs of the control plane that can be signalled, as opposed to a pod's. */
export const COMPONENTS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;
export type ComponentName = (typeof COMPONENTS)[number];

/** Signals one process of the lab's control plane. One that ends is started again a second later. @throws when it does not run */
export function signalComponent(paths: LabPaths, component: ComponentName, name: NodeJS.Signals): void {
  const { supervisor, netnsInode } = runningLab(paths);
  const pid = processesIn(netnsInode).find((candidate) => parentOf(candidate) === supervisor.pid && programOf(candidate) === component);
  if (pid === undefined) throw new Error(`the lab has no process ${component} now`);
  signal(pid, name);
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(read(pid, 'status'))?.[1] ?? 0);
}

function programOf(pid: number): string {
  return path.basename(read(pid, 'cmdline').split('\0')[0] ?? '');
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // The process has ended between listing and reading.
    return '';
  }
}
