import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { loadConfig } from '../../workers/config';
import { ensureDataDir, readToken } from '../../workers/data-dir';
import { createGateway } from '../../workers/gateway/app';
import { gatewayDependencies } from '../../workers/gateway/serve';
import { superviseTemporal, type SupervisedTemporal } from '../../workers/supervisor/temporal';
import { configurationFor, type Configured } from './incident';
import type { PracticeApi } from './practice-api';
import { WorkerProcess, type WorkerProcessOptions } from './worker-process';

/** A killed Temporal is back within a second or two; on a busy machine within this. */
const TEMPORAL_BACK_MS = 30_000;
const PATIENCE_PER_CALL_MS = 10_000;

/** Temporal lives in a process group of its own; when this process goes before its lanes are closed, it must not stay. */
const handlesInUse = new Set<string>();
process.on('exit', () => {
  for (const handle of handlesInUse) {
    const { pid } = readHandle(handle);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  }
});

export interface GatewayAnswer {
  status: number;
  json: Record<string, unknown>;
}

/**
 * One Nightshift: Temporal on a SQLite file under its real supervisor, a worker process, and the gateway. Cells are played
 * on it one after the other, each on a cluster of its own; several lanes run side by side.
 */
export class Lane {
  private constructor(
    readonly folder: string,
    readonly recordsDir: string,
    readonly client: Client,
    readonly worker: WorkerProcess,
    /** For another worker of the same Nightshift. */
    readonly workerOptions: WorkerProcessOptions,
    private readonly temporal: SupervisedTemporal,
    private readonly temporalHandle: string,
    private readonly connection: Connection,
    private readonly gateway: FastifyInstance,
    readonly token: string,
  ) {}

  static async open(clusters: readonly string[], api: PracticeApi, configured: Configured = {}): Promise<Lane> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-kill-'));
    const dataDir = path.join(folder, 'data');
    const dir = ensureDataDir(dataDir);
    const configFile = writeConfiguration(folder, clusters, api, configured);
    const supervisorLog = path.join(dir.logsDir, 'supervisor.log');
    const say = (message: string) => writeFileSync(supervisorLog, `${new Date().toISOString()} ${message}\n`, { flag: 'a' });
    handlesInUse.add(dir.temporalHandle);
    const temporal = await superviseTemporal(loadConfig({ config: configFile, dataDir }, {}), dir, say, new AbortController().signal);
    const config = loadConfig({ config: configFile, dataDir }, { TEMPORAL_ADDRESS: temporal.address });
    const connection = Connection.lazy({ address: temporal.address });
    const client = new Client({ connection, namespace: config.temporal.namespace });
    const gateway = await createGateway(gatewayDependencies(config, dir, client, pino({ level: 'silent' })));
    const workerOptions = { configFile, dataDir, temporalAddress: temporal.address, logFile: path.join(dir.logsDir, 'worker.log') };
    const worker = await WorkerProcess.start(workerOptions);
    return new Lane(folder, config.recordsDir, client, worker, workerOptions, temporal, dir.temporalHandle, connection, gateway, readToken(dir));
  }

  /** Asks the gateway as Alertmanager and people do. A call that hangs counts as unanswered (503). */
  async ask(method: 'GET' | 'POST', url: string, body?: object): Promise<GatewayAnswer> {
    const call = this.gateway.inject({ method, url, headers: { authorization: `Bearer ${this.token}` }, ...(body && { payload: body }) });
    const late = delay(PATIENCE_PER_CALL_MS, undefined, { ref: false });
    const answer = await Promise.race([call, late]);
    return answer ? { status: answer.statusCode, json: answer.json() } : { status: 503, json: {} };
  }

  /** SIGKILL to Temporal's server; its supervisor starts it again on the same file. */
  async killTemporal(): Promise<void> {
    const { pid } = readHandle(this.temporalHandle);
    if (pid === undefined) throw new Error('Temporal does not run, so it cannot be killed.');
    process.kill(pid, 'SIGKILL');
    for (const deadline = Date.now() + TEMPORAL_BACK_MS; ; await delay(50)) {
      if (readHandle(this.temporalHandle).pid !== pid) return;
      if (Date.now() > deadline) throw new Error(`Temporal was not back within ${TEMPORAL_BACK_MS / 1000} s.`);
    }
  }

  /** @param keep leaves logs, database and records where they are, for whoever has to find out what went wrong */
  async close(keep: boolean): Promise<void> {
    await this.worker.stop();
    await this.gateway.close();
    await this.connection.close();
    await this.temporal.stop();
    handlesInUse.delete(this.temporalHandle);
    if (!keep) rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The supervisor's own note of its server; empty while there is none. */
function readHandle(file: string): { pid?: number } {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text === '' ? {} : (JSON.parse(text) as { pid?: number });
}

function writeConfiguration(folder: string, clusters: readonly string[], api: PracticeApi, configured: Configured): string {
  const kubeconfigs = path.join(folder, 'kubeconfig');
  mkdirSync(kubeconfigs);
  for (const cluster of clusters) writeFileSync(path.join(kubeconfigs, cluster), api.kubeconfig(cluster));
  const file = path.join(folder, 'nightshift.yaml');
  writeFileSync(file, configurationFor(clusters, (cluster) => path.join(kubeconfigs, cluster), configured));
  return file;
}
