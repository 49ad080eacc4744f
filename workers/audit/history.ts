import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import type { temporal } from '@temporalio/proto';
import type { AcceptedDecision, AuditEntry, AuditHead, DecisionBody, Envelope, IncidentMemo, PlanResult, StepResult } from '../../workflows/contracts';
import { headOf, planDigest } from '../../workflows/domain/audit';
import { hashOf } from '../../workflows/domain/plan-hash';
import { isSigned } from '../../workflows/domain/statements';
import type { Fault } from './chain';
import { AUDIT } from './verify';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
type Payloads = temporal.api.common.v1.IPayloads | null | undefined;

/** What Temporal itself has kept of an incident: results of activities and messages, not what the workflow says of them. */
export interface History {
  plans: PlanResult[];
  mutations: Array<{ result: StepResult; undo: boolean }>;
  /** Decisions that were accepted: updates. */
  accepted: Array<Envelope<DecisionBody>>;
  /** Decisions that came as signals; whether they counted only the workflow says. */
  signalled: Array<Envelope<DecisionBody>>;
  /** The end of the trail, from the memo. */
  head?: AuditHead;
}

/** @returns undefined where Temporal does not know the incident any more */
export async function readHistory(client: Client, { workflowId, firstRunId }: { workflowId: string; firstRunId: string }): Promise<History | undefined> {
  try {
    const history: History = { plans: [], mutations: [], accepted: [], signalled: [] };
    let runId: string | null | undefined = firstRunId;
    while (runId) {
      const handle = client.workflow.getHandle(workflowId, runId);
      const events: HistoryEvent[] = (await handle.fetchHistory()).events ?? [];
      await readRun(client, events, history);
      const next: string | null | undefined = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
      const head = next ? undefined : ((await handle.describe()).memo as Partial<IncidentMemo> | undefined)?.audit;
      if (head) history.head = head;
      runId = next;
    }
    return history;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function readRun(client: Client, events: readonly HistoryEvent[], history: History): Promise<void> {
  const decode = async <Value>(payloads: Payloads): Promise<Value> => (await decodeArrayFromPayloads(client.options.loadedDataConverter, payloads?.payloads))[0] as Value;
  const byId = new Map(events.map((event) => [String(event.eventId), event]));
  // By its own ID: not every server says which event accepted an update.
  const updates = new Map(events.flatMap(({ workflowExecutionUpdateAcceptedEventAttributes: update }) => (update?.acceptedRequest?.input ? [[update.protocolInstanceId ?? '', update.acceptedRequest.input] as const] : [])));
  for (const event of events) {
    const completed = event.activityTaskCompletedEventAttributes;
    const activity = completed && byId.get(String(completed.scheduledEventId))?.activityTaskScheduledEventAttributes?.activityType?.name;
    if (activity === 'kubernetesPlanRemedy') history.plans.push(await decode(completed!.result));
    if (activity === 'kubernetesExecuteStep' || activity === 'kubernetesUndoStep') history.mutations.push({ result: await decode(completed!.result), undo: activity === 'kubernetesUndoStep' });
    const updated = event.workflowExecutionUpdateCompletedEventAttributes;
    const accepted = updated?.outcome?.success && updates.get(updated.meta?.updateId ?? '');
    if (accepted && accepted.name === 'decide') history.accepted.push(await decode(accepted.args));
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal?.signalName === 'approve' || signal?.signalName === 'reject') history.signalled.push(await decode(signal.input));
  }
}

/** Where the trail tells another story than Temporal. Pure. */
export function historyFaults(entries: readonly AuditEntry[], history: History): Fault[] {
  const head = headOf(entries);
  const other = history.head && (history.head.head !== head.head || history.head.entries !== head.entries);
  return [
    ...(other ? [{ where: AUDIT, problem: `Temporal knows another end of it (${history.head?.entries} entries): the trail was changed or replaced` }] : []),
    ...mutationFaults(entries, history),
    ...planFaults(entries, history),
    ...decisionFaults(entries, history),
  ];
}

function mutationFaults(entries: readonly AuditEntry[], { mutations }: History): Fault[] {
  const kept = entries.filter(({ kind }) => kind === 'stepExecuted');
  const digests = kept.map(({ body }) => hashOf({ result: body['result'], undo: body['undo'] }));
  const done = mutations.map(({ result, undo }) => ({ digest: hashOf({ result, undo }), name: `${undo ? 'undo of ' : ''}${result.step}` }));
  return [
    ...done.filter(({ digest }) => !digests.includes(digest)).map(({ name }) => ({ where: AUDIT, problem: `the mutation ${name}, which Temporal's history has, is missing or told otherwise` })),
    ...kept.filter((_, index) => !done.some(({ digest }) => digest === digests[index])).map(({ n }) => ({ where: `${AUDIT}, entry ${n}`, problem: "Temporal's history has no such mutation" })),
  ];
}

function planFaults(entries: readonly AuditEntry[], { plans }: History): Fault[] {
  const known = new Set(plans.map(planDigest));
  const invented = entries.filter(({ kind, body }) => kind === 'planned' && body['kind'] === 'planned' && (typeof body['digest'] !== 'string' || !known.has(body['digest'])));
  return invented.map(({ n }) => ({ where: `${AUDIT}, entry ${n}`, problem: "Temporal's history has no such plan" }));
}

function decisionFaults(entries: readonly AuditEntry[], { accepted, signalled }: History): Fault[] {
  const decided = entries.filter(({ kind }) => kind === 'decided').map(({ n, body }) => ({ n, key: keyOf(body['decision'] as unknown as AcceptedDecision) }));
  const kept = new Set(decided.map(({ key }) => key));
  const said = new Set([...accepted, ...signalled].map((envelope) => keyOf(isSigned(envelope) ? { signed: envelope, actor: '' } : envelope)));
  return [
    ...accepted.filter((envelope) => !kept.has(keyOf(isSigned(envelope) ? { signed: envelope, actor: '' } : envelope))).map((envelope) => ({ where: AUDIT, problem: `the decision of ${isSigned(envelope) ? envelope.statement.actor : (envelope.actor ?? UNSIGNED)}, which Temporal's history has, is missing` })),
    ...decided.filter(({ key }) => !said.has(key)).map(({ n }) => ({ where: `${AUDIT}, entry ${n}`, problem: "Temporal's history has no such decision" })),
  ];
}

const UNSIGNED = 'temporal-cli';

/** A signed decision is named by its message; an unsigned one by nothing better than who claims it. */
function keyOf({ signed, actor }: { signed?: AcceptedDecision['signed']; actor?: string | undefined }): string {
  return signed ? signed.statement.messageId : `unsigned by ${actor ?? UNSIGNED}`;
}
