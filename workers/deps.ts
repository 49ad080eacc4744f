/** The composition root: the only file that knows every system's implementation. */
import path from 'node:path';
import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { createActivities, type ActivityDependencies } from '../activities';
import { createGitActivities } from '../activities/git/activities';
import { desiredInGit } from '../activities/git/desired';
import { octokitGateway } from '../activities/git/octokit-gateway';
import type { Repositories, Repository } from '../activities/git/repository';
import { simpleGitGateway } from '../activities/git/simple-git-gateway';
import { liveObjects } from '../activities/kubernetes/live-objects';
import { createNotifyActivities } from '../activities/notify/activities';
import { webhookGateway } from '../activities/notify/webhook-gateway';
import { practiceProbes } from '../activities/practice/recorded-answers';
import { createRecordActivities, filesOf } from '../activities/records/activities';
import { createRecurrenceActivities } from '../activities/records/past-incidents';
import { createRecordKeepingActivities } from '../activities/records/record-keeping';
import { probes, remedies } from '../activities/registry';
import { createRunbookActivities } from '../activities/runbooks/activities';
import { createTemporalActivities } from '../activities/temporal/activities';
import { createTemporalGateway } from '../activities/temporal/client-gateway';
import type { HeartbeatGateway, TemporalGateway } from '../activities/temporal/gateway';
import { heartbeatGateway } from '../activities/temporal/watchdog-gateway';
import { CENTRAL_QUEUE } from '../workflows/contracts';
import { reachClusters } from './clusters';
import type { NightshiftConfig } from './config';
import { ensureDataDir } from './data-dir';
import { readVerificationKeys } from './keys';
import { recordStoreOf } from './records';
import { checkedRunbooks } from './serverless/checked-runbooks';

export interface WorkerDependencies {
  client: Client;
  log: Logger;
}

/** Every activity of this worker, with the clients that its configuration names. */
export function createWorkerActivities(config: NightshiftConfig, { client, log }: WorkerDependencies): object {
  const temporal = createTemporalGateway(client);
  const store = recordStoreOf(config);
  const checked = checkedRunbooks();
  const repositories = repositoriesOf(config);
  const system = systemDependencies(config, temporal, heartbeatGateway(client), repositories);
  return {
    ...createActivities(system),
    ...createGitActivities({ repositories, live: liveObjects(system.clusters), attempt: () => Context.current().info.attempt }),
    ...createRunbookActivities({ directory: config.runbooksDir, catalog: { probes, remedies }, ...(checked && { checked }), report: (problem) => log.error({ problem }, 'a runbook is broken') }),
    ...createRecordActivities({ store, fetchHistory: (input) => temporal.fetchHistory(input) }),
    ...createRecurrenceActivities({ store }),
    ...createRecordKeepingActivities({
      store,
      temporal,
      filesOf,
      locale: config.locale,
      timeZone: config.timeZone,
      publicUrl: config.http.publicUrl,
      ...(config.keepRecordsFor !== undefined && { keepFor: config.keepRecordsFor }),
      alive: () => Context.current().cancellationSignal.throwIfAborted(),
    }),
    ...createNotifyActivities({ receivers: config.pagers.map(webhookGateway) }),
    ...createTemporalActivities(temporal),
  };
}

function systemDependencies(config: NightshiftConfig, temporal: Pick<TemporalGateway, 'confirmLease' | 'spendBudget'>, heartbeats: HeartbeatGateway, repositories: Repositories): ActivityDependencies {
  const { clusters: reached, practice } = reachClusters(config);
  const clusters = new Map([...reached].map(([name, access]) => {
    const repository = repositories.get(name);
    return [name, { ...access, heartbeats, ...(repository && { inGit: desiredInGit(repository) }) }];
  }));
  const settings = new Map(config.clusters.map(({ cluster, queues, durations }) => [cluster.name, { queues, durations }]));
  return {
    clusters,
    temporalNamespace: config.temporal.namespace,
    keys: keysOf(config),
    locale: config.locale,
    publicUrl: config.http.publicUrl,
    perCluster: (name) => settings.get(name) ?? { queues: { probe: CENTRAL_QUEUE, mutate: CENTRAL_QUEUE } },
    confirmLease: (lease) => temporal.confirmLease(lease),
    spendBudget: (request) => temporal.spendBudget(request),
    ...(practice && { probes: practiceProbes(probes, practice) }),
  };
}

/** Clones are made when they are first needed. */
function repositoriesOf({ clusters, dataDir }: NightshiftConfig): Repositories {
  return new Map(clusters.flatMap(({ cluster, git: settings }): Array<[string, Repository]> => (settings
    ? [[cluster.name, { settings, git: simpleGitGateway(settings, path.join(dataDir, 'git')), ...(settings.github && { pullRequests: octokitGateway(settings.github, settings.branch) }) }]]
    : [])));
}

/** With keys in the configuration, no key is made here: only a gateway has a private one. */
function keysOf({ trustedKeys, dataDir }: NightshiftConfig): ActivityDependencies['keys'] {
  if (trustedKeys) return () => trustedKeys;
  const dir = ensureDataDir(dataDir);
  return () => readVerificationKeys(dir);
}
