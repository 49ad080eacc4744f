import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { S3Location } from '../activities/records/s3-gateway';
import { projectRoot } from '../infra/project';
import type { Locale, NotificationKind, Role, VerificationKey } from '../workflows/contracts';
import { clusterOf, practiceCluster, type ClusterEntry } from './config/clusters';
import { ConfigError } from './config/errors';
import { gitOf } from './config/git';
import { readConfigFile } from './config/read-file';
import type { EncryptionKey } from './encryption';
import { configSchema, type ConfigFile } from './config/schema';
import type { Compute, ServerlessFile } from './config/serverless-schema';

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
  /** Hears of an incident from this level of escalation on; 1 when absent. */
  level?: number;
}

/** Everything that Nightshift is told from outside; made once per process. */
export interface NightshiftConfig {
  /** The file it came from; absent when there is none. */
  file?: string;
  dataDir: string;
  http: { host: string; port: number; publicUrl: string };
  /** `embedded`: Nightshift runs Temporal itself; `address` is then absent, or set by `nightshift start` for its children. */
  temporal: { address?: string; namespace: string; uiPort?: number; embedded: boolean; encryption: EncryptionKey[] };
  locale: Locale;
  /** Where records are, unless they are in a bucket. */
  recordsDir: string;
  /** The bucket that records are in. */
  recordsBucket?: S3Location;
  /** Records of incidents that were opened longer ago are removed, in milliseconds; absent: none is. */
  keepRecordsFor?: number;
  /** Months, in statistics and reports, are months of this time zone. */
  timeZone: string;
  runbooksDir: string;
  clusters: ClusterEntry[];
  /** Where alerts without a `cluster` label belong. */
  defaultCluster: string;
  users: User[];
  pagers: PagerWebhook[];
  /** Key of the digests by which plans name secret values; this machine's own when absent. */
  digestKey?: string;
  /** Whose signatures workers accept; the keys in the data directory when absent. */
  trustedKeys?: VerificationKey[];
  /** Where a worker serves metrics of itself; the gateway serves its own beside the API. */
  metrics?: { host: string; port: number };
  /** Workers are of a build, and this is who computes them; absent where they are of none (`npm start`). */
  compute?: Compute;
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
    temporal: temporalOf(parsed, folder, env),
    locale: parsed.locale,
    recordsDir: parsed.records.directory ? path.resolve(folder, parsed.records.directory) : path.join(dataDir, 'records'),
    ...recordsOf(parsed, folder, env),
    timeZone: parsed.timeZone,
    runbooksDir: parsed.runbooks.directory ? path.resolve(folder, parsed.runbooks.directory) : path.join(root, 'runbooks'),
    clusters,
    defaultCluster: defaultClusterOf(parsed, clusters, file),
    users: parsed.users.map(({ name, roles, token }) => ({ name, roles, token: secretOf(token, folder, env, `users: ${name}`) })),
    pagers: pagersOf(parsed, folder, env),
    ...(parsed.metrics && { metrics: parsed.metrics }),
    ...(parsed.trustedKeys && { trustedKeys: parsed.trustedKeys }),
    ...(parsed.serverless && { compute: computeOf(parsed.serverless, folder, env) }),
    ...(parsed.digestKey && { digestKey: secretOf(parsed.digestKey, folder, env, 'digestKey') }),
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

function temporalOf(parsed: ConfigFile, folder: string, env: NodeJS.ProcessEnv): NightshiftConfig['temporal'] {
  const address = env['TEMPORAL_ADDRESS'] || parsed.temporal.address;
  return {
    ...(address && { address }),
    embedded: !address || env[EMBEDDED] === '1',
    namespace: env['TEMPORAL_NAMESPACE'] || parsed.temporal.namespace || 'default',
    ...(parsed.temporal.uiPort && { uiPort: parsed.temporal.uiPort }),
    encryption: (parsed.temporal.encryption?.keys ?? []).map(({ id, key }) => ({ id, key: encryptionKeyOf(secretOf(key, folder, env, `temporal.encryption.keys: ${id}`), id) })),
  };
}

function encryptionKeyOf(text: string, id: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length !== 32) throw new ConfigError(`temporal.encryption.keys: ${id} has to be 32 bytes in base64; make one with: openssl rand -base64 32`);
  return key;
}

function recordsOf({ records: { s3, keepFor } }: ConfigFile, folder: string, env: NodeJS.ProcessEnv): Pick<NightshiftConfig, 'recordsBucket' | 'keepRecordsFor'> {
  const kept = { ...(keepFor !== undefined && { keepRecordsFor: keepFor }) };
  if (!s3) return kept;
  const { bucket, prefix, region, endpoint, pathStyle = endpoint !== undefined, accessKeyFrom, secretKeyFrom } = s3;
  const credentials = accessKeyFrom && secretKeyFrom && { accessKeyId: secretOf(accessKeyFrom, folder, env, 'records.s3.accessKeyFrom'), secretAccessKey: secretOf(secretKeyFrom, folder, env, 'records.s3.secretKeyFrom') };
  return { ...kept, recordsBucket: { bucket, prefix, region, pathStyle, ...(endpoint && { endpoint }), ...(credentials && { credentials }) } };
}

function clustersOf(parsed: ConfigFile, folder: string, file: string | undefined, overrides: ConfigOverrides, env: NodeJS.ProcessEnv): ClusterEntry[] {
  const kubeconfig = overrides.kubeconfig ?? env['NIGHTSHIFT_KUBECONFIG'];
  const context = overrides.context ?? env['NIGHTSHIFT_CONTEXT'];
  const given = parsed.clusters.map((entry, index): ClusterEntry => {
    const where = `${file ?? 'the configuration'}: clusters[${index}]`;
    const git = entry.git && gitOf(entry.git, where, (source, field) => secretOf(source, folder, env, field));
    return { ...clusterOf(entry, folder, where, parsed.policy.rules), ...(git && { git }) };
  });
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
  return parsed.notify.webhooks.map(({ name, url, urlFrom, bearerTokenFrom, kinds, level }) => {
    const address = urlFrom ? secretOf(urlFrom, folder, env, `notify.webhooks: ${name}`) : url;
    if (!address) throw new ConfigError(`notify.webhooks: ${name} needs url, or urlFrom where the address is a secret.`);
    return {
      name,
      url: address,
      ...(bearerTokenFrom && { bearerToken: secretOf(bearerTokenFrom, folder, env, `notify.webhooks: ${name}`) }),
      ...(kinds && { kinds }),
      ...(level !== undefined && { level }),
    };
  });
}

function computeOf({ compute }: ServerlessFile, folder: string, env: NodeJS.ProcessEnv): Compute {
  return compute.provider === 'aws-lambda' ? { ...compute, externalId: secretOf(compute.externalId, folder, env, 'serverless.compute.externalId') } : compute;
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
