import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient } from '../api/client';
import type { Pod } from '../api/types';
import { assetFolder, binary } from '../build';
import { capture } from '../commands/capture';
import type { PartName } from '../parts';
import { labSource, type LabPaths } from '../paths';
import { URLS } from '../settings';
import type { ComponentProcess } from './component-process';
import { apiServer, controllerManager, etcd, scheduler, type Component } from './control-plane';
import { writeKubeconfig } from './kubeconfig';
import { sumOfMetric } from './metrics';

export interface BringUp {
  readonly paths: LabPaths;
  readonly factor: number;
  readonly parts: readonly PartName[];
  readonly start: (component: Component) => ComponentProcess;
  readonly progress: (text: string) => void;
}

/** Longest wait for one step; a step that takes this long on an idle machine is broken. */
const STEP_TIMEOUT_MS = 90_000;
const POLL_MS = 200;
/** Nightshift's token outlives any lab. */
const TOKEN_DURATION = '720h';

/** Starts the lab's parts in the order of their needs, and waits until metrics flow. */
export async function bringUp({ paths, factor, parts, start, progress }: BringUp): Promise<void> {
  progress('etcd and the API server');
  start(etcd(paths));
  start(apiServer(paths));
  const api = new ApiClient(paths.adminKubeconfig);
  await waitFor('the API server', () => api.get('/readyz').then(() => true));
  start(controllerManager(paths));
  start(scheduler(paths));
  await apply(paths, labSource('system'));
  progress('node agent, Service proxy and DNS');
  start(ownProcess('node-agent', 'node', [paths.dir, String(factor)]));
  start(ownProcess('network', 'net', [paths.dir]));
  progress('manifests');
  // Server-side: some of them are larger than an annotation may be.
  if (parts.includes('operator')) {
    await apply(paths, assetFolder('prometheus-operator'), '--server-side');
    await capture(binary('kubectl'), ['--kubeconfig', paths.adminKubeconfig, 'wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s']);
  }
  await apply(paths, path.join(paths.manifests, 'namespace.yaml'));
  await apply(paths, paths.secrets);
  await apply(paths, paths.manifests);
  await writeNightshiftKubeconfig(paths);
  progress('pods');
  await waitFor('all pods to be ready', () => allPodsReady(api));
  progress('first samples through remote write');
  await waitFor('remote write to deliver', async () => (await sumOfMetric(`${URLS.agentPrometheus}/metrics`, 'prometheus_remote_storage_queue_highest_sent_timestamp_seconds')) > 0);
}

/** One of the lab's own programs, from dist/. */
function ownProcess(name: string, folder: string, args: readonly string[]): Component {
  return { name, command: process.execPath, args: [path.join(__dirname, '..', folder, 'main.js'), ...args] };
}

/** Client-side apply, so that objects carry their last applied configuration, as most clusters' do. */
async function apply(paths: LabPaths, target: string, ...options: string[]): Promise<void> {
  await capture(binary('kubectl'), ['--kubeconfig', paths.adminKubeconfig, 'apply', ...options, '-f', target]);
}

async function writeNightshiftKubeconfig(paths: LabPaths): Promise<void> {
  const token = await capture(binary('kubectl'), ['--kubeconfig', paths.adminKubeconfig, '-n', 'nightshift', 'create', 'token', 'nightshift', `--duration=${TOKEN_DURATION}`]);
  writeKubeconfig(paths.nightshiftKubeconfig, paths, 'nightshift', { token: token.trim() });
}

interface PodSet {
  readonly spec: { readonly replicas?: number };
  readonly status: { readonly readyReplicas?: number; readonly numberReady?: number; readonly desiredNumberScheduled?: number };
}

async function allPodsReady(api: ApiClient): Promise<boolean> {
  const sets = await Promise.all(['statefulsets', 'deployments', 'daemonsets'].map((kind) => api.get<{ items: PodSet[] }>(`/apis/apps/v1/${kind}`)));
  const items = sets.flatMap((list) => list.items);
  const pods = await api.get<{ items: Pod[] }>('/api/v1/namespaces/monitoring/pods');
  return pods.items.length > 0 && items.every(({ spec, status }) => (status.readyReplicas ?? status.numberReady ?? 0) >= (spec.replicas ?? status.desiredNumberScheduled ?? 1));
}

/** @throws with the last error when it does not come true in time */
async function waitFor(what: string, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + STEP_TIMEOUT_MS;
  let last = 'not yet';
  while (Date.now() < deadline) {
    try {
      if (await check()) return;
      last = 'not yet';
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await sleep(POLL_MS);
  }
  throw new Error(`Waited ${STEP_TIMEOUT_MS / 1_000} s for ${what}: ${last}. The lab's logs say why.`);
}
