import { existsSync, readFileSync, truncateSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pod } from '../api/types';
import { binary } from '../build';
import { captureInLab } from '../namespaces';
import { recordsFolder } from '../node/container-process';
import type { LabPaths } from '../paths';
import { signal, type ProcessIdentity } from '../process-identity';
import { choose } from './choose';
import type { Operation, PodState } from './fault-file';
import { isInState } from './lab-pods';

const POLL_MS = 200;

export interface OperationContext {
  readonly paths: LabPaths;
  readonly random: () => number;
  /** Pods that `select` chose, by the name it gave them. */
  readonly selected: Map<string, string[]>;
  readonly say: (text: string) => void;
}

interface PodSet {
  readonly namespace: string;
  readonly pods?: string | undefined;
  readonly labels?: string | undefined;
}

/** Carries out one operation. @throws when it cannot be done, or what it waits for does not come */
export async function perform(operation: Operation, context: OperationContext): Promise<void> {
  if ('kubectl' in operation) return kubectlStep(operation.kubectl, context);
  if ('select' in operation) return select(operation.select, context);
  if ('truncateVolumeFile' in operation) return truncate(operation.truncateVolumeFile, context);
  if ('signal' in operation) return signalPods(operation.signal, context);
  if ('delete' in operation) return forEachPod(operation.delete, context, 'deleted', ({ namespace, name }) => kubectl(context, ['-n', namespace, 'delete', 'pod', name, '--wait=false']));
  if ('evict' in operation) return forEachPod(operation.evict, context, 'evicted', (pod) => evict(pod, context));
  if ('replaceInConfigMap' in operation) return replaceInConfigMap(operation.replaceInConfigMap, context);
  if ('awaitPods' in operation) return awaitPods(operation.awaitPods, context);
  return awaitVolumeFile(operation.awaitVolumeFile, context);
}

const kubectl = (context: OperationContext, args: readonly string[], input?: string): Promise<string> =>
  captureInLab([binary('kubectl'), '--kubeconfig', context.paths.adminKubeconfig, ...args], context.paths, input === undefined ? {} : { input });

async function kubectlStep({ args, input }: { args: string[]; input?: string | undefined }, context: OperationContext): Promise<void> {
  const filled = args.map((word) => word.replaceAll('{manifests}', context.paths.manifests));
  context.say((await kubectl(context, filled, input)).trim());
}

async function podsOf({ namespace, pods, labels }: PodSet, context: OperationContext): Promise<Pod[]> {
  const list = JSON.parse(await kubectl(context, ['-n', namespace, 'get', 'pods', '-o', 'json', ...(labels ? ['-l', labels] : [])])) as { items: Pod[] };
  if (!pods) return list.items;
  const names = context.selected.get(pods);
  if (!names) throw new Error(`no earlier step selected "${pods}"`);
  return list.items.filter(({ metadata }) => names.includes(metadata.name));
}

async function select(step: PodSet & { as: string; state: PodState; count?: number | undefined }, context: OperationContext): Promise<void> {
  const candidates = (await podsOf(step, context)).filter((pod) => isInState(pod, step.state)).map(({ metadata }) => metadata.name);
  if (step.count !== undefined && candidates.length < step.count) throw new Error(`${step.count} pods (${step.labels}, ${step.state}) are needed, there are ${candidates.length}; heal other faults first`);
  const chosen = choose(candidates.sort(), step.count ?? candidates.length, context.random);
  context.selected.set(step.as, chosen);
  context.say(`${step.as}: ${chosen.join(', ') || 'none'}`);
}

async function forEachPod(set: PodSet, context: OperationContext, done: string, action: (pod: { namespace: string; name: string; uid: string }) => unknown): Promise<void> {
  for (const { metadata } of await podsOf(set, context)) {
    await action({ namespace: set.namespace, name: metadata.name, uid: metadata.uid });
    context.say(`${metadata.name} ${done}`);
  }
}

function volumeFile(context: OperationContext, uid: string, volume: string, file: string): string {
  return path.join(context.paths.pods, uid, 'volumes', volume, file);
}

function truncate(step: PodSet & { volume: string; file: string; keep: number }, context: OperationContext): Promise<void> {
  return forEachPod(step, context, `has a truncated ${step.file}`, ({ uid }) => {
    const file = volumeFile(context, uid, step.volume, step.file);
    truncateSync(file, Math.floor(statSync(file).size * step.keep));
  });
}

function signalPods(step: PodSet & { container: string; signal: NodeJS.Signals }, context: OperationContext): Promise<void> {
  return forEachPod(step, context, `got ${step.signal}`, ({ uid, name }) => {
    const record = path.join(recordsFolder(context.paths.pods), `${uid}.${step.container}`);
    if (!existsSync(record)) throw new Error(`container ${step.container} of ${name} is not running`);
    signal(-(JSON.parse(readFileSync(record, 'utf8')) as ProcessIdentity).pid, step.signal);
  });
}

async function evict({ namespace, name }: { namespace: string; name: string }, context: OperationContext): Promise<void> {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  await kubectl(context, ['create', '--raw', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, '-f', '-'], JSON.stringify(eviction));
}

async function replaceInConfigMap(step: { namespace: string; name: string; key: string; from: string; to: string }, context: OperationContext): Promise<void> {
  const object = JSON.parse(await kubectl(context, ['-n', step.namespace, 'get', 'configmap', step.name, '-o', 'json'])) as { data?: Record<string, string> };
  const before = object.data?.[step.key] ?? '';
  if (!before.includes(step.from)) throw new Error(`ConfigMap ${step.name} has no "${step.from}" in ${step.key}; heal other faults first`);
  const patch = { data: { [step.key]: before.replaceAll(step.from, step.to) } };
  context.say((await kubectl(context, ['-n', step.namespace, 'patch', 'configmap', step.name, '--type=merge', '-p', JSON.stringify(patch)])).trim());
}

function awaitPods(step: PodSet & { state: PodState; count?: number | undefined; seconds: number }, context: OperationContext): Promise<void> {
  return until(`pods to be ${step.state}`, step.seconds, async () => {
    const pods = await podsOf(step, context);
    const wanted = step.count ?? (step.pods ? (context.selected.get(step.pods)?.length ?? 0) : pods.length);
    return pods.filter((pod) => isInState(pod, step.state)).length >= wanted;
  });
}

function awaitVolumeFile(step: PodSet & { volume: string; file: string; contains: string; seconds: number }, context: OperationContext): Promise<void> {
  return until(`${step.file} to reach its pods`, step.seconds, async () =>
    (await podsOf(step, context)).every(({ metadata }) => {
      const file = volumeFile(context, metadata.uid, step.volume, step.file);
      return existsSync(file) && readFileSync(file, 'utf8').includes(step.contains);
    }),
  );
}

async function until(what: string, seconds: number, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + seconds * 1_000;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s for ${what} in vain`);
    await sleep(POLL_MS);
  }
}
