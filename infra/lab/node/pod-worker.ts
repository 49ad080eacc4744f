import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../api/client';
import type { Container, Pod } from '../api/types';
import { addAddress, removeAddress } from '../cluster/addresses';
import { ContainerRunner } from './container-runner';
import { waitingStatus } from './container-status';
import { recordsFolder } from './container-process';
import type { NodeContext } from './context';
import { podStatus } from './pod-status';
import type { Mount } from './rootfs';
import { PodVolumes, VolumeNotReady } from './volumes';

/** Pause before a pod whose volumes are not ready looks again; the kubelet's own first pause. */
const VOLUME_RETRY_MS = 500;
/** Changes that come together are reported together. */
const STATUS_DELAY_MS = 30;
const STATUS_RETRY_MS = 1_000;

/** One pod from its binding to its end. */
export class PodWorker {
  private readonly startedAt = new Date();
  private readonly abort = new AbortController();
  private readonly podIp: string;
  private readonly volumes: PodVolumes;
  private init: ContainerRunner[] = [];
  private containers: ContainerRunner[] = [];
  private initialized = false;
  private finished = false;
  private ending: Promise<void> | undefined;
  private statusTimer: NodeJS.Timeout | undefined;
  private reported = '';
  private reporting: Promise<void> = Promise.resolve();

  constructor(
    private pod: Pod,
    private readonly context: NodeContext,
  ) {
    this.podIp = context.addresses.allocate(pod.status?.podIP);
    this.volumes = new PodVolumes(pod, path.join(this.folder, 'volumes'), this.podIp, context.volumeSources);
  }

  /** The container's log file. @returns undefined for an unknown container */
  logFile(container: string, previous: boolean): string | undefined {
    return [...this.containers, ...this.init].find((runner) => runner.container.name === container)?.logFile(previous);
  }

  async run(): Promise<void> {
    await addAddress(this.podIp);
    this.init = (this.pod.spec.initContainers ?? []).map((container) => this.runner(container));
    this.containers = this.pod.spec.containers.map((container) => this.runner(container));
    this.changed();
    await this.mountVolumes();
    for (const runner of this.init) {
      const code = await runner.run(this.pod.spec.restartPolicy === 'Never' ? 'Never' : 'OnFailure');
      if (this.abort.signal.aborted) return;
      if (code !== 0) return this.finish();
    }
    this.initialized = true;
    this.changed();
    await Promise.all(this.containers.map((runner) => runner.run(this.pod.spec.restartPolicy ?? 'Always')));
    if (!this.abort.signal.aborted) this.finish();
  }

  /** Takes note of a new version of the pod object. */
  update(pod: Pod): void {
    this.pod = pod;
    for (const runner of this.containers) runner.resize(pod.spec.containers.find(({ name }) => name === runner.container.name)?.resources);
    if (pod.metadata.deletionTimestamp) void this.end(this.context.timings.graceMs(pod.metadata.deletionGracePeriodSeconds ?? 30));
  }

  /** Brings ConfigMap and Secret volumes up to date. */
  async syncVolumes(): Promise<void> {
    if (!this.abort.signal.aborted) await this.volumes.sync().catch((error: Error) => console.log(`volumes of ${this.pod.metadata.name}: ${error.message}`));
  }

  /** Ends the pod and, where it still exists, tells the API server that it is gone. */
  end(graceMs: number): Promise<void> {
    this.ending ??= this.terminate(graceMs);
    return this.ending;
  }

  /** Ends the processes at once and leaves the object alone: the node agent itself is ending. */
  async kill(): Promise<void> {
    this.abort.abort();
    await Promise.all([...this.init, ...this.containers].map((runner) => runner.stop(0)));
  }

