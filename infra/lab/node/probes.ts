import http from 'node:http';
import net from 'node:net';
import type { Container, Probe } from '../api/types';

/** The kubelet's own defaults. */
const DEFAULTS = { periodSeconds: 10, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 3, initialDelaySeconds: 0 } as const;

export type ProbeKind = 'startup' | 'readiness' | 'liveness';

export interface ProbeListener {
  /** The probe's verdict changed: it passed or failed often enough. */
  onVerdict(kind: ProbeKind, passed: boolean): void;
  /** One attempt failed. */
  onFailure(kind: ProbeKind, message: string): void;
}

/** Asks one container, over HTTP or TCP, from its start until `stop`. */
export class Prober {
  private readonly timers = new Set<NodeJS.Timeout>();
  private stopped = false;

  constructor(
    private readonly container: Container,
    private readonly podIp: string,
    private readonly listener: ProbeListener,
  ) {
    if (container.startupProbe) this.watch('startup', container.startupProbe);
    else this.startOthers();
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) clearTimeout(timer);
  }

  private startOthers(): void {
    const { readinessProbe, livenessProbe } = this.container;
    if (readinessProbe) this.watch('readiness', readinessProbe);
    if (livenessProbe) this.watch('liveness', livenessProbe);
  }

  private watch(kind: ProbeKind, probe: Probe): void {
    const settings = { ...DEFAULTS, ...probe };
    let inARow = { passed: true, count: 0 };
    const attempt = async (): Promise<void> => {
      const failure = await this.ask(probe, settings.timeoutSeconds * 1_000);
      if (this.stopped) return;
      const passed = failure === undefined;
      inARow = { passed, count: inARow.passed === passed ? inARow.count + 1 : 1 };
      if (!passed) this.listener.onFailure(kind, failure);
      const needed = passed ? settings.successThreshold : settings.failureThreshold;
      if (inARow.count === needed) this.listener.onVerdict(kind, passed);
      if (kind === 'startup' && passed) this.startOthers();
      else this.later(attempt, settings.periodSeconds * 1_000);
    };
    this.later(attempt, settings.initialDelaySeconds * 1_000);
  }

  private later(task: () => Promise<void>, delayMs: number): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      void task();
    }, delayMs);
    this.timers.add(timer);
  }

  /** @returns undefined when the container answered well, else why not */
  private ask(probe: Probe, timeoutMs: number): Promise<string | undefined> {
    if (probe.httpGet) return askHttp(`http://${this.podIp}:${this.port(probe.httpGet.port)}${probe.httpGet.path ?? '/'}`, timeoutMs);
    if (probe.tcpSocket) return askTcp(this.podIp, this.port(probe.tcpSocket.port), timeoutMs);
    return Promise.resolve('the lab knows httpGet and tcpSocket probes only');
  }

  private port(port: number | string): number {
    if (typeof port === 'number') return port;
    return this.container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port);
  }
}

function askHttp(url: string, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = http.get(url, { agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(status >= 200 && status < 400 ? undefined : `HTTP probe failed with statuscode: ${status}`);
    });
    request.on('timeout', () => request.destroy(new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)')));
    request.on('error', (error) => resolve(`Get "${url}": ${error.message}`));
  });
}

function askTcp(host: string, port: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: timeoutMs });
    const done = (failure?: string) => {
      socket.destroy();
      resolve(failure);
    };
    socket.on('connect', () => done());
    socket.on('timeout', () => done(`dial tcp ${host}:${port}: i/o timeout`));
    socket.on('error', (error) => done(`dial tcp ${host}:${port}: ${error.message}`));
  });
}
