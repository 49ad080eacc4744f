import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../infra/project';
import type { Locale, NotificationKind, Role } from '../workflows/contracts';
import { clusterOf, practiceCluster, type ClusterEntry } from './config/clusters';
import { ConfigError } from './config/errors';
import { readConfigFile } from './config/read-file';
import { configSchema, type ConfigFile } from './config/schema';

export { ConfigError } from './config/errors';
export type { ClusterEntry, Connection } from './config/clusters';

/** A person or a program that may call the API. */
export interface User {
  name: string;
  roles: Role[];
  token: string;
}

export interface PagerWebhook {
  name: string;
  url: string;
  bearerToken?: string;
  /** Every kind when absent. */
  kinds?: NotificationKind[];
}

/** Everything that Nightshift is told from outside; made once per process. */
export interface NightshiftConfig {
  /** The file it came from; absent when there is none. */
  file?: string;
  dataDir: string;
  http: { host: string; port: number; publicUrl: string };
  /** `embedded`: Nightshift runs Temporal itself; `address` is then absent, or set by `nightshift start` for its children. */
  temporal: { address?: string; namespace: string; uiPort?: number; embedded: boolean };
  locale: Locale;
  recordsDir: string;
  runbooksDir: string;
  clusters: ClusterEntry[];
  /** Where alerts without a `cluster` label belong. */
  defaultCluster: string;
  users: User[];
  pagers: PagerWebhook[];
}

/** What the command line says; stronger than the environment, which is stronger than the file. */
export interface ConfigOverrides {
  config?: string;
  port?: number;
  dataDir?: string;
  kubeconfig?: string;
  context?: string;
}

const DEFAULT_PORT = 8088;

/** Set by `nightshift start` for its children: the Temporal at TEMPORAL_ADDRESS is its own. */
export const EMBEDDED = 'NIGHTSHIFT_TEMPORAL_EMBEDDED';

/** @throws ConfigError in sentences that name file, line, field and remedy. */
export function loadConfig(overrides: ConfigOverrides = {}, env: NodeJS.ProcessEnv = process.env): NightshiftConfig {
  const root = projectRoot();
  const file = configFileOf(overrides.config ?? env['NIGHTSHIFT_CONFIG'], root);
  const parsed = file ? readConfigFile(file) : configSchema.parse({});
  const folder = file ? path.dirname(file) : root;
  const dataDir = path.resolve(overrides.dataDir ?? env['NIGHTSHIFT_DATA_DIR'] ?? path.join(root, '.nightshift'));
  const host = env['NIGHTSHIFT_HOST'] ?? parsed.http.host ?? '127.0.0.1';
  const port = overrides.port ?? portOf(env['NIGHTSHIFT_PORT']) ?? parsed.http.port ?? DEFAULT_PORT;
  const clusters = clustersOf(parsed, folder, file, overrides, env);
  return {
    ...(file && { file }),
    dataDir,
    http: { host, port, publicUrl: parsed.http.publicUrl ?? `http://${host}:${port}` },
    temporal: temporalOf(parsed, env),
    locale: parsed.locale,
    recordsDir: parsed.records.directory ? path.resolve(folder, parsed.records.directory) : path.join(dataDir, 'records'),
    runbooksDir: parsed.runbooks.directory ? path.resolve(folder, parsed.runbooks.directory) : path.join(root, 'runbooks'),
    clusters,
    defaultCluster: defaultClusterOf(parsed, clusters, file),
    users: parsed.users.map(({ name, roles, token }) => ({ name, roles, token: secretOf(token, folder, env, `users: ${name}`) })),
    pagers: pagersOf(parsed, folder, env),
  };
}

/** The configured cluster that an alert's `cluster` label means; undefined when none does. */
export function findCluster(config: Pick<NightshiftConfig, 'clusters'>, name: string): ClusterEntry | undefined {
  return config.clusters.find(({ cluster, aliases }) => cluster.name === name || aliases.includes(name));
}

function configFileOf(given: string | undefined, root: string): string | undefined {
  if (given) return path.resolve(given);
  const inProject = path.join(root, 'nightshift.yaml');
  return existsSync(inProject) ? inProject : undefined;
}

function portOf(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new ConfigError(`NIGHTSHIFT_PORT is "${text}"; it must be a port number between 1 and 65535.`);
  return port;
}

function temporalOf(parsed: ConfigFile, env: NodeJS.ProcessEnv): NightshiftConfig['temporal'] {
  const address = env['TEMPORAL_ADDRESS'] || parsed.temporal.address;
  return {
    ...(address && { address }),
    embedded: !address || env[EMBEDDED] === '1',
    namespace: env['TEMPORAL_NAMESPACE'] || parsed.temporal.namespace || 'default',
    ...(parsed.temporal.uiPort && { uiPort: parsed.temporal.uiPort }),
  };
}

function clustersOf(parsed: ConfigFile, folder: string, file: string | undefined, overrides: ConfigOverrides, env: NodeJS.ProcessEnv): ClusterEntry[] {
  const kubeconfig = overrides.kubeconfig ?? env['NIGHTSHIFT_KUBECONFIG'];
  const context = overrides.context ?? env['NIGHTSHIFT_CONTEXT'];
  const given = parsed.clusters.map((entry, index) => clusterOf(entry, folder, `${file ?? 'the configuration'}: clusters[${index}]`, parsed.policy.rules));
  if (kubeconfig) {
    const [entry] = configSchema.parse({ clusters: [{ name: 'cluster', kubeconfig: path.resolve(kubeconfig), ...(context && { context }) }] }).clusters;
    if (entry) given.push(clusterOf(entry, folder, '--kubeconfig'));
  }
  if (parsed.practice ?? given.length === 0) given.push(practiceCluster(given.flatMap(({ cluster, aliases }) => [cluster.name, ...aliases])));
  const names = given.flatMap(({ cluster, aliases }) => [cluster.name, ...aliases]);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new ConfigError(`${file ?? 'The configuration'}: clusters: the name ${twice} is used twice; names and aliases must differ.`);
  return given;
}

function defaultClusterOf(parsed: ConfigFile, clusters: ClusterEntry[], file: string | undefined): string {
  const name = parsed.defaultCluster ?? clusters[0]?.cluster.name;
  const entry = name && findCluster({ clusters }, name);
  if (!entry) throw new ConfigError(`${file ?? 'The configuration'}: ${name ? `defaultCluster: ${name} is not one of the clusters` : 'clusters: with practice: false at least one cluster is needed'}.`);
  return entry.cluster.name;
}

function pagersOf(parsed: ConfigFile, folder: string, env: NodeJS.ProcessEnv): PagerWebhook[] {
  return parsed.notify.webhooks.map(({ name, url, urlFrom, bearerTokenFrom, kinds }) => {
    const address = urlFrom ? secretOf(urlFrom, folder, env, `notify.webhooks: ${name}`) : url;
    if (!address) throw new ConfigError(`notify.webhooks: ${name} needs url, or urlFrom where the address is a secret.`);
    return {
      name,
      url: address,
      ...(bearerTokenFrom && { bearerToken: secretOf(bearerTokenFrom, folder, env, `notify.webhooks: ${name}`) }),
      ...(kinds && { kinds }),
    };
  });
}

function secretOf(source: { file: string } | { env: string }, folder: string, env: NodeJS.ProcessEnv, field: string): string {
  if ('env' in source) {
    const value = env[source.env];
    if (!value) throw new ConfigError(`${field}: the environment variable ${source.env} is not set.`);
    return value;
  }
  const file = path.resolve(folder, source.file);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`${field}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`, { cause: error });
  }
}
