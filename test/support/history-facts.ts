import { PHASE_TEXT, STEP_RESULT_TEXT } from '../../workflows/domain/timeline';
import type { IncidentRecord, Phase, Signed, DecisionBody, StepResult, Unsigned } from '../../workflows/contracts';

/** The parts of a history's JSON that are looked at here. */
interface Payloads {
  payloads?: Array<{ data?: string }>;
}
interface HistoryEvent {
  eventId: string;
  activityTaskScheduledEventAttributes?: { activityType: { name: string }; input?: Payloads };
  activityTaskCompletedEventAttributes?: { scheduledEventId: string; result?: Payloads };
  upsertWorkflowSearchAttributesEventAttributes?: { searchAttributes: { indexedFields: Record<string, { data?: string }> } };
  workflowExecutionUpdateAcceptedEventAttributes?: { protocolInstanceId: string; acceptedRequest: { input: { name: string; args: Payloads } } };
  workflowExecutionUpdateCompletedEventAttributes?: { meta: { updateId: string }; outcome: { success?: unknown } };
  workflowExecutionSignaledEventAttributes?: { signalName: string; input?: Payloads };
}

/** Something that Temporal's own history says happened, and the words by which a timeline has to tell it. */
export interface HistoryFact {
  kind: 'phase' | 'decision' | 'mutation';
  /** All of them have to stand in one line of the timeline. */
  words: string[];
  /** One of them has to stand there, too. */
  oneOf?: string[];
}

/**
 * What a history proves, without asking our own state: phases by the search attributes that were set, mutations by the
 * activities that changed something, decisions by the messages that were accepted. Only what came before the record was
 * written for the last time: what somebody says while that is done is in the history and in no record.
 */
export function factsOf(history: unknown): HistoryFact[] {
  const { events: all } = history as { events: HistoryEvent[] };
  const written = all.findLastIndex(({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType.name === 'recordsWrite');
  const events = written === -1 ? all : all.slice(0, written);
  const activities = new Map(events.flatMap((event) => (event.activityTaskScheduledEventAttributes ? [[event.eventId, event.activityTaskScheduledEventAttributes.activityType.name] as const] : [])));
  const completed = new Set(events.flatMap(({ workflowExecutionUpdateCompletedEventAttributes: done }) => (done?.outcome.success ? [done.meta.updateId] : [])));
  let phase: Phase = 'triage';
  return events.flatMap((event): HistoryFact[] => {
    const { activityTaskCompletedEventAttributes: result, upsertWorkflowSearchAttributesEventAttributes: upsert, workflowExecutionUpdateAcceptedEventAttributes: update, workflowExecutionSignaledEventAttributes: signal } = event;
    if (result && /^kubernetes(Execute|Undo)Step$/.test(activities.get(result.scheduledEventId) ?? '')) return [mutation(first<StepResult>(result.result))];
    if (update?.acceptedRequest.input.name === 'decide' && completed.has(update.protocolInstanceId)) return [decision(first(update.acceptedRequest.input.args))];
    if (signal && ['approve', 'reject'].includes(signal.signalName)) return [signalled(signal.signalName, first(signal.input))];
    const entered = upsert && Object.entries(upsert.searchAttributes.indexedFields).find(([name]) => /phase$/i.test(name))?.[1].data;
    const next = entered && (decoded(entered) as Phase);
    if (!next || next === phase) return [];
    phase = next;
    return next === 'closed' ? [] : [{ kind: 'phase', words: [PHASE_TEXT[next].en] }];
  });
}

/** What is given to `recordsWrite` at the end; undefined for an incident that had not closed. */
export function recordIn(history: unknown): IncidentRecord | undefined {
  const { events } = history as { events: HistoryEvent[] };
  const writes = events.flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => (scheduled?.activityType.name === 'recordsWrite' ? [scheduled] : []));
  const last = writes.at(-1);
  return last && first<IncidentRecord>(last.input);
}

function mutation({ object, result }: StepResult): HistoryFact {
  return { kind: 'mutation', words: [`${object.kind} ${object.namespace}/${object.name} ${STEP_RESULT_TEXT[result]?.en ?? result}`] };
}

function decision(envelope: Signed<DecisionBody> | Unsigned<DecisionBody>): HistoryFact {
  const { actor, verdict, breakGlass } = 'statement' in envelope ? { actor: envelope.statement.actor, ...envelope.statement.body } : { actor: envelope.actor ?? '', ...envelope };
  return { kind: 'decision', words: [actor, breakGlass ? 'BREAK-GLASS' : verdict === 'approve' ? 'approved' : 'rejected'] };
}

/** A signal cannot be refused before it is in the history; the timeline then says that it was. */
function signalled(name: string, envelope: Signed<DecisionBody> | Unsigned<DecisionBody> | undefined): HistoryFact {
  // Anybody can signal anything: a number, a list.
  const actor = typeof envelope === 'object' && envelope !== null ? ('statement' in envelope ? envelope.statement?.actor : envelope.actor) : undefined;
  return { kind: 'decision', words: typeof actor === 'string' && actor !== '' ? [actor] : [], oneOf: [`${name} refused`, name === 'approve' ? 'approved' : 'rejected'] };
}

/** The type is the caller's word: it is that of the activity or message whose payload it is. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
function first<Value>(payloads: Payloads | undefined): Value {
  return decoded(payloads?.payloads?.[0]?.data ?? '') as Value;
}

function decoded(data: string): unknown {
  const text = Buffer.from(data, 'base64').toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
}
