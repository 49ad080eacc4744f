import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createRecordActivities } from '../../activities/records/activities';
import { verificationKeyOf } from '../../workers/data-dir';
import { Ledger } from '../../workers/audit/ledger';
import { readLedger, type KnownKey } from '../../workers/audit/ledger-entry';
import type { Exhibits } from '../../workers/audit/verify';
import type { AcceptedDecision, AuditTrail, IncidentEvent, IncidentRecord, Plan, Signed, DecisionBody, Statement } from '../../workflows/contracts';
import { audited, EMPTY_TRAIL, headOf, sealed } from '../../workflows/domain/audit';
import { openIncident, reduce } from '../../workflows/domain/incident-state';
import { planHash } from '../../workflows/domain/plan-hash';
import { statementBytes } from '../../workflows/domain/statements';
import { temporaryFolder } from './temporary-folder';

export const PUBLIC_ID = '20260301-00000000';
export const INCIDENT = { workflowId: 'incident/cluster-03/receive', firstRunId: '00000000-0000-4000-8000-000000000000' };
const AT = '2026-03-01T03:00:00.000Z';
const text = { en: 'x', ko: 'x' };

/** The gateway's key pair, as tests need it. */
export class GatewayKey {
  readonly privateKey = generateKeyPairSync('ed25519').privateKey;
  readonly key: KnownKey = verificationKeyOf(this.privateKey);

  approval(plan: Plan, actor: string): AcceptedDecision {
    const body: DecisionBody = { verdict: 'approve', planHash: plan.hash };
    const statement: Statement<DecisionBody> = { version: 1, message: 'decide', messageId: randomUUID(), temporalNamespace: 'default', ...INCIDENT, actor, roles: ['approver'], channel: 'cli', issuedAt: AT, expiresAt: '2100-01-01T00:00:00.000Z', body };
    const signed: Signed<DecisionBody> = { statement, keyId: this.key.keyId, signature: sign(null, statementBytes(statement), this.privateKey).toString('hex') };
    return { planId: plan.id, planHash: plan.hash, verdict: 'approve', actor, roles: ['approver'], channel: 'cli', at: AT, signed };
  }
}

export function samplePlan(): Plan {
  const object = { apiVersion: 'v1', kind: 'Pod', namespace: 'monitoring', name: 'thanos-receive-1', uid: 'u1' };
  const draft = { cluster: 'cluster-03', use: 'kubernetes.evictPods', steps: [{ id: 'evict-1', action: 'evict' as const, object, reason: text }], inverse: [], plannedAt: AT };
  return { ...draft, id: `${PUBLIC_ID}-p1`, remedy: 'evict', title: text, risk: 'disruptive', gates: [], blastRadius: { pods: [], text }, ifNothingIsDone: text, diff: '', dryRun: [], hash: planHash(draft) };
}

/** What happens in an incident that a person approved the plan of. */
export function eventsOf(plan: Plan, decision: AcceptedDecision): IncidentEvent[] {
  const [step] = plan.steps;
  return [
    { type: 'planned', at: AT, result: { kind: 'planned', plan } },
    { type: 'approvalAsked', at: AT, planId: plan.id, until: AT, approvers: 1, risk: plan.risk },
    { type: 'messageRefused', at: AT, message: 'approve', actor: 'root (claimed)', reason: 'unsigned messages are not accepted here' },
    { type: 'decided', at: AT, actor: decision.actor, decision, standing: 'approved' },
    { type: 'paged', at: AT, kind: 'needs-you', delivered: true, detail: '200' },
    { type: 'leaseTaken', at: AT, token: 1 },
    { type: 'stepExecuted', at: AT, planId: plan.id, planHash: plan.hash, undo: false, result: { step: step!.id, result: 'evicted', object: step!.object, at: AT, detail: '' } },
    { type: 'outcome', at: AT, outcome: 'recovered', reason: text },
  ];
}

export function recordFrom(events: readonly IncidentEvent[], publicId = PUBLIC_ID): IncidentRecord & { audit: NonNullable<IncidentRecord['audit']> } {
  const opened = { type: 'opened', at: AT, publicId, ...INCIDENT, cluster: 'cluster-03', failureDomain: 'receive' } as const;
  let status = openIncident(opened);
  let trail: AuditTrail = audited(EMPTY_TRAIL, opened);
  for (const event of events) {
    status = reduce(status, event);
    trail = audited(trail, event);
  }
  const record: IncidentRecord = { schema: 'nightshift/record/v1', incident: reduce(status, { type: 'closed', at: AT }), permanentFixes: [], durations: { toDetect: 0, open: 0 }, locale: 'en' };
  return { ...record, audit: sealed(trail, record) };
}

/** The files of a record, as the worker writes them. */
export async function filesOf(record: IncidentRecord): Promise<Record<string, string>> {
  let written: Readonly<Record<string, string>> = {};
  const store = { write: async (_publicId: string, files: Readonly<Record<string, string>>) => ((written = files), { location: '', files: [] }), read: async () => undefined, list: async () => [] };
  await createRecordActivities({ store, fetchHistory: async () => '' }).recordsWrite(record);
  return { ...written };
}

/** One incident that closed as it should: its files, and the ledger of the gateway that saw it close. */
export async function closedIncident(gateway = new GatewayKey()): Promise<Exhibits & { audit: string; record: string; ledgerText: string; ledgerFile: string; gateway: GatewayKey }> {
  const plan = samplePlan();
  const decision = gateway.approval(plan, 'kim');
  const made = recordFrom(eventsOf(plan, decision));
  const files = await filesOf(made);
  const ledgerFile = path.join(temporaryFolder('ledger'), 'ledger.jsonl');
  const ledger = new Ledger(ledgerFile, () => ({ keyId: gateway.key.keyId, privateKey: gateway.privateKey }));
  const message = { kind: 'message', publicId: PUBLIC_ID, messageId: decision.signed!.statement.messageId, message: 'decide', actor: 'kim', verdict: 'approve', planHash: plan.hash } as const;
  const before = new Date(Date.parse(AT) - 1_000);
  await ledger.append({ ...message, answer: 'sent' }, before);
  await ledger.append({ ...message, answer: 'accepted' }, new Date(AT));
  await ledger.append({ kind: 'closed', publicId: PUBLIC_ID, workflowId: INCIDENT.workflowId, runId: INCIDENT.firstRunId, closedAt: AT, ended: 'completed', ...headOf(made.audit) }, new Date(AT));
  const ledgerText = readFileSync(ledgerFile, 'utf8');
  const keys = [gateway.key];
  return { publicId: PUBLIC_ID, audit: files['audit.jsonl']!, record: files['record.json']!, ledger: readLedger(ledgerText, keys).entries, keys, ledgerText, ledgerFile, gateway };
}
