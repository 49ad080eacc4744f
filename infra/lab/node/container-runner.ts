import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Container, Pod, Resources } from '../api/types';
import { ContainerLog } from './container-log';
import { invocation } from './container-env';
import { ContainerProcess, type Exit } from './container-process';
import { kubernetesTime, knownStatus, terminated, waitingStatus, type ContainerState, type ContainerStatus } from './container-status';
import type { ControlGroup, ControlGroups } from './control-groups';
import { findImage } from './images';
import { Prober, type ProbeKind } from './probes';
import { createRootfs, enterScript, type Mount } from './rootfs';
import { memoryLimit, sameResources } from './resources';
import { restartDelayMs, type Timings } from './timings';

/** What a container needs from its pod. */
export interface ContainerHost {
  readonly pod: Pod;
  readonly podIp: string;
  readonly timings: Timings;
  readonly rootFolder: string;
  readonly logFolder: string;
  readonly recordFile: string;
  readonly controlGroups: ControlGroups;
  readonly mounts: readonly Mount[];
  variables(): Readonly<Record<string, string>>;
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
  private resources: Resources | undefined;
  private group: ControlGroup | undefined;
  private oomEvents = 0;
  private resizeProblem: string | undefined;

  constructor(
    readonly container: Container,
    private readonly host: ContainerHost,
  ) {
    this.log = new ContainerLog(host.logFolder);
    this.resources = container.resources;
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

  /** Why the last resize could not be done; undefined when it was. */
  get resizeError(): string | undefined {
    return this.resizeProblem;
  }

  /** Gives the running container other limits, without a restart. What is in use already cannot be taken away. */
  resize(resources: Resources | undefined): void {
    if (sameResources(resources, this.resources) && !this.resizeProblem) return;
    try {
      this.group?.limitMemory(memoryLimit(resources));
      this.resources = resources;
      this.resizeProblem = undefined;
      this.update(this.actualResources());
    } catch (error) {
      this.resizeProblem = `container ${this.container.name}: the memory limit could not be set: ${(error as Error).message}`;
      this.host.changed();
    }
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
    const { env, command } = invocation(container, host.pod, host.podIp, Object.keys(image), host.variables());
    const hostname = host.pod.spec.hostname ?? host.pod.metadata.name;
    const subdomain = host.pod.spec.subdomain;
    const mounts = createRootfs(host.rootFolder, { hostname, namespace: host.pod.metadata.namespace ?? 'default', podIp: host.podIp, ...(subdomain ? { subdomain } : {}) }, image, host.mounts);
    const script = enterScript(host.rootFolder, hostname, mounts, container.workingDir ?? '/', command);
    const group = host.controlGroups.create(`${host.pod.metadata.uid}.${container.name}.${run}`, memoryLimit(this.resources));
    const process = new ContainerProcess(`${group.joinScript}\n${script}`, env, this.log, run, host.recordFile);
    this.group = group;
    this.process = process;
    this.update({ containerID, imageID: container.image, state: { running: { startedAt: kubernetesTime(process.startedAt) } }, started: !container.startupProbe, ready: !container.readinessProbe && !container.startupProbe, ...this.actualResources() });
    host.event('Normal', 'Started', `Started container ${container.name}`);
    const prober = new Prober(container, host.podIp, { onVerdict: (kind, passed) => this.onVerdict(kind, passed, process), onFailure: (kind, message) => host.event('Warning', 'Unhealthy', `${kind[0]?.toUpperCase()}${kind.slice(1)} probe failed: ${message}`) });
    const exit = this.withCause(await process.ended, group);
    prober.stop();
    this.process = undefined;
    this.group = undefined;
    group.remove();
    const state = { terminated: terminated(exit, containerID) };
    this.update({ state, ready: false, started: false });
    return exit;
  }

  /** A container counts as killed for its memory when the kernel did so, and it ended by that. */
  private withCause(exit: Exit, group: ControlGroup): Exit {
    const kills = group.oomKills();
    this.oomEvents += kills;
    return { ...exit, oomKilled: kills > 0 && exit.signal === 'SIGKILL' };
  }

  private actualResources(): Pick<ContainerStatus, 'resources' | 'allocatedResources'> {
    const { resources } = this;
    return { resources: resources ?? {}, ...(resources?.requests ? { allocatedResources: resources.requests } : {}) };
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
