import type { AuditEntry, AuditHead, AuditKind, AuditTrail } from '../contracts/audit';
import { AUDIT_KINDS } from '../contracts/audit';
import type { IncidentEvent } from '../contracts/incident';
import type { PlanResult } from '../contracts/plan';
import type { IncidentRecord } from '../contracts/record';
import type { JsonObject } from '../contracts/text';
import { hashOf } from './plan-hash';

/** What stands before the first entry. */
export const NOTHING_BEFORE = '0'.repeat(64);

/** Enough to see an attack and who led it; more would let a stranger make the record too large to be written. */
const MOST_REFUSED = 200;

export const EMPTY_TRAIL: AuditTrail = { entries: [], leftOut: 0 };

/** The trail after an event; the same trail where the event is none of its business. Pure. */
export function audited(trail: AuditTrail, event: IncidentEvent): AuditTrail {
  if (!isAudited(event)) return trail;
  if (event.type === 'messageRefused' && refusedIn(trail) >= MOST_REFUSED) return { ...trail, leftOut: trail.leftOut + 1 };
  return { ...trail, entries: [...trail.entries, linked(trail.entries, event.type, event.at, event.actor ?? 'nightshift', bodyOf(event))] };
}

/**
 * The entries of a finished record. The last one seals it: it holds the digest of the record as it is written, so that a
 * record that tells another story, or ends too early, is found.
 */
export function sealed({ entries, leftOut }: AuditTrail, record: IncidentRecord): AuditEntry[] {
  const { incident } = record;
  const body = { publicId: incident.publicId, outcome: incident.outcome ?? 'none', recordDigest: recordDigest(record), refusedMessagesLeftOut: leftOut };
  return [...entries, linked(entries, 'sealed', incident.closedAt ?? incident.openedAt, 'nightshift', body)];
}

/** SHA-256 (hex) of everything that `record.json` says. */
export function recordDigest(record: IncidentRecord): string {
  const { audit: _audit, ...said } = record;
  return hashOf(json(said));
}

/** SHA-256 (hex) of what a remedy's planning came to; its entry holds this instead of the whole plan. */
export function planDigest(result: PlanResult): string {
  return hashOf(json(result));
}

export function headOf(entries: readonly AuditEntry[]): AuditHead {
  const last = entries.at(-1);
  return { entries: entries.length, head: last ? hashOf(last) : NOTHING_BEFORE };
}

function isAudited(event: IncidentEvent): event is Extract<IncidentEvent, { type: AuditKind }> {
  return (AUDIT_KINDS as readonly string[]).includes(event.type);
}

function refusedIn({ entries }: AuditTrail): number {
  return entries.reduce((count, { kind }) => count + (kind === 'messageRefused' ? 1 : 0), 0);
}

function linked(entries: readonly AuditEntry[], kind: AuditEntry['kind'], at: string, actor: string, body: JsonObject): AuditEntry {
  return { n: entries.length, previous: headOf(entries).head, kind, at, actor, body };
}

/** The event itself, without what stands beside it in the entry; a plan and a diagnosis by their digests, because the record has them whole. */
function bodyOf(event: Extract<IncidentEvent, { type: AuditKind }>): JsonObject {
  switch (event.type) {
    case 'planned':
      return plannedBody(event.result);
    case 'diagnosed':
      return { rootCause: event.rootCause, causesDigest: hashOf(json(event.causes)) };
    default: {
      const { type: _type, at: _at, actor: _actor, ...body } = event;
      return json(body);
    }
  }
}

function plannedBody(result: PlanResult): JsonObject {
  const digest = planDigest(result);
  if (result.kind !== 'planned') return { kind: result.kind, remedy: result.remedy, reason: result.reason.en, digest };
  const { plan, ruling } = result;
  return json({ kind: result.kind, remedy: plan.remedy, planId: plan.id, planHash: plan.hash, risk: plan.risk, digest, ...(ruling && { ruling }) });
}

/** As it will be read back: fields that are undefined are no fields. */
function json(body: object): JsonObject {
  return JSON.parse(JSON.stringify(body)) as JsonObject;
}
