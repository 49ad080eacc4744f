import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { Logger } from 'pino';
import { WORKFLOW, type IncidentMemo } from '../../workflows/contracts';
import type { Ledger } from '../audit/ledger';
import { publicIdOfRun } from './incident-summary';
import { isTemporalAway } from './problems';

/** Until then somebody could exchange a record unseen; a list of what closed lately costs Temporal a millisecond. */
const LOOK_EVERY_MS = 5_000;
/** Visibility follows by moments, and a database that was away by minutes: what closed that much earlier is looked at again. */
const LOOK_BACK_MS = 60 * 60_000;

/**
 * Signs the end of each closed incident's audit trail into the ledger, as Temporal tells it: the run's memo, which nobody
 * can change once the run has closed. From then on a record proves that it is the one that was written.
 */
export class TrailKeeper {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  /** Runs whose end is in the ledger; undefined until the ledger was read. */
  private signed: Set<string> | undefined;
  private since: Date | undefined;

  constructor(
    private readonly client: Pick<Client, 'workflow'>,
    private readonly ledger: Pick<Ledger, 'append' | 'entries'>,
    private readonly log: Pick<Logger, 'info' | 'warn' | 'error'>,
  ) {}

  start(): void {
    this.stopped = false;
    void this.lookAndGoOn();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Signs what has closed since the last look. */
  async look(): Promise<void> {
    const signed = await this.signedRuns();
    const since = this.since && ` AND CloseTime >= '${this.since.toISOString()}'`;
    const found: WorkflowExecutionInfo[] = [];
    const query = `WorkflowType = '${WORKFLOW.incident}' AND ExecutionStatus != 'Running' AND ExecutionStatus != 'ContinuedAsNew'${since ?? ''}`;
    for await (const run of this.client.workflow.list({ query, pageSize: 200 })) if (!signed.has(run.runId)) found.push(run);
    for (const run of found.sort((a, b) => closeTimeOf(a) - closeTimeOf(b))) await this.sign(run, signed);
  }

  private async sign(run: WorkflowExecutionInfo, signed: Set<string>): Promise<void> {
    const { workflowId, runId, status } = run;
    const publicId = publicIdOfRun(run);
    const audit = ((run.memo ?? {}) as Partial<IncidentMemo>).audit;
    const closedAt = new Date(closeTimeOf(run)).toISOString();
    const ended = status.name.toLowerCase();
    const entry = await this.ledger.append({ kind: 'closed', publicId, workflowId, runId, closedAt, ended, ...(audit && { entries: audit.entries, head: audit.head }) });
    signed.add(runId);
    this.advance(closedAt);
    // Logs are usually kept elsewhere: one more place that remembers.
    this.log.info({ ledgerEntry: entry.n, publicId, ended, ...audit, signature: entry.signature }, 'the end of an audit trail is signed');
  }

  private async signedRuns(): Promise<Set<string>> {
    if (this.signed) return this.signed;
    const closed = (await this.ledger.entries()).flatMap((entry) => (entry.kind === 'closed' ? [entry] : []));
    for (const { closedAt } of closed) this.advance(closedAt);
    return (this.signed = new Set(closed.map(({ runId }) => runId)));
  }

  private advance(closedAt: string): void {
    const since = new Date(Date.parse(closedAt) - LOOK_BACK_MS);
    if (!this.since || since > this.since) this.since = since;
  }

  private async lookAndGoOn(): Promise<void> {
    try {
      await this.look();
    } catch (error) {
      // While Temporal is away the gateway says so elsewhere, and often enough.
      if (!isTemporalAway(error)) this.log.error({ err: error }, 'the ends of audit trails could not be signed; it is tried again');
    }
    if (!this.stopped) this.timer = setTimeout(() => void this.lookAndGoOn(), LOOK_EVERY_MS).unref();
  }
}

function closeTimeOf({ closeTime, startTime }: WorkflowExecutionInfo): number {
  return (closeTime ?? startTime).getTime();
}
