/** The composition root: the only file that knows every system's implementation. */
import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createActivities, type ActivityDependencies } from '../activities';
import { createNotifyActivities } from '../activities/notify/activities';
import { webhookGateway } from '../activities/notify/webhook-gateway';
import { practiceProbes } from '../activities/practice/recorded-answers';
import { createRecordActivities } from '../activities/records/activities';
import { DirectoryRecordStore } from '../activities/records/directory-store';
import { probes, remedies } from '../activities/registry';
import { createRunbookActivities } from '../activities/runbooks/activities';
import { createTemporalActivities } from '../activities/temporal/activities';
import { createTemporalGateway } from '../activities/temporal/client-gateway';
import type { TemporalGateway } from '../activities/temporal/gateway';
import { CENTRAL_QUEUE } from '../workflows/contracts';
import { reachClusters } from './clusters';
import type { NightshiftConfig } from './config';
import { ensureDataDir, readVerificationKeys } from './data-dir';

export interface WorkerDependencies {
  connection: NativeConnection;
  log: Logger;
}

/** Every activity of this worker, with the clients that its configuration names. */
export function createWorkerActivities(config: NightshiftConfig, { connection, log }: WorkerDependencies): object {
  const temporal = createTemporalGateway(new Client({ connection, namespace: config.temporal.namespace }));
  return {
    ...createActivities(systemDependencies(config, temporal)),
    ...createRunbookActivities({ directory: config.runbooksDir, catalog: { probes, remedies }, report: (problem) => log.error({ problem }, 'a runbook is broken') }),
    ...createRecordActivities({ store: new DirectoryRecordStore(config.recordsDir), fetchHistory: (input) => temporal.fetchHistory(input) }),
    ...createNotifyActivities({ receivers: config.pagers.map(webhookGateway) }),
    ...createTemporalActivities(temporal),
  };
}

function systemDependencies(config: NightshiftConfig, temporal: Pick<TemporalGateway, 'confirmLease'>): ActivityDependencies {
  const { clusters, practice } = reachClusters(config);
  const settings = new Map(config.clusters.map(({ cluster, queues, durations }) => [cluster.name, { queues, durations }]));
  return {
    clusters,
    temporalNamespace: config.temporal.namespace,
    keys: readVerificationKeys(ensureDataDir(config.dataDir)),
    locale: config.locale,
    publicUrl: config.http.publicUrl,
    perCluster: (name) => settings.get(name) ?? { queues: { probe: CENTRAL_QUEUE, mutate: CENTRAL_QUEUE } },
    confirmLease: (lease) => temporal.confirmLease(lease),
    ...(practice && { probes: practiceProbes(probes, practice) }),
  };
}
