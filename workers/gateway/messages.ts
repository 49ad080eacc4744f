import { WorkflowNotFoundError, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError, type Client } from '@temporalio/client';
import { redactJson } from '../../activities/redact';
import type { DecisionBody, IncidentStatus, MessageName, Signed, Statement } from '../../workflows/contracts';
import type { IncidentDirectory, IncidentView } from './incidents';
import { Problem } from './problems';
import type { Ledger } from '../audit/ledger';
import type { MessageEntry } from '../audit/ledger-entry';
import { messagesSent } from '../metrics';
import type { Signer } from './signer';
import type { Actor } from './users';

/** A validator answers within a workflow task; after this nobody is there to answer. */
const UPDATE_DEADLINE_MS = 5_000;

export interface Sender {
  actor: Actor;
  channel: Statement<unknown>['channel'];
}

/** Tells incidents what people say: finds, signs, sends, and turns a refusal into an answer. */
export class Messenger {
  constructor(
    private readonly client: Client,
    private readonly incidents: IncidentDirectory,
    private readonly signer: Signer,
    private readonly ledger: Pick<Ledger, 'append'>,
  ) {}

  /** The incident's state now. @throws Problem 404, 409 when it has closed, 503 when no worker answers */
  async openIncident(id: string): Promise<IncidentStatus> {
    const view = await this.incidents.view(id, UPDATE_DEADLINE_MS);
    if (!view.summary.open) throw new Problem(409, `The incident ${view.summary.publicId} is closed (${view.summary.outcome ?? view.summary.ended ?? 'no outcome'}).`);
    if (view.source !== 'workflow') throw workerAway(view);
    return view.status;
  }

  /** @throws Problem 409 with the incident's own reason when it refuses, 503 when what is sent cannot be written down */
  async send<Answer>(status: IncidentStatus, message: MessageName, body: object, { actor, channel }: Sender): Promise<Answer> {
    const { publicId, workflowId, firstRunId } = status;
    const signed = this.signer.sign({ message, workflowId, firstRunId, actor, channel, body: redactJson(body) });
    const handle = this.client.workflow.getHandle(workflowId, undefined, { firstExecutionRunId: firstRunId });
    const { messageId } = signed.statement;
    const told = { kind: 'message', publicId, messageId, message, actor: actor.name, ...decisionIn(signed.statement.body) } as const;
    await this.note({ ...told, answer: 'sent' });
    let answer: Answer;
    try {
      answer = await this.client.withDeadline(Date.now() + UPDATE_DEADLINE_MS, () => handle.executeUpdate<Answer, [Signed<object>]>(message, { args: [signed], updateId: messageId }));
    } catch (error) {
      const problem = problemOf(error, status);
      const refused = problem instanceof Problem && problem.status === 409;
      messagesSent.inc({ message, answer: refused ? 'refused' : 'unanswered' });
      await this.note({ ...told, answer: refused ? 'refused' : 'unanswered', ...(refused && { reason: problem.detail.slice(0, 500) }) });
      throw problem;
    }
    await this.note({ ...told, answer: 'accepted' });
    messagesSent.inc({ message, answer: 'accepted' });
    return answer;
  }

  private async note(entry: LedgerMessage): Promise<void> {
    await this.ledger.append(entry).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Problem(503, `The ledger cannot be written (${reason}): ${entry.answer === 'sent' ? 'nothing was sent' : 'look at the incident before you send it again'}. Check the disk of the data directory.`);
    });
  }
}

type LedgerMessage = Pick<MessageEntry, 'kind' | 'publicId' | 'messageId' | 'message' | 'actor' | 'answer' | 'reason' | 'verdict' | 'planHash'>;

/** What a decision was about; of other messages nothing but their name goes into the ledger. */
function decisionIn(body: object): { verdict?: string; planHash?: string } {
  const { verdict, planHash } = body as Partial<DecisionBody>;
  return { ...(verdict && { verdict }), ...(planHash && { planHash }) };
}

function problemOf(error: unknown, { publicId }: IncidentStatus): unknown {
  if (error instanceof WorkflowUpdateFailedError) return new Problem(409, `Refused: ${error.cause?.message ?? error.message}.`);
  if (error instanceof WorkflowNotFoundError) return new Problem(409, `The incident ${publicId} has closed meanwhile.`);
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    return new Problem(503, `No worker answered for ${publicId}, so it is not known whether this counted. Look at the incident before you send it again.`, {}, { 'retry-after': '5' });
  }
  return error;
}

export function workerAway({ summary }: Pick<IncidentView, 'summary'>): Problem {
  return new Problem(503, `No worker answers for ${summary.publicId}, so nothing was done. It is in phase ${summary.phase}; start a worker, then try again.`, {}, { 'retry-after': '5' });
}
