import { z } from 'zod';
import { parseRecord } from '../../activities/records/record-schema';
import { AUDIT_KINDS, type AcceptedDecision, type AuditEntry, type IncidentRecord, type Json, type JsonObject } from '../../workflows/contracts';
import { headOf, planDigest, recordDigest } from '../../workflows/domain/audit';
import { hashOf } from '../../workflows/domain/plan-hash';
import { statementFault } from '../../workflows/domain/statements';
import { readChain, type Fault } from './chain';
import { LEDGER, type ClosedEntry, type KnownKey, type LedgerEntry, type MessageEntry } from './ledger-entry';

export const AUDIT = 'audit.jsonl';
export const RECORD = 'record.json';

const auditEntry: z.ZodType<AuditEntry> = z.strictObject({
  n: z.int().nonnegative(),
  previous: z.string().regex(/^[0-9a-f]{64}$/),
  kind: z.enum([...AUDIT_KINDS, 'sealed']),
  at: z.iso.datetime(),
  actor: z.string(),
  body: z.record(z.string(), z.json()),
});

/** What is at hand for one incident. */
export interface Exhibits {
  publicId: string;
  /** Content of `audit.jsonl` and `record.json`; undefined where there is no such file. */
  audit: string | undefined;
  record: string | undefined;
  /** The gateway's entries, of every incident. */
  ledger: readonly LedgerEntry[];
  keys: readonly KnownKey[];
}

export interface Verdict {
  publicId: string;
  entries: AuditEntry[];
  faults: Fault[];
}

/** Is this record as it was written, whole, and the one that the gateway signed the end of? Pure. */
export function verifyIncident(exhibits: Exhibits): Verdict {
  const { publicId, audit, record } = exhibits;
  const closed = exhibits.ledger.filter((entry): entry is ClosedEntry => entry.kind === 'closed' && entry.publicId === publicId);
  if (audit === undefined) return { publicId, entries: [], faults: absent(record !== undefined, closed) };
  const { entries, faults } = readChain(audit, AUDIT, auditEntry);
  return {
    publicId,
    entries,
    faults: [...faults, ...frameFaults(publicId, entries), ...headFaults(entries, closed), ...recordFaults(record, entries), ...decisionFaults(entries, exhibits), ...messageFaults(entries, exhibits)],
  };
}

function absent(hasRecord: boolean, closed: readonly ClosedEntry[]): Fault[] {
  if (hasRecord) return [{ where: AUDIT, problem: 'it is missing: the record was written by a version without an audit trail, or the file was deleted' }];
  return closed.filter(({ ended }) => ended === 'completed').slice(0, 1).map(({ n, closedAt }) => ({ where: RECORD, problem: `the whole record is missing: the incident closed at ${closedAt} (${LEDGER}, entry ${n})` }));
}

/** Does it begin and end as a trail does? */
function frameFaults(publicId: string, entries: readonly AuditEntry[]): Fault[] {
  const [first, last] = [entries.at(0), entries.at(-1)];
  const faults: Fault[] = [];
  if (!first || first.kind !== 'opened') faults.push({ where: `${AUDIT}, entry 0`, problem: 'it does not say that the incident was opened: the beginning is missing' });
  else if (first.body['publicId'] !== publicId) faults.push({ where: `${AUDIT}, entry 0`, problem: `it is the trail of ${JSON.stringify(first.body['publicId'])}, put in the place of this one` });
  if (last?.kind !== 'sealed') faults.push({ where: AUDIT, problem: 'the last entry does not seal the record: the end is missing' });
  const early = entries.find((entry, index) => entry.kind === 'sealed' && index < entries.length - 1);
  if (early) faults.push({ where: `${AUDIT}, entry ${early.n}`, problem: 'it seals the record and is not the last: what follows was added' });
  return faults;
}

function headFaults(entries: readonly AuditEntry[], closed: readonly ClosedEntry[]): Fault[] {
  const signed = closed.filter(({ head, ended }) => head !== undefined && ended === 'completed');
  const [first] = signed;
  if (!first) return [{ where: AUDIT, problem: `the gateway has signed no end of this incident (${LEDGER}): it has not seen it close yet, or the record was put there` }];
  const other = signed.find(({ head }) => head !== first.head);
  if (other) return [{ where: LEDGER, problem: `entries ${first.n} and ${other.n} name two different ends: the incident was closed twice, by a reset or by somebody who forged one` }];
  const head = headOf(entries);
  if (head.head === first.head && head.entries === first.entries) return [];
  const signedAs = `the gateway signed ${first.entries} entries at the close (${LEDGER}, entry ${first.n})`;
  if (head.entries < (first.entries ?? 0)) return [{ where: AUDIT, problem: `${(first.entries ?? 0) - head.entries} entries are missing: ${signedAs}, here are ${head.entries}` }];
  if (head.entries > (first.entries ?? 0)) return [{ where: AUDIT, problem: `${head.entries - (first.entries ?? 0)} entries were added: ${signedAs}, here are ${head.entries}` }];
  return [{ where: `${AUDIT}, entry ${head.entries - 1}`, problem: `the end is not the one that ${signedAs}: this entry was changed, or the whole trail was replaced` }];
}

