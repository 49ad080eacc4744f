import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PracticeCluster } from '../../../activities/practice/cluster';
import type { KubernetesObject } from '../../../activities/kubernetes/gateway';
import type { ObjectReference } from '../../../workflows/contracts';

export const RUNBOOKS = path.join(__dirname, '../../../runbooks');

/** A practice cluster in a folder of its own, with a clock that the test moves. */
export class Practice {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-practice-'));
  private time = Date.parse('2026-11-22T03:00:00Z');
  readonly now = () => new Date(this.time);
  cluster = this.reopened();

  /** As a process sees it that has just started. */
  reopened(): PracticeCluster {
    return PracticeCluster.open(this.folder, RUNBOOKS, { now: this.now });
  }

  pass(milliseconds: number): void {
    this.time += milliseconds;
  }

  pods(app: string): Promise<KubernetesObject[]> {
    return this.cluster.gateway.list({ apiVersion: 'v1', kind: 'Pod' }, 'monitoring', { app });
  }

  async pod(name: string): Promise<KubernetesObject> {
    return (await this.find('v1', 'Pod', name))!;
  }

  find(apiVersion: string, kind: string, name: string): Promise<KubernetesObject | undefined> {
    return this.cluster.gateway.read({ apiVersion, kind, namespace: 'monitoring', name });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function reference({ apiVersion, kind, metadata }: KubernetesObject): ObjectReference {
  return { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid ?? '' };
}

/** What a reader of `kubectl get pods` sees: "1/1 Running", "0/1 CrashLoopBackOff". */
export function shown(pod: KubernetesObject): string {
  const status = pod['status'] as { phase?: string; containerStatuses?: Array<{ ready: boolean; state?: { waiting?: { reason?: string } } }> };
  const [container] = status.containerStatuses ?? [];
  return `${container?.ready ? 1 : 0}/1 ${container?.state?.waiting?.reason ?? status.phase}`;
}
