import { z } from 'zod';
import { NOTIFICATION_KINDS } from '../../workflows/contracts/notifications';
import { INCIDENT_CLASSES, ROLES } from '../../workflows/contracts/vocabulary';
import { git } from './git-schema';
import { clusterPolicy, commonPolicy } from './policy-schema';
import { secret } from './secret-schema';
import { serverless } from './serverless-schema';
import { duration, name, timeZone } from './values';
import { watchdog } from './watchdog-schema';

const port = z.int().min(1).max(65_535);
const roles = z.array(z.enum(ROLES)).min(1);
const url = z.url({ protocol: /^https?$/, error: 'expected an http or https URL' });

const target = z.strictObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  namespace: z.string().optional(),
  name: z.string().optional(),
  podSelector: z.record(z.string(), z.string()).optional(),
  container: z.string().optional(),
  ports: z.record(z.string(), port).optional(),
  key: z.string().optional(),
});

/** By role; `null` where there is no such object. */
export const targets = z.record(z.string(), target.nullable());

const durations = z.strictObject({
  rootCauseTarget: duration.optional(),
  recoveryTarget: duration.optional(),
  probeTimeout: duration.optional(),
  workerBackWithin: duration.optional(),
  remindEvery: duration.optional(),
  escalateEvery: duration.optional(),
  approvalDeadline: duration.optional(),
  verifyDeadline: duration.optional(),
  verifyEvery: duration.optional(),
  stabilityWindow: duration.optional(),
  resolutionDeadline: duration.optional(),
  leaseWait: duration.optional(),
});

/** 0: whatever it is, a person is asked. */
const actions = z.int().min(0).max(10_000);
const limits = { perHour: actions.optional(), perDay: actions.optional() };
const budgets = z.strictObject({ ...limits, classes: z.partialRecord(z.enum(INCIDENT_CLASSES), z.strictObject(limits)).optional() });

const cluster = z.strictObject({
  name,
  aliases: z.array(name).default([]),
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
  inCluster: z.boolean().default(false),
  namespace: name.default('monitoring'),
  mode: z.enum(['observe', 'act']).default('observe'),
  lab: z.boolean().default(false),
  policy: clusterPolicy.prefault({}),
  budgets: budgets.optional(),
  acceptUnsigned: z.boolean().optional(),
  replicationFactor: z.int().min(1).max(9).default(3),
  targets: targets.default({}),
  endpoints: z.strictObject({ prometheus: url.optional(), query: url.optional(), frontend: url.optional(), ruler: url.optional(), alertmanager: url.optional(), grafana: url.optional() }).default({}),
  desiredState: z.strictObject({ directory: z.string() }).optional(),
  git: git.optional(),
  killSwitch: z.strictObject({ namespace: name.optional(), name: name.default('nightshift-automation') }).prefault({}),
  watchdog: watchdog.optional(),
  timeFactor: z.number().positive().max(1).default(1),
  durations: durations.default({}),
  queues: z.strictObject({ probe: name.optional(), mutate: name.optional() }).default({}),
});

/** The first key encrypts, all decrypt. */
const encryption = z.strictObject({ keys: z.array(z.strictObject({ id: name, key: secret })).min(1) });

const webhook = z.strictObject({
  name,
  url: url.optional(),
  urlFrom: secret.optional(),
  bearerTokenFrom: secret.optional(),
  kinds: z.array(z.enum(NOTIFICATION_KINDS)).optional(),
  level: z.int().min(1).max(9).optional(),
});

const s3 = z.strictObject({
  bucket: z.string().min(3),
  prefix: z.string().regex(/^$|^[^/].*\/$/, 'expected nothing, or a prefix that ends with a slash').default('nightshift/'),
  region: z.string().default('us-east-1'),
  endpoint: url.optional(),
  pathStyle: z.boolean().optional(),
  accessKeyFrom: secret.optional(),
  secretKeyFrom: secret.optional(),
});

const records = z
  .strictObject({ directory: z.string().optional(), s3: s3.optional(), keepFor: duration.optional() })
  .refine(({ directory, s3: bucket }) => directory === undefined || bucket === undefined, 'expected either directory or s3: records are in one place')
  .refine(({ s3: bucket }) => (bucket?.accessKeyFrom === undefined) === (bucket?.secretKeyFrom === undefined), 'expected accessKeyFrom and secretKeyFrom together, or neither');
/** The public half of a key that a gateway elsewhere signs with; `nightshift keys list --json` prints it. */
const trustedKey = z.strictObject({ keyId: z.string().regex(/^[0-9a-f]{16}$/, 'expected 16 hexadecimal digits'), publicKey: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits') });

/** `nightshift.yaml`. Unknown keys are refused, so that a typo is found at the start and not at 3 a.m. */
export const configSchema = z.strictObject({
  locale: z.enum(['en', 'ko']).default('en'),
  http: z.strictObject({ host: z.string().optional(), port: port.optional(), publicUrl: url.optional() }).default({}),
  temporal: z.strictObject({ address: z.string().optional(), namespace: z.string().optional(), uiPort: port.optional(), encryption: encryption.optional() }).default({}),
  records: records.default({}),
  timeZone: timeZone.default('UTC'),
  runbooks: z.strictObject({ directory: z.string().optional() }).default({}),
  practice: z.boolean().optional(),
  defaultCluster: name.optional(),
  users: z.array(z.strictObject({ name, roles, token: secret })).default([]),
  notify: z.strictObject({ webhooks: z.array(webhook).default([]) }).prefault({}),
  policy: commonPolicy.prefault({}),
  digestKey: secret.optional(),
  trustedKeys: z.array(trustedKey).min(1).optional(),
  serverless: serverless.optional(),
  metrics: z.strictObject({ host: z.string().default('127.0.0.1'), port }).optional(),
  clusters: z.array(cluster).default([]),
});

export type ConfigFile = z.output<typeof configSchema>;
export type ClusterFile = ConfigFile['clusters'][number];
