import { z } from 'zod';
import type { Probe } from '../probe';
import { plainLine } from '../redact';
import { unique } from '../workload';
import type { KubernetesObject } from './gateway';
import { namespacesOf, some } from '../survey';

const INPUT = z.strictObject({
  within: z.number().int().min(1).max(1440).default(60).describe('How far back, in minutes.'),
});

/** However fast the clocks run, people and controllers need minutes. */
const LEAST_MINUTES = 5;
const MOST_ROWS = 20;

interface EventView {
  at: string;
  type: string;
  reason: string;
  object: string;
  message: string;
  count: number;
}

/** `kubectl get events --sort-by=.lastTimestamp`, of every namespace of the pipeline. */
export const eventsProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.events',
  title: 'Events of the pipeline’s namespaces by time, newest first; warnings before the rest where there are many',
  input: INPUT,
  fields: {
    events: { type: 'number', unit: 'count', text: 'events within that time' },
    warnings: { type: 'number', unit: 'count', text: 'of these, warnings' },
    reasons: { type: 'list', text: 'reasons of the warnings: BackOff, FailedScheduling, FailedMount, …' },
    objects: { type: 'list', text: 'objects that the warnings are about' },
    minutesSinceWarning: { type: 'number|null', text: 'minutes since the newest warning; null when there is none' },
  },
  rbac: [{ apiGroup: '', resources: ['events'], verbs: ['list'] }],
  async ask(access, { within }) {
    const minutes = Math.max(LEAST_MINUTES, Math.ceil(within * access.config.timeFactor));
    const now = access.clock.now().getTime();
    const lists = await Promise.all(namespacesOf(access).map((namespace) => access.kubernetes.list({ apiVersion: 'v1', kind: 'Event' }, namespace)));
    const recent = lists.flat().map(viewOf).filter(({ at }) => Date.parse(at) >= now - minutes * 60_000).sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
    const warnings = recent.filter(({ type }) => type === 'Warning');
    const reasons = unique(warnings.map(({ reason }) => reason));
    const objects = unique(warnings.map(({ object }) => object));
    const [newest] = warnings;
    return {
      fields: { events: recent.length, warnings: warnings.length, reasons, objects, minutesSinceWarning: newest ? Math.round((now - Date.parse(newest.at)) / 60_000) : null },
      summary: newest
        ? `${warnings.length} of ${recent.length} events of the last ${minutes} minutes are warnings: ${some(reasons)} (${some(objects)}).`
        : `No warning among the ${recent.length} events of the last ${minutes} minutes.`,
      ...(recent.length > 0 && { table: { columns: ['time', 'type', 'reason', 'object', 'message'], rows: chosen(recent, warnings).map(({ at, type, reason, object, message, count }) => [at, type, reason, object, count > 1 ? `${message} (${count} times)` : message]) } }),
    };
  },
};

/** Where not all fit, warnings do first; what is shown is by time all the same. */
function chosen(recent: readonly EventView[], warnings: readonly EventView[]): EventView[] {
  const kept = new Set([...warnings, ...recent].slice(0, MOST_ROWS));
  return recent.filter((event) => kept.has(event)).slice(0, MOST_ROWS);
}

function viewOf(event: KubernetesObject): EventView {
  const { involvedObject, reason = '', message = '', lastTimestamp, eventTime, series, type = 'Normal', count } = event as unknown as {
    involvedObject?: { kind?: string; name?: string }; reason?: string; message?: string; lastTimestamp?: string | null; eventTime?: string | null;
    series?: { count?: number; lastObservedTime?: string } | null; type?: string; count?: number | null;
  };
  const created = event.metadata['creationTimestamp'];
  return {
    at: series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? (typeof created === 'string' ? created : ''),
    type: plainLine(type, 20),
    reason: plainLine(reason, 60),
    object: plainLine(`${involvedObject?.kind ?? 'Object'} ${involvedObject?.name ?? ''}`, 100),
    message: plainLine(message, 120),
    count: series?.count ?? count ?? 1,
  };
}
