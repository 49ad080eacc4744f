import { z } from 'zod';
import { NOTIFICATION_KINDS } from '../../workflows/contracts/notifications';
import { ROLES } from '../../workflows/contracts/vocabulary';
import { clusterPolicy, commonPolicy } from './policy-schema';
import { duration, name } from './values';

const port = z.int().min(1).max(65_535);
const roles = z.array(z.enum(ROLES)).min(1);
const url = z.url({ protocol: /^https?$/, error: 'expected an http or https URL' });

/** A secret is named, not written: it stands in a file or in an environment variable. */
const secret = z.union([z.strictObject({ file: z.string() }), z.strictObject({ env: z.string() })], {
  error: 'expected { file: <path> } or { env: <variable> }: secrets do not belong in this file',
});

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

const durations = z.strictObject({
  rootCauseTarget: duration.optional(),
  recoveryTarget: duration.optional(),
  probeTimeout: duration.optional(),
  remindEvery: duration.optional(),
  approvalDeadline: duration.optional(),
  verifyDeadline: duration.optional(),
  verifyEvery: duration.optional(),
  stabilityWindow: duration.optional(),
  resolutionDeadline: duration.optional(),
  leaseWait: duration.optional(),
});

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
  acceptUnsigned: z.boolean().optional(),
  replicationFactor: z.int().min(1).max(9).default(3),
  targets: z.record(z.string(), target.nullable()).default({}),
  endpoints: z.strictObject({ prometheus: url.optional(), query: url.optional(), alertmanager: url.optional() }).default({}),
  desiredState: z.strictObject({ directory: z.string() }).optional(),
  killSwitch: z.strictObject({ namespace: name.optional(), name: name.default('nightshift-automation') }).prefault({}),
  timeFactor: z.number().positive().max(1).default(1),
  durations: durations.default({}),
  queues: z.strictObject({ probe: name.optional(), mutate: name.optional() }).default({}),
});

const webhook = z.strictObject({
  name,
  url: url.optional(),
  urlFrom: secret.optional(),
  bearerTokenFrom: secret.optional(),
  kinds: z.array(z.enum(NOTIFICATION_KINDS)).optional(),
});

/** `nightshift.yaml`. Unknown keys are refused, so that a typo is found at the start and not at 3 a.m. */
export const configSchema = z.strictObject({
  locale: z.enum(['en', 'ko']).default('en'),
  http: z.strictObject({ host: z.string().optional(), port: port.optional(), publicUrl: url.optional() }).default({}),
  temporal: z.strictObject({ address: z.string().optional(), namespace: z.string().optional(), uiPort: port.optional() }).default({}),
  records: z.strictObject({ directory: z.string().optional() }).default({}),
  runbooks: z.strictObject({ directory: z.string().optional() }).default({}),
  practice: z.boolean().optional(),
  defaultCluster: name.optional(),
  users: z.array(z.strictObject({ name, roles, token: secret })).default([]),
  notify: z.strictObject({ webhooks: z.array(webhook).default([]) }).prefault({}),
  policy: commonPolicy.prefault({}),
  clusters: z.array(cluster).default([]),
});

export type ConfigFile = z.output<typeof configSchema>;
export type ClusterFile = ConfigFile['clusters'][number];
