import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { redactJson } from '../../activities/redact';
import type { Alert } from '../../workflows/contracts';
import { Problem } from './problems';

/** Goes into workflow IDs and file names. */
const CLUSTER_PATTERN = /^[A-Za-z0-9][\w.-]{0,62}$/;
/** One alert's share of a workflow's history; a payload warns at 256 KB. */
const LONGEST_VALUE = 2_000;
const MOST_LABELS = 100;

/** What Alertmanager's Go code sends for "no time". */
const NO_TIME = '0001-01-01T00:00:00Z';

const values = z
  .record(z.string().min(1).max(200), z.string())
  .refine((labels) => Object.keys(labels).length <= MOST_LABELS, `at most ${MOST_LABELS} entries`)
  .transform((labels) => Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, value.slice(0, LONGEST_VALUE)])));

const time = z.iso.datetime({ offset: true, error: 'expected an RFC 3339 time' });

/** One alert. Fields that are not named here are accepted and left out: Alertmanager adds some now and then. */
const alertSchema = z
  .looseObject({
    status: z.enum(['firing', 'resolved']),
    labels: values.refine((labels) => Boolean(labels['alertname']), { path: ['alertname'], error: 'is missing' }).refine((labels) => labels['cluster'] === undefined || CLUSTER_PATTERN.test(labels['cluster']), {
      path: ['cluster'],
      error: 'expected letters, digits, dots, dashes and underscores, at most 63',
    }),
    annotations: values.default({}),
    startsAt: time,
    endsAt: time.optional(),
    generatorURL: z.string().max(LONGEST_VALUE).optional(),
    fingerprint: z.string().min(1).max(100).optional(),
  })
  .transform(({ status, labels, annotations, startsAt, endsAt, generatorURL, fingerprint }): Alert => ({
    fingerprint: fingerprint ?? fingerprintOf(labels),
    status,
    labels,
    annotations,
    startsAt,
    ...(endsAt && endsAt !== NO_TIME && { endsAt }),
    ...(generatorURL && { generatorURL }),
  }));

const bodySchema = z.looseObject({
  version: z.literal('4', { error: 'expected "4", the version of Alertmanager\'s webhook' }),
  alerts: z.array(z.unknown()),
  truncatedAlerts: z.int().min(0).optional(),
});

export interface InvalidAlert {
  alert: unknown;
  /** `labels.alertname: is missing` */
  faults: string[];
}

export interface AlertmanagerBody {
  alerts: Alert[];
  invalid: InvalidAlert[];
  truncated: number;
}

/** Reads a webhook body; each alert is judged by itself, so that a bad one costs the others nothing. @throws Problem 400 that names the fields. */
export function readAlertmanagerBody(body: unknown): AlertmanagerBody {
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) {
    const errors = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.') || 'body', message: plain(message) }));
    throw new Problem(400, `This is not an Alertmanager webhook of version 4: ${errors.map(({ field, message }) => `${field}: ${message}`).join('; ')}`, { errors });
  }
  const alerts: Alert[] = [];
  const invalid: InvalidAlert[] = [];
  for (const alert of parsed.data.alerts) {
    const read = alertSchema.safeParse(alert);
    // People write passwords into labels and annotations; from here they would go into histories, pages and records.
    if (read.success) alerts.push(redactJson(read.data));
    else invalid.push({ alert: redactJson(alert), faults: read.error.issues.map(({ path, message }) => `${path.join('.') || 'alert'}: ${plain(message)}`) });
  }
  return { alerts, invalid, truncated: parsed.data.truncatedAlerts ?? 0 };
}

/** Stable over repeats of the same labels, as Alertmanager's own is. */
export function fingerprintOf(labels: Record<string, string>): string {
  return createHash('sha256').update(canonicalize(labels) ?? '').digest('hex').slice(0, 16);
}

function plain(message: string): string {
  return message.replace(/^Invalid (input|option): /, '');
}
