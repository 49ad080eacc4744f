import { Client, Connection } from '@temporalio/client';
import { runWorker } from '@temporalio/lambda-worker';
import { CENTRAL_QUEUE } from '../workflows/contracts';
import { loadConfig } from './config';
import { createWorkerActivities } from './deps';
import { dataConverterOf } from './encryption';
import { createLogger } from './process';
import { buildId, DEPLOYMENT_NAME } from './serverless/worker-version';
import { connectionOptions } from './temporal-connection';
import { temporalLogger } from './temporal-logger';
import { clientTracing, tracedWorker } from './traced-temporal';
import { tracingOf } from './tracing';
import { WORKER_TUNING } from './worker-tuning';
import { workflowCode } from './workflow-code';

/** Probes wait for answers and compute little: all of a runbook's run side by side also on the smallest function. */
const ACTIVITIES_AT_ONCE = 24;

/**
 * The worker as an AWS Lambda function: Temporal's worker controller invokes it when there is work and nobody polls. It
 * serves one task queue (TEMPORAL_TASK_QUEUE, the central one when not set) until seven seconds before the invocation's
 * deadline; what is not done by then goes on in the next one, and what was cut off is retried after its heartbeat is missed.
 * How Temporal is reached comes from Temporal's own variables (TEMPORAL_ADDRESS, TEMPORAL_API_KEY, TEMPORAL_TLS_…), the rest
 * from nightshift.yaml (NIGHTSHIFT_CONFIG), whose secrets are environment variables here.
 */
export const handler = runWorker({ deploymentName: DEPLOYMENT_NAME, buildId: buildId() }, (lambda) => {
  const config = loadConfig();
  const log = createLogger('worker');
  const { namespace } = config.temporal;
  const options = connectionOptions(config);
  const converter = dataConverterOf(config.temporal.encryption);
  const tracing = tracingOf('worker');
  const client = new Client({ connection: Connection.lazy(options), namespace, ...converter, ...clientTracing(tracing) });
  lambda.namespace = namespace;
  lambda.connectionOptions = options;
  lambda.runtimeOptions.logger = temporalLogger(log);
  Object.assign(lambda.workerOptions, {
    taskQueue: lambda.workerOptions.taskQueue ?? CENTRAL_QUEUE,
    activities: createWorkerActivities(config, { client, log }),
    maxConcurrentActivityTaskExecutions: ACTIVITIES_AT_ONCE,
    maxConcurrentLocalActivityExecutions: ACTIVITIES_AT_ONCE,
    maxEagerActivityReservationsPerWorkflowTask: WORKER_TUNING.maxEagerActivityReservationsPerWorkflowTask,
    ...tracedWorker(tracing, workflowCode(config)),
    ...converter,
  } satisfies Partial<typeof lambda.workerOptions>);
  if (tracing) lambda.shutdownHooks.push(() => tracing.flush());
});
