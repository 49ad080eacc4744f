import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { freePort } from '../embedded/ports';
import type { Configured } from '../kill-matrix/incident';
import { Lane, type GatewayAnswer } from '../kill-matrix/lane';
import type { PracticeApi } from '../kill-matrix/practice-api';
import { WorkerProcess } from '../kill-matrix/worker-process';

export const VICTIMS = ['worker 1', 'worker 2', 'gateway', 'Temporal'] as const;
export type Victim = (typeof VICTIMS)[number];

/** A webhook that is not answered within this is sent again, as Alertmanager does. */
const PATIENCE_PER_CALL_MS = 15_000;
const BACK_WITHIN_MS = 90_000;

/** A Nightshift of two workers, a gateway and Temporal, each a process that can be killed and is started again. */
export class Fleet {
  private constructor(
    readonly lane: Lane,
    private readonly processes: Record<Exclude<Victim, 'Temporal'>, WorkerProcess>,
    private readonly url: string,
  ) {}

  static async open(clusters: readonly string[], api: PracticeApi, configured: Configured): Promise<Fleet> {
    const lane = await Lane.open(clusters, api, configured);
    const start = (name: string, command?: readonly string[]) => WorkerProcess.start({ ...lane.workerOptions, logFile: path.join(lane.folder, `${name}.log`), ...(command && { command }) });
    const port = await freePort();
    try {
      const processes = { 'worker 1': lane.worker, 'worker 2': await start('worker-2'), gateway: await start('gateway', ['gateway', '--port', String(port)]) };
      return new Fleet(lane, processes, `http://127.0.0.1:${port}`);
    } catch (error) {
      await lane.close(true);
      throw error;
    }
  }

  get client(): Client {
    return this.lane.client;
  }

  /** Asks the gateway's process; what is not answered counts as 503. */
  async ask(method: 'GET' | 'POST', url: string, body?: object): Promise<GatewayAnswer> {
    try {
      const answer = await fetch(this.url + url, { method, headers: { authorization: `Bearer ${this.lane.token}`, ...(body && { 'content-type': 'application/json' }) }, ...(body && { body: JSON.stringify(body) }), signal: AbortSignal.timeout(PATIENCE_PER_CALL_MS) });
      return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
    } catch {
      // Dead, dying or starting: whoever asked asks again.
      return { status: 503, json: {} };
    }
  }

  /** SIGKILL. @returns milliseconds until it takes work again */
  async kill(victim: Victim): Promise<number> {
    const began = Date.now();
    if (victim === 'Temporal') {
      await this.lane.killTemporal();
      await this.untilTemporalAnswers();
    } else {
      await this.processes[victim].kill();
      await this.processes[victim].untilReady();
    }
    return Date.now() - began;
  }

  /** Deaths that nobody of us caused. */
  unexpectedDeaths(killed: readonly Victim[]): string[] {
    return Object.entries(this.processes).flatMap(([name, { deaths }]) => {
      const more = deaths - killed.filter((victim) => victim === name).length;
      return more > 0 ? [`${name} also died by itself (${more})`] : [];
    });
  }

  async close(keep: boolean): Promise<void> {
    await Promise.all([this.processes['worker 2'].stop(), this.processes.gateway.stop()]);
    await this.lane.close(keep);
  }

  private async untilTemporalAnswers(): Promise<void> {
    for (const deadline = Date.now() + BACK_WITHIN_MS; ; await delay(100)) {
      const there = await this.client.withDeadline(Date.now() + 2_000, () => this.client.workflowService.getSystemInfo({})).then(() => true, () => false);
      if (there) return;
      if (Date.now() > deadline) throw new Error(`Temporal did not answer within ${BACK_WITHIN_MS / 1000} s.`);
    }
  }
}
