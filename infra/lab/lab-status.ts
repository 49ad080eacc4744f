import { readFileSync } from 'node:fs';
import { binary } from './build';
import { sumOf } from './cluster/metrics';
import { getFromLab } from './forward';
import { readHandle } from './handle';
import { appliedFaults, type AppliedFault } from './injection/engine';
import { captureInLab, processesIn } from './namespaces';
import { timings } from './node/timings';
import type { PartName } from './parts';
import type { LabPaths } from './paths';
import { podRows, type PodRow } from './pod-rows';
import { isAlive } from './process-identity';
import { GATEWAY_IP, GATEWAY_PORT, NODE_IP, URLS } from './settings';

/** Everything that a program needs to work with a lab. */
export interface LabStatus {
  readonly running: boolean;
  readonly dir: string;
  readonly lab?: RunningLabStatus;
}

export interface RunningLabStatus {
  readonly ready: boolean;
  readonly startedAt: string;
  /** Scales rules, Alertmanager's timings, back-off and grace periods; 0.05 is one twentieth. */
  readonly factor: number;
  /** What it has besides its core. */
  readonly parts: readonly PartName[];
  readonly crashLoopBackoffCapSeconds: number;
  readonly kubeconfig: string;
  readonly nightshiftKubeconfig: string;
  readonly auditLog: string;
  readonly logs: string;
  /** Directory of manifests: what the cluster should be. */
  readonly desiredState: string;
  readonly webhook: { readonly url: string; readonly tokenFile: string };
  /** Where a gateway inside the lab has to listen to get Alertmanager's posts. */
  readonly gateway: { readonly host: string; readonly port: number };
  readonly nodeIp: string;
  readonly urls: typeof URLS;
  readonly namespaces: { readonly netns: string; readonly pid: number };
  readonly portal: string;
  readonly remoteWrite: { readonly lagSeconds: number | null };
  readonly memoryMiB: number;
  readonly pods: readonly PodRow[];
  readonly faults: readonly AppliedFault[];
}

/** State of the lab of a folder. Never throws because the lab is not there: that is a state too. */
export async function labStatus(paths: LabPaths): Promise<LabStatus> {
  const handle = readHandle(paths);
  if (!handle || !isAlive(handle.supervisor)) return { running: false, dir: paths.dir };
  const [pods, lagSeconds] = await Promise.all([readPods(paths), readLag(paths)]);
  return {
    running: true,
    dir: paths.dir,
    lab: {
      ready: handle.ready,
      startedAt: handle.startedAt,
      factor: handle.factor,
      parts: handle.parts,
      crashLoopBackoffCapSeconds: timings(handle.factor).backoffCapMs / 1_000,
      kubeconfig: paths.adminKubeconfig,
      nightshiftKubeconfig: paths.nightshiftKubeconfig,
      auditLog: paths.auditLog,
      logs: paths.logs,
      desiredState: paths.manifests,
      webhook: { url: handle.webhookUrl, tokenFile: paths.webhookToken },
      gateway: { host: GATEWAY_IP, port: GATEWAY_PORT },
      nodeIp: NODE_IP,
      urls: URLS,
      namespaces: { netns: paths.netns, pid: handle.supervisor.pid },
      portal: paths.portal,
      remoteWrite: { lagSeconds },
      memoryMiB: memoryMiB(handle.netnsInode),
      pods,
      faults: appliedFaults(paths),
    },
  };
}

async function readPods(paths: LabPaths): Promise<PodRow[]> {
  const output = await captureInLab([binary('kubectl'), '--kubeconfig', paths.adminKubeconfig, 'get', 'pods', '--all-namespaces', '-o', 'json'], paths).catch(() => '{"items":[]}');
  return podRows(output);
}

/** Seconds that the agent is behind, by its own metrics; null when it does not answer or has never sent. */
async function readLag(paths: LabPaths): Promise<number | null> {
  try {
    const { body } = await getFromLab(`${URLS.agentPrometheus}/metrics`, paths, 3_000);
    const sent = sumOf(body, 'prometheus_remote_storage_queue_highest_sent_timestamp_seconds');
    return sent ? Math.round((Date.now() / 1_000 - sent) * 10) / 10 : null;
  } catch {
    return null;
  }
}

/** Proportional share of memory, so that a binary that runs three times is not counted three times. */
function memoryMiB(netnsInode: number): number {
  const kib = processesIn(netnsInode).map((pid) => {
    try {
      return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return Math.round(kib.reduce((sum, value) => sum + value, 0) / 1_024);
}
