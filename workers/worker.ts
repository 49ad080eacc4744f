import path from 'node:path';
import { Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { projectRoot } from '../infra/project';
import { CENTRAL_QUEUE } from '../workflows/contracts';
import type { NightshiftConfig } from './config';
import { createWorkerActivities } from './deps';
import { heartbeats } from './heartbeats';
import { createLogger, onStop, reportReady } from './process';
import { DEFAULT_TEMPORAL_ADDRESS } from './temporal-address';
import { connectWorker } from './temporal-connection';

/** Temporal's own defaults, except where a reason stands beside; the benchmarks measure with the same. */
export const WORKER_TUNING = {
  // A probe or a mutation in flight may end; it would be retried otherwise, which is safe and slow.
  shutdownGraceTime: '10 seconds',
  // A hung call must not keep the process; its activity is retried elsewhere.
  shutdownForceTime: '15 seconds',
  // All probes of a runbook in one workflow task, without a round trip each: measured 145 → 76 ms for ten.
  maxEagerActivityReservationsPerWorkflowTask: 32,
  // Tasks and queries for a worker that was killed wait this long for it before another one gets them (default: 10 s).
  // Too short for a busy worker costs one replay of some hundred events.
  stickyQueueScheduleToStartTimeout: '2 seconds',
  interceptors: { activity: [heartbeats] },
} as const satisfies Partial<WorkerOptions>;

export interface RunWorkerOptions {
  /** Serve these queues only; the central queue and every configured one when absent. */
  queues?: string[];
}

/** Runs this process's workers until it is asked to end. */
export async function runWorker(config: NightshiftConfig, options: RunWorkerOptions = {}): Promise<void> {
  const log = createLogger('worker');
  Runtime.install({ logger: temporalLogger(log), shutdownSignals: [] });
  const connection = await connectWorker(config.temporal.address ?? DEFAULT_TEMPORAL_ADDRESS, log);
  try {
    const activities = createWorkerActivities(config, { connection, log });
    const queues = new Set(options.queues ?? [CENTRAL_QUEUE, ...config.clusters.flatMap(({ queues: { probe, mutate } }) => [probe, mutate])]);
    const workers = await Promise.all(
      [...queues].map((taskQueue) =>
        Worker.create({
          connection,
          namespace: config.temporal.namespace,
          taskQueue,
          activities,
          // Only the central queue has workflows; the others are a cluster's hands and eyes.
          ...(taskQueue === CENTRAL_QUEUE && { workflowBundle: { codePath: path.join(projectRoot(), 'dist', 'workflow-bundle.js') } }),
          ...WORKER_TUNING,
        }),
      ),
    );
    onStop((why) => {
      log.info({ why }, 'worker is ending');
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    });
    const running = Promise.all(workers.map((worker) => worker.run()));
    log.info({ queues: [...queues], clusters: config.clusters.map(({ cluster }) => cluster.name) }, 'worker takes work');
    reportReady();
    await running;
  } finally {
    await connection.close();
  }
}

function temporalLogger(log: Logger): NonNullable<Parameters<typeof Runtime.install>[0]['logger']> {
  const write = (level: 'trace' | 'debug' | 'info' | 'warn' | 'error') => (message: string, meta?: Record<string | symbol, unknown>) => log[level](meta ?? {}, message);
  const [trace, debug, info, warn, error] = (['trace', 'debug', 'info', 'warn', 'error'] as const).map(write) as [ReturnType<typeof write>, ...ReturnType<typeof write>[]];
  const byLevel = { TRACE: trace, DEBUG: debug!, INFO: info!, WARN: warn!, ERROR: error! };
  return { trace, debug: debug!, info: info!, warn: warn!, error: error!, log: (level, message, meta) => byLevel[level](message, meta) };
}
