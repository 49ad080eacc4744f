import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { WorkerProcess } from '../../infra/kill-matrix/worker-process';
import type { DevServer } from '../../infra/embedded/dev-server';
import { loadConfig } from '../../workers/config';
import { ensureDataDir } from '../../workers/data-dir';
import { prepare } from '../../workers/gateway/prepare';
import { WorkerDeployment } from '../../workers/serverless/worker-deployment';
import { buildId } from '../../workers/serverless/worker-version';
import { randomUUID } from 'node:crypto';
import { scalingGroupOf, SCALING_GROUP } from '../../workers/serverless/compute';
import type { OnDemand } from '../../workers/config/serverless-schema';
import { DEPLOYMENT_NAME } from '../../workers/serverless/worker-version';
import { CENTRAL_QUEUE, incidentWorkflowId, WORKFLOW, type FailureDomain } from '../../workflows/contracts';
import { SEARCH_ATTRIBUTE_KEYS } from '../../workflows/contracts/search-attributes';
import * as messages from '../../workflows/contracts/messages';
import { startInClusterTemporal, type InCluster } from './in-cluster-temporal';

/** On a busy machine a worker takes half a minute until it polls. */
const WITHIN_MS = 240_000;
const LOOK_EVERY_MS = 200;

/** The scaler's own pauses before it goes down are 60 and 90 s, and it looks every 60 s; the server wants 30 s between two looks. */
const HURRIED = { metrics_poll_interval_ms: 30_000, scale_down_cooldown_ms: 3_000, no_sync_quiet_ms: 5_000, ewma_alpha: 1 };

export interface Scaled {
  /** Every number of replicas that was seen, in order. */
  replicas: number[];
  /** Of the incident, while a worker was there. */
  phase: string;
}

/** A Nightshift whose workers are a Deployment at 0 replicas; for each replica that is wanted a worker process runs. */
export class ScalingScene {
  readonly seen: number[] = [];
  private worker: WorkerProcess | undefined;
  private closing = false;
  private readonly pods: Promise<void>;

  private constructor(
    private readonly server: DevServer,
    private readonly connection: Connection,
    private readonly client: Client,
    private readonly workerOptions: Parameters<typeof WorkerProcess.start>[0],
    private readonly replicas: () => Promise<number>,
  ) {
    this.pods = this.runPods();
    // Whoever closes the scene hears of it.
    this.pods.catch(() => undefined);
  }

  static async open(folder: string, api: InCluster, { namespace, deployment }: { namespace: string; deployment: string }, replicas: () => Promise<number>): Promise<ScalingScene> {
    const server = await startInClusterTemporal(folder, api);
    const configFile = path.join(folder, 'nightshift.yaml');
    const dataDir = path.join(folder, 'data');
    // The cluster is not there: what is looked at is who works, and a hand-over says that somebody did.
    writeFileSync(configFile, JSON.stringify({ practice: true, serverless: { compute: { provider: 'kubernetes', namespace, deployment, maxReplicas: 1 } } }));
    const { logsDir } = ensureDataDir(dataDir);
    const connection = await Connection.connect({ address: server.address });
    const client = new Client({ connection });
    const config = loadConfig({ config: configFile, dataDir }, { TEMPORAL_ADDRESS: server.address });
    await prepare(client, config, pino({ level: 'silent' }));
    if (config.compute?.provider !== 'kubernetes') throw new Error('The configuration does not say who computes.');
    const known = new WorkerDeployment(client, 'default');
    const scene = new ScalingScene(server, connection, client, { configFile, dataDir, temporalAddress: server.address, logFile: path.join(logsDir, 'worker.log') }, replicas);
    try {
      await known.create(buildId(), config.compute);
      await hurry(client, config.compute);
      await known.makeCurrent(buildId());
    } catch (error) {
      await scene.close();
      throw error;
    }
    return scene;
  }

  /**
   * A new build is called once, so that its queues are known; measured, it stays until it has had something to do. Then nobody is
   * there, an alert comes, is worked on, and nothing is left to do.
   */
  async play(): Promise<Scaled> {
    await this.untilSeen([0, 1]);
    await this.workedOn('agent');
    await this.untilSeen([0, 1, 0]);
    const phase = await this.workedOn('receive');
    await this.untilSeen([0, 1, 0, 1, 0]);
    return { replicas: this.seen, phase };
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.pods.finally(() => this.worker?.stop());
    await this.connection.close();
    await this.server.stop();
  }

  private async untilSeen(wanted: readonly number[]): Promise<void> {
    for (const deadline = Date.now() + WITHIN_MS; JSON.stringify(this.seen) !== JSON.stringify(wanted); await delay(LOOK_EVERY_MS)) {
      if (Date.now() > deadline) throw new Error(`The Deployment's replicas were to be ${wanted.join(', ')} one after the other; within ${WITHIN_MS / 1000} s they were ${this.seen.join(', ')}.`);
    }
  }

  /** What a node does: a replica is a worker process. */
  private async runPods(): Promise<void> {
    for (; !this.closing; await delay(LOOK_EVERY_MS)) {
      const wanted = await this.replicas();
      if (wanted === this.seen.at(-1)) continue;
      this.seen.push(wanted);
      if (wanted > 0) this.worker ??= await WorkerProcess.start(this.workerOptions);
      else {
        await this.worker?.stop();
        this.worker = undefined;
      }
    }
  }

  /** An alert of a cluster that is not configured: it is paged and handed over, and asks nobody anything. */
  private async open(failureDomain: FailureDomain): Promise<void> {
    const at = new Date().toISOString();
    await this.client.workflow.signalWithStart(WORKFLOW.incident, {
      workflowId: incidentWorkflowId(CLUSTER, failureDomain),
      taskQueue: CENTRAL_QUEUE,
      args: [{ cluster: CLUSTER, failureDomain }],
      signal: messages.alertsChanged,
      signalArgs: [{ alerts: [{ fingerprint: 'f', status: 'firing', labels: { alertname: 'RemoteWriteLagging', cluster: CLUSTER }, annotations: {}, startsAt: at }], receivedAt: at }],
    });
  }

  private async workedOn(failureDomain: FailureDomain): Promise<string> {
    await this.open(failureDomain);
    for (const deadline = Date.now() + WITHIN_MS; ; await delay(LOOK_EVERY_MS)) {
      // Listed, and not asked: a query calls no worker, and one that has done its work may be gone.
      const { typedSearchAttributes } = await this.client.workflow.getHandle(incidentWorkflowId(CLUSTER, failureDomain)).describe();
      const phase = typedSearchAttributes.get(SEARCH_ATTRIBUTE_KEYS.phase) ?? 'none';
      if (phase === 'waiting' || Date.now() > deadline) return phase;
    }
  }
}

/** None that is configured. */
const CLUSTER = 'nowhere';

async function hurry({ workflowService }: Client, compute: OnDemand): Promise<void> {
  const group = scalingGroupOf(compute);
  const details: unknown = JSON.parse(Buffer.from(group.scaler?.details?.data ?? []).toString('utf8'));
  const data = Buffer.from(JSON.stringify({ ...(details as object), ...HURRIED }));
  const scalingGroup = { ...group, scaler: { ...group.scaler, details: { ...group.scaler?.details, data } } };
  await workflowService.updateWorkerDeploymentVersionComputeConfig({
    namespace: 'default',
    deploymentVersion: { deploymentName: DEPLOYMENT_NAME, buildId: buildId() },
    computeConfigScalingGroups: { [SCALING_GROUP]: { scalingGroup, updateMask: { paths: ['scaler'] } } },
    requestId: randomUUID(),
    identity: 'test',
  });
}
