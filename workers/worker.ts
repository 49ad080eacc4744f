import { Client } from '@temporalio/client';
import { Runtime, Worker } from '@temporalio/worker';
import { CENTRAL_QUEUE } from '../workflows/contracts';
import type { NightshiftConfig } from './config';
import { createWorkerActivities } from './deps';
import { dataConverterOf } from './encryption';
import { announceBuild } from './metrics';
import { serveMetrics } from './metrics-server';
import { createLogger, onStop, reportReady } from './process';
import { buildId, ofThisBuild } from './serverless/worker-version';
import { temporalLogger } from './temporal-logger';
import { clientTracing, tracedWorker } from './traced-temporal';
import { tracingOf } from './tracing';
import { connectWorker } from './worker-connection';
import { WORKER_TUNING } from './worker-tuning';
import { workflowCode } from './workflow-code';

export interface RunWorkerOptions {
  /** Serve these queues only; the central queue and every configured one when absent. */
  queues?: string[];
}

/** Runs this process's workers until it is asked to end. */
export async function runWorker(config: NightshiftConfig, options: RunWorkerOptions = {}): Promise<void> {
  const log = createLogger('worker');
  Runtime.install({ logger: temporalLogger(log), shutdownSignals: [] });
  const connection = await connectWorker(config, log);
  const metrics = await serveMetrics(config);
  const tracing = tracingOf('worker');
  try {
    const activities = createWorkerActivities(config, { client: new Client({ connection, namespace: config.temporal.namespace, ...dataConverterOf(config.temporal.encryption), ...clientTracing(tracing) }), log });
    const queues = new Set(options.queues ?? [CENTRAL_QUEUE, ...config.clusters.flatMap(({ queues: { probe, mutate } }) => [probe, mutate])]);
    const workers = await Promise.all(
      [...queues].map((taskQueue) =>
        Worker.create({
          connection,
          namespace: config.temporal.namespace,
          taskQueue,
          activities,
          ...dataConverterOf(config.temporal.encryption),
          ...WORKER_TUNING,
          ...(config.compute && ofThisBuild()),
          // Only the central queue has workflows; the others are a cluster's hands and eyes.
          ...tracedWorker(tracing, taskQueue === CENTRAL_QUEUE ? workflowCode(config) : {}),
        }),
      ),
    );
    onStop((why) => {
      log.info({ why }, 'worker is ending');
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    });
    const running = Promise.all(workers.map((worker) => worker.run()));
    log.info({ queues: [...queues], clusters: config.clusters.map(({ cluster }) => cluster.name) }, 'worker takes work');
    announceBuild('worker', buildId());
    reportReady();
    await running;
  } finally {
    await tracing?.flush();
    await metrics?.close();
    await connection.close();
  }
}
