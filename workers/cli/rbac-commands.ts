import { InvalidArgumentError, type Command } from 'commander';
import { findCluster, loadConfig, type ConfigOverrides } from '../config';
import { CommandError, EXIT } from './exit';
import { withConfigOptions } from './processes';

interface RbacOptions extends ConfigOverrides {
  cluster?: string;
  serviceAccount: Account[];
}

interface Account {
  namespace: string;
  name: string;
}

/** `rbac`: the permissions that Nightshift needs in a cluster, to be read and applied by its admin. Nothing is asked or changed. */
export function registerRbacCommand(program: Command): void {
  withConfigOptions(program.command('rbac'))
    .description('print the service accounts and roles that probes and remedies need in a cluster, as YAML for kubectl apply')
    .option('--cluster <name>', 'the cluster; the only or first one configured by default')
    .option('--service-account <namespace/name>', 'also bind this one to both roles, for a worker that probes and mutates; may be repeated', accounts, [])
    .action(({ cluster: wanted, serviceAccount, ...overrides }: RbacOptions) => {
      const config = loadConfig(overrides);
      const entry = findCluster(config, wanted ?? config.defaultCluster);
      if (!entry) throw new CommandError(`There is no cluster ${wanted} in the configuration; there is ${config.clusters.map(({ cluster }) => cluster.name).join(', ')}.`, EXIT.notFound);
      // Every probe and remedy is loaded for it.
      const { clusterRbac } = require('../../infra/kubernetes/cluster-rbac') as typeof import('../../infra/kubernetes/cluster-rbac.js');
      const flags = serviceAccount.map(({ namespace, name }) => ` --service-account ${namespace}/${name}`).join('');
      process.stdout.write(clusterRbac(entry.cluster, serviceAccount, `nightshift rbac --cluster ${entry.cluster.name}${flags}`));
    });
}

function accounts(text: string, before: Account[]): Account[] {
  const match = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(text);
  if (!match) throw new InvalidArgumentError('It must be the namespace and name of a service account, like monitoring/nightshift.');
  return [...before, { namespace: match[1]!, name: match[2]! }];
}