function recordFaults(content: string | undefined, entries: readonly AuditEntry[]): Fault[] {
  if (content === undefined) return [{ where: RECORD, problem: 'it is missing' }];
  let record: IncidentRecord;
  try {
    record = parseRecord(content, RECORD);
  } catch (error) {
    return [{ where: RECORD, problem: (error as Error).message }];
  }
  const seal = entries.findLast(({ kind }) => kind === 'sealed');
  const told = differences(record, entries);
  if (told.length > 0 || !seal || seal.body['recordDigest'] === recordDigest(record)) return told;
  return [{ where: RECORD, problem: `it was changed after it was written: its digest is not the one in ${AUDIT}, entry ${seal.n}` }];
}

/** Where the record tells another story than the trail. */
function differences({ incident }: IncidentRecord, entries: readonly AuditEntry[]): Fault[] {
  const stories: Array<[name: string, kind: AuditEntry['kind'], told: string[], kept: (body: JsonObject) => Json | undefined]> = [
    ['plans', 'planned', incident.plans.map(planDigest), ({ digest }) => digest],
    ['decisions', 'decided', incident.decisions.map((decision) => hashOf(decision)), ({ decision }) => hashOf(decision)],
    ['mutations', 'stepExecuted', incident.mutations.map((mutation) => hashOf(mutation)), mutationDigest],
  ];
  return stories.flatMap(([name, kind, told, kept]) => {
    const ours = entries.filter((entry) => entry.kind === kind);
    return Array.from({ length: Math.max(ours.length, told.length) }, (_, index): Fault[] => {
      const entry = ours[index];
      if (!entry) return [{ where: RECORD, problem: `incident.${name}[${index}] is not in ${AUDIT}` }];
      if (told[index] === undefined) return [{ where: RECORD, problem: `incident.${name} lacks what ${AUDIT}, entry ${entry.n}, holds` }];
      return told[index] === kept(entry.body) ? [] : [{ where: RECORD, problem: `incident.${name}[${index}] says something else than ${AUDIT}, entry ${entry.n}` }];
    }).flat();
  });
}

function mutationDigest({ result, ...rest }: JsonObject): string {
  return hashOf({ ...(result as object), ...rest });
}

/** Everybody's signature, once more. */
function decisionFaults(entries: readonly AuditEntry[], { keys }: Exhibits): Fault[] {
  return decidedIn(entries).flatMap(({ n, decision }) => {
    const { signed, at, actor } = decision;
    if (!signed) return [];
    const { message, temporalNamespace, workflowId, firstRunId } = signed.statement;
    const fault = statementFault(signed, { message, temporalNamespace, workflowId, firstRunId, now: at }, keys);
    const retired = keys.find(({ keyId }) => keyId === signed.keyId)?.retiredAt;
    const problem = fault ?? (retired !== undefined && at > retired ? `it is signed with the key ${signed.keyId} after that was retired (${retired})` : undefined);
    return problem ? [{ where: `${AUDIT}, entry ${n}`, problem: `the decision of ${actor} does not prove itself: ${problem}` }] : [];
  });
}

/** What people sent through the gateway against what the incident says of it. */
function messageFaults(entries: readonly AuditEntry[], { publicId, ledger }: Exhibits): Fault[] {
  const sent = ledger.filter((entry): entry is MessageEntry => entry.kind === 'message' && entry.publicId === publicId && entry.message === 'decide');
  const decided = decidedIn(entries);
  const kept = new Set(decided.map(({ decision }) => decision.signed?.statement.messageId));
  const dropped = sent.filter(({ answer, messageId }) => answer === 'accepted' && !kept.has(messageId));
  const known = new Set(sent.map(({ messageId }) => messageId));
  const began = ledger[0]?.at ?? '';
  const unsent = decided.filter(({ decision: { signed, at } }) => signed && began !== '' && at > began && !known.has(signed.statement.messageId));
  return [
    ...dropped.map(({ n, actor, verdict }) => ({ where: AUDIT, problem: `the decision of ${actor} (${verdict ?? '?'}), which the incident accepted (${LEDGER}, entry ${n}), is missing` })),
    ...unsent.map(({ n, decision }) => ({ where: `${AUDIT}, entry ${n}`, problem: `the decision of ${decision.actor} was not sent through this gateway: ${LEDGER} does not know it` })),
  ];
}

function decidedIn(entries: readonly AuditEntry[]): Array<{ n: number; decision: AcceptedDecision }> {
  return entries.flatMap(({ n, kind, body }) => (kind === 'decided' ? [{ n, decision: body['decision'] as unknown as AcceptedDecision }] : []));
}

