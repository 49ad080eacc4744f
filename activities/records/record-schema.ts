import { z } from 'zod';
import { FAILURE_DOMAINS, INCIDENT_CLASSES, OUTCOMES, PHASES, failure, type IncidentRecord } from '../../workflows/contracts';

const time = z.iso.datetime({ offset: true });
const text = z.looseObject({ en: z.string(), ko: z.string() });
const clock = z.looseObject({ dueAt: time, metAt: time.exactOptional(), breachedAt: time.exactOptional() });
const items = z.array(z.looseObject({}));

const incident = z.looseObject({
  publicId: z.string(),
  workflowId: z.string(),
  firstRunId: z.string(),
  cluster: z.string(),
  failureDomain: z.enum(FAILURE_DOMAINS),
  incidentClass: z.enum(INCIDENT_CLASSES),
  title: text,
  severity: z.string(),
  phase: z.enum(PHASES),
  outcome: z.enum(OUTCOMES).exactOptional(),
  practice: z.boolean(),
  beganAt: time,
  openedAt: time,
  closedAt: time.exactOptional(),
  recoveredAt: time.exactOptional(),
  alerts: items,
  evidence: items,
  causes: items,
  plans: items,
  decisions: items,
  mutations: items,
  notes: items,
  refusedMessages: items,
  timeline: z.array(z.looseObject({ at: time, phase: z.enum(PHASES), actor: z.string(), text })),
  clocks: z.looseObject({ rootCause: clock, recovery: clock }),
});

const course = z.array(z.number().nullable());
const metrics = z.discriminatedUnion('kind', [
  z.looseObject({
    kind: z.literal('read'),
    source: z.string(),
    from: time,
    to: time,
    stepSeconds: z.number().positive(),
    rateSeconds: z.number(),
    courses: z.looseObject({ delivered: course, lag: course, receiversReady: course, serverErrors: course }),
    samplesFailed: z.number().nullable(),
    samplesDropped: z.number().nullable(),
    mostBehindSeconds: z.number().nullable(),
    problems: z.array(z.string()),
  }),
  z.looseObject({ kind: z.literal('unread'), reason: z.string() }),
]);

/**
 * A record as it is read back. Loose on purpose: records outlive versions, so fields that are not known are kept, and
 * only what lists, statistics and the postmortem cannot do without is demanded.
 */
export const recordSchema = z.looseObject({
  schema: z.literal('nightshift/record/v1'),
  incident,
  permanentFixes: z.array(z.looseObject({ id: z.string(), title: text, description: text })),
  durations: z.looseObject({ toDetect: z.number(), toRootCause: z.number().exactOptional(), toDecision: z.number().exactOptional(), toRecovery: z.number().exactOptional(), open: z.number() }),
  locale: z.enum(['en', 'ko']),
  metrics: metrics.exactOptional(),
});

/** @throws InvalidInput that names the first field that is not as it should be */
export function parseRecord(content: string, source: string): IncidentRecord {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (error) {
    throw failure('InvalidInput', `${source} is not JSON: ${(error as Error).message}. The file was changed after it was written.`, { cause: error });
  }
  const parsed = recordSchema.safeParse(json);
  if (parsed.success) return parsed.data as unknown as IncidentRecord;
  const issue = parsed.error.issues[0]!;
  throw failure('InvalidInput', `${source} is no record of this or an earlier version: ${issue.path.join('.')}: ${issue.message}.`);
}
