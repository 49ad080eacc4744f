import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Container, Pod } from '../api/types';
import { ContainerLog } from './container-log';
import { invocation } from './container-env';
import { ContainerProcess, type Exit } from './container-process';
import { kubernetesTime, knownStatus, terminated, waitingStatus, type ContainerState, type ContainerStatus } from './container-status';
import { findImage } from './images';
import { Prober, type ProbeKind } from './probes';
import { createRootfs, enterScript, type Mount } from './rootfs';
import { restartDelayMs, type Timings } from './timings';

/** What a container needs from its pod. */
export interface ContainerHost {
  readonly pod: Pod;
  readonly podIp: string;
  readonly timings: Timings;
  readonly rootFolder: string;
  readonly logFolder: string;
  readonly recordFile: string;
  readonly mounts: readonly Mount[];
  changed(): void;
  event(type: 'Normal' | 'Warning', reason: string, message: string): void;
}

/** Keeps one container in the state that its pod's restart policy asks for, and knows its status. */
export class ContainerRunner {
  private current: ContainerStatus;
  private process: ContainerProcess | undefined;
  private readonly log: ContainerLog;
  private readonly abort = new AbortController();
  private crashes = 0;

  constructor(
    readonly container: Container,
    private readonly host: ContainerHost,
  ) {
    this.log = new ContainerLog(host.logFolder);
    const known = knownStatus(host.pod, container.name);
    // A run that an earlier node agent knew has ended with that agent: this is the next one.
    this.current = waitingStatus(container, 'PodInitializing', known ? known.restartCount + (known.containerID ? 1 : 0) : 0);
  }

  get status(): ContainerStatus {
    return this.current;
  }

  /** Log file of the current run, or of the one before it. */
  logFile(previous: boolean): string {
    return this.log.file(this.current.restartCount - (previous ? 1 : 0));
  }

  /** Runs until the restart policy is satisfied or the pod ends. @returns the last exit code, if it ever ran */
  async run(policy: 'Always' | 'OnFailure' | 'Never'): Promise<number | undefined> {
    let last: Exit | undefined;
    while (!this.abort.signal.aborted) {
      const image = await this.pull();
      if (!image) break;
      last = await this.runOnce(image);
      if (this.abort.signal.aborted || policy === 'Never' || (policy === 'OnFailure' && last.exitCode === 0)) break;
      await this.backOff(last);
    }
    return last?.exitCode;
  }

  async stop(graceMs: number): Promise<void> {
    this.abort.abort();
    await this.process?.stop(graceMs);
  }

  private async runOnce(image: NonNullable<ReturnType<typeof findImage>>): Promise<Exit> {
    const { host, container } = this;
    const containerID = `process://${randomUUID()}`;
    const run = this.current.restartCount;
    const { env, command } = invocation(container, host.pod, host.podIp);
    const hostname = host.pod.spec.hostname ?? host.pod.metadata.name;
    const subdomain = host.pod.spec.subdomain;
    const mounts = createRootfs(host.rootFolder, { hostname, namespace: host.pod.metadata.namespace ?? 'default', podIp: host.podIp, ...(subdomain ? { subdomain } : {}) }, image, host.mounts);
    const script = enterScript(host.rootFolder, hostname, mounts, container.workingDir ?? '/', command);
    const process = new ContainerProcess(script, env, this.log, run, host.recordFile);
    this.process = process;
    this.update({ containerID, imageID: container.image, state: { running: { startedAt: kubernetesTime(process.startedAt) } }, started: !container.startupProbe, ready: !container.readinessProbe && !container.startupProbe });
    host.event('Normal', 'Started', `Started container ${container.name}`);
    const prober = new Prober(container, host.podIp, { onVerdict: (kind, passed) => this.onVerdict(kind, passed, process), onFailure: (kind, message) => host.event('Warning', 'Unhealthy', `${kind[0]?.toUpperCase()}${kind.slice(1)} probe failed: ${message}`) });
    const exit = await process.ended;
    prober.stop();
    this.process = undefined;
    const state = { terminated: terminated(exit, containerID) };
    this.update({ state, ready: false, started: false });
    return exit;
  }

  private onVerdict(kind: ProbeKind, passed: boolean, process: ContainerProcess): void {
    if (kind === 'readiness') return this.update({ ready: passed });
    if (kind === 'startup' && passed) return this.update({ started: true, ready: !this.container.readinessProbe });
    if (passed) return;
    this.host.event('Normal', 'Killing', `Container ${this.container.name} failed ${kind} probe, will be restarted`);
    void process.stop(this.host.timings.graceMs(this.host.pod.spec.terminationGracePeriodSeconds ?? 30));
  }

  /** Waits as long as the number of crashes asks for, shown as CrashLoopBackOff, and counts the restart. */
  private async backOff(exit: Exit): Promise<void> {
    const { timings, pod } = this.host;
    if (exit.finishedAt.getTime() - exit.startedAt.getTime() >= timings.backoffResetMs) this.crashes = 0;
    this.crashes += 1;
    const delay = restartDelayMs(this.crashes, timings);
    const lastState = 'terminated' in this.current.state ? this.current.state : {};
    if (delay > 0) {
      const message = `back-off ${delay / 1_000}s restarting failed container=${this.container.name} pod=${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
      this.update({ state: { waiting: { reason: 'CrashLoopBackOff', message } }, lastState });
      this.host.event('Warning', 'BackOff', `Back-off restarting failed container ${this.container.name} in pod ${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`);
      await this.pause(delay);
    }
    if (!this.abort.signal.aborted) this.update({ restartCount: this.current.restartCount + 1, lastState });
  }

  /** Finds the image; an unknown one is asked for again and again, as from a registry. */
  private async pull(): Promise<ReturnType<typeof findImage>> {
    for (let failures = 1; !this.abort.signal.aborted; failures += 1) {
      const { image } = this.container;
      const found = findImage(image);
      if (found) return found;
      this.update({ state: { waiting: { reason: 'ErrImagePull', message: `failed to pull "${image}": not found` } } });
      this.host.event('Warning', 'Failed', `Failed to pull image "${image}": not found`);
      // The reason alternates, because a new attempt replaces the back-off for a moment.
      await this.pause(Math.min(1_000, restartDelayMs(failures + 1, this.host.timings)));
      this.update({ state: { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` } } });
      this.host.event('Normal', 'BackOff', `Back-off pulling image "${image}"`);
      await this.pause(restartDelayMs(failures + 1, this.host.timings));
    }
    return undefined;
  }

  private async pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.abort.signal }).catch(() => undefined);
  }

  private update(change: Partial<ContainerStatus> & { state?: ContainerState }): void {
    this.current = { ...this.current, ...change };
    this.host.changed();
  }
}
