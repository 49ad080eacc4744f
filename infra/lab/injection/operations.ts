import { existsSync, readFileSync, truncateSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pod } from '../api/types';
import { binary } from '../build';
import { runningLab } from '../handle';
import { captureInLab } from '../namespaces';
import { recordsFolder } from '../node/container-process';
import type { LabPaths } from '../paths';
import { signal, type ProcessIdentity } from '../process-identity';
import { choose } from './choose';
import { signalComponent, type ComponentName } from './components';
import type { Operation, PodState } from './fault-file';
import { isInState } from './lab-pods';
import { loadJob } from './load-job';
import { damage, fillTo, matchingFiles, removeMatching, useUpInodes } from './volume-files';

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
  if ('signalComponent' in operation) return toComponent(operation.signalComponent, context);
  if ('delete' in operation) return forEachPod(operation.delete, context, 'deleted', ({ namespace, name }) => kubectl(context, ['-n', namespace, 'delete', 'pod', name, '--wait=false']));
  if ('evict' in operation) return forEachPod(operation.evict, context, 'evicted', (pod) => evict(pod, context));
  if ('replaceInConfigMap' in operation) return replaceInConfigMap(operation.replaceInConfigMap, context);
  if ('replaceInSecret' in operation) return replaceInSecret(operation.replaceInSecret, context);
  if ('setMemoryLimit' in operation) return setMemoryLimit(operation.setMemoryLimit, context);
  if ('startLoad' in operation) return kubectlStep({ args: ['create', '-f', '-'], input: JSON.stringify(loadJob(operation.startLoad)) }, context);
  if ('awaitLog' in operation) return awaitLog(operation.awaitLog, context);
  if ('fillVolume' in operation) return fillVolume(operation.fillVolume, context);
  if ('exhaustInodes' in operation) return exhaustInodes(operation.exhaustInodes, context);
  if ('damageVolumeFiles' in operation) return damageFiles(operation.damageVolumeFiles, context);
  if ('removeVolumeFiles' in operation) return removeFiles(operation.removeVolumeFiles, context);
  if ('awaitPods' in operation) return awaitPods(operation.awaitPods, context);
  return awaitVolumeFile(operation.awaitVolumeFile, context);
}

const kubectl = (context: OperationContext, args: readonly string[], input?: string): Promise<string> =>
  captureInLab([binary('kubectl'), '--kubeconfig', context.paths.adminKubeconfig, ...args], context.paths, input === undefined ? {} : { input });

async function kubectlStep({ args, input }: { args: string[]; input?: string | undefined }, context: OperationContext): Promise<void> {
  const filled = args.map((word) => word.replaceAll('{manifests}', context.paths.manifests).replaceAll('{secrets}', context.paths.secrets));
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

/** A file of a pod's volume, as the lab's own processes see it: file systems are mounted in their mount namespace only. */
function volumeFile({ paths }: OperationContext, uid: string, volume: string, file: string): string {
  return path.join(`/proc/${runningLab(paths).supervisor.pid}/root`, paths.pods, uid, 'volumes', volume, file);
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

function toComponent({ component, signal: name }: { component: ComponentName; signal: NodeJS.Signals }, context: OperationContext): void {
  signalComponent(context.paths, component, name);
  context.say(`${component} got ${name}`);
}

async function evict({ namespace, name }: { namespace: string; name: string }, context: OperationContext): Promise<void> {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  await kubectl(context, ['create', '--raw', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, '-f', '-'], JSON.stringify(eviction));
}

interface Replacement {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
  readonly from: string;
  readonly to: string;
}

interface WithData {
  readonly data?: Readonly<Record<string, string>>;
}

function replacedText(kind: string, { name, key, from, to }: Replacement, before: string): string {
  if (!before.includes(from)) throw new Error(`${kind} ${name} has no "${from}" in ${key}; heal other faults first`);
  return before.replaceAll(from, to);
}

async function replaceInConfigMap(step: Replacement, context: OperationContext): Promise<void> {
  const object = JSON.parse(await kubectl(context, ['-n', step.namespace, 'get', 'configmap', step.name, '-o', 'json'])) as WithData;
  const patch = { data: { [step.key]: replacedText('ConfigMap', step, object.data?.[step.key] ?? '') } };
  context.say((await kubectl(context, ['-n', step.namespace, 'patch', 'configmap', step.name, '--type=merge', '-p', JSON.stringify(patch)])).trim());
}

/** The object goes through standard input: what a command line says, everybody on the machine can read. */
async function replaceInSecret(step: Replacement, context: OperationContext): Promise<void> {
  const object = JSON.parse(await kubectl(context, ['-n', step.namespace, 'get', 'secret', step.name, '-o', 'json'])) as WithData;
  const before = Buffer.from(object.data?.[step.key] ?? '', 'base64').toString();
  const data = { ...object.data, [step.key]: Buffer.from(replacedText('Secret', step, before)).toString('base64') };
  context.say((await kubectl(context, ['replace', '-f', '-'], JSON.stringify({ ...object, data }))).trim());
}

function setMemoryLimit(step: PodSet & { container: string; limit: string; request?: string | undefined }, context: OperationContext): Promise<void> {
  const patch = { spec: { containers: [{ name: step.container, resources: { limits: { memory: step.limit }, ...(step.request ? { requests: { memory: step.request } } : {}) } }] } };
  return forEachPod(step, context, `may use ${step.limit}`, ({ namespace, name }) => kubectl(context, ['-n', namespace, 'patch', 'pod', name, '--subresource=resize', '-p', JSON.stringify(patch)]));
}

function fillVolume(step: PodSet & { volume: string; file: string; percent: number }, context: OperationContext): Promise<void> {
  return forEachPod(step, context, `has a volume that is ${step.percent} % full`, ({ uid }) => fillTo(volumeFile(context, uid, step.volume, ''), step.file, step.percent));
}

function exhaustInodes(step: PodSet & { volume: string; folder: string }, context: OperationContext): Promise<void> {
  return forEachPod(step, context, 'has a volume without free inodes', ({ uid }) => useUpInodes(volumeFile(context, uid, step.volume, ''), step.folder));
}

function damageFiles(step: PodSet & { volume: string; glob: string; which: 'all' | 'first' | 'last'; as: 'empty' | 'garbage'; from: number }, context: OperationContext): Promise<void> {
  return forEachPod(step, context, `has damaged files (${step.glob}, ${step.as})`, ({ uid }) => {
    const folder = volumeFile(context, uid, step.volume, '');
    for (const name of matchingFiles(folder, step.glob, step.which)) {
      damage(path.join(folder, name), step.as, step.from);
      context.say(`  ${name}`);
    }
  });
}

function removeFiles(step: PodSet & { volume: string; glob: string }, context: OperationContext): Promise<void> {
  return forEachPod(step, context, `has no ${step.glob}`, ({ uid }) => removeMatching(volumeFile(context, uid, step.volume, ''), step.glob));
}

/** In the log of the container's present run or of the one before. */
function awaitLog(step: PodSet & { container: string; contains: string; seconds: number }, context: OperationContext): Promise<void> {
  const log = (name: string, ...options: string[]): Promise<string> => kubectl(context, ['-n', step.namespace, 'logs', name, '-c', step.container, ...options]).catch(() => '');
  return until(`"${step.contains}" in the log of ${step.container}`, step.seconds, async () => {
    const pods = await podsOf(step, context);
    const logs = await Promise.all(pods.map(async ({ metadata }) => `${await log(metadata.name)}${await log(metadata.name, '--previous')}`));
    return logs.length > 0 && logs.every((text) => text.includes(step.contains));
  });
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