  private async terminate(graceMs: number): Promise<void> {
    this.abort.abort();
    const all = [...this.init, ...this.containers];
    for (const { container, status } of all) if ('running' in status.state) this.event('Normal', 'Killing', `Stopping container ${container.name}`);
    await Promise.all(all.map((runner) => runner.stop(graceMs)));
    await removeAddress(this.podIp);
    this.context.addresses.release(this.podIp);
    await this.report().catch(() => undefined);
    clearTimeout(this.statusTimer);
    const { namespace, name, uid } = this.pod.metadata;
    await this.context.api
      .delete(`/api/v1/namespaces/${namespace}/pods/${name}`, { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, preconditions: { uid } })
      .catch((error: unknown) => {
        if (!(error instanceof ApiError && (error.status === 404 || error.status === 409))) throw error;
      });
    rmSync(this.folder, { recursive: true, force: true });
  }

  private finish(): void {
    this.finished = true;
    this.changed();
  }

  private async mountVolumes(): Promise<void> {
    while (!this.abort.signal.aborted) {
      try {
        await this.volumes.sync();
        for (const { container } of [...this.init, ...this.containers]) this.volumes.variables(container);
        return;
      } catch (error) {
        if (!(error instanceof VolumeNotReady || error instanceof ApiError)) throw error;
        this.event('Warning', 'FailedMount', `MountVolume.SetUp failed: ${error.message}`);
        await sleep(VOLUME_RETRY_MS, undefined, { signal: this.abort.signal }).catch(() => undefined);
      }
    }
  }

  private runner(container: Container): ContainerRunner {
    const { namespace, name, uid } = this.pod.metadata;
    return new ContainerRunner(container, {
      pod: this.pod,
      podIp: this.podIp,
      timings: this.context.timings,
      controlGroups: this.context.controlGroups,
      rootFolder: path.join(this.folder, 'rootfs', container.name),
      logFolder: path.join(this.context.logs, `${namespace}_${name}_${uid}`, container.name),
      recordFile: path.join(recordsFolder(this.context.pods), `${uid}.${container.name}`),
      mounts: (container.volumeMounts ?? []).map((mount): Mount => ({ source: path.join(this.volumes.path(mount.name), mount.subPath ?? ''), target: mount.mountPath, readOnly: mount.readOnly ?? this.volumes.isReadOnly(mount.name) })),
      variables: () => this.volumes.variables(container),
      changed: () => this.changed(),
      event: (type, reason, message) => this.event(type, reason, message),
    });
  }

  private get folder(): string {
    return path.join(this.context.pods, this.pod.metadata.uid);
  }

  private event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.context.events.post(this.pod, type, reason, message);
  }

  private changed(): void {
    this.statusTimer ??= setTimeout(() => {
      this.statusTimer = undefined;
      this.reporting = this.reporting.then(() => this.report()).catch((error: unknown) => {
        if (error instanceof ApiError && (error.status === 404 || error.status === 409)) return;
        setTimeout(() => this.changed(), STATUS_RETRY_MS).unref();
      });
    }, STATUS_DELAY_MS);
  }

  private async report(): Promise<void> {
    const init = this.init.map(({ status }) => ({ ...status, ready: 'terminated' in status.state && status.state.terminated.exitCode === 0 }));
    const containers = this.containers.map((runner) => (this.initialized ? runner.status : waitingStatus(runner.container, init.length > 0 ? 'PodInitializing' : 'ContainerCreating', runner.status.restartCount)));
    const status = podStatus(this.pod, { podIp: this.podIp, startedAt: this.startedAt, initialized: this.initialized, init, containers, finished: this.finished, resizeErrors: this.containers.flatMap(({ resizeError }) => resizeError ?? []) });
    const text = JSON.stringify(status);
    if (text === this.reported) return;
    const { namespace, name, uid } = this.pod.metadata;
    // The uid makes this a 409 when a new pod already has the name.
    this.pod = await this.context.api.patch<Pod>(`/api/v1/namespaces/${namespace}/pods/${name}/status`, { metadata: { uid }, status });
    this.reported = text;
  }
}
