import { WorkflowNotFoundError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import type { RecordStore } from '../../activities/records/store';
import { parseRecord } from '../../activities/records/record-schema';
import { literal } from '../../activities/temporal/visibility';
import { matchesId, PUBLIC_ID_PATTERN, SEARCH_ATTRIBUTE, WORKFLOW, type IncidentStatus } from '../../workflows/contracts';
import { incidentStatus } from '../../workflows/contracts/messages';
import { publicIdOfRun, summaryOf, summaryOfRecord, type IncidentSummary } from './incident-summary';
import { isTemporalAway, Problem } from './problems';
import { retriesOf, type Retry } from './retries';

export interface IncidentFilter {
  cluster?: string | undefined;
  phase?: string | undefined;
  outcome?: string | undefined;
  incidentClass?: string | undefined;
  open?: boolean | undefined;
  limit: number;
}

/** What is known of one incident, and from where. */
export type IncidentView =
  | { source: 'workflow'; status: IncidentStatus; summary: IncidentSummary; retrying: Retry[] }
  /** No worker answered: the list's line is all there is. */
  | { source: 'visibility'; summary: IncidentSummary }
  | { source: 'record'; status: IncidentStatus; summary: IncidentSummary };

/** Together below three seconds, which a person at a terminal waits before they try something else. */
const FIND_DEADLINE_MS = 1_000;
const QUERY_DEADLINE_MS = 1_800;
/** A worker that was called has to start first, and to replay the incident. */
const WOKEN_DEADLINE_MS = 15_000;
/** How many incidents a short ID is looked for in. */
const SHORT_ID_WINDOW = 500;
/** Runs of one incident; a continued one is listed by its last. */
const INCIDENTS = `WorkflowType = '${WORKFLOW.incident}' AND ExecutionStatus != 'ContinuedAsNew'`;

/** Incidents as people ask for them: from Temporal while it knows them, from their records afterwards. */
export class IncidentDirectory {
  constructor(
    private readonly client: Client,
    private readonly records: RecordStore,
    /** Calls a worker, where workers only come when they are called. */
    private readonly wake?: (run: WorkflowExecutionInfo) => Promise<void>,
  ) {}

  /** Open ones first, then by when they closed; those of which only a record is left come last. */
  async list(filter: IncidentFilter): Promise<IncidentSummary[]> {
    const runs = await this.runs(`${INCIDENTS}${conditionsOf(filter)}`, filter.limit);
    const listed = runs.map(summaryOf);
    if (filter.open === true || listed.length >= filter.limit) return listed;
    return [...listed, ...(await this.listRecords(filter, new Set(listed.map(({ publicId }) => publicId)), filter.limit - listed.length))];
  }

  /** @param id a public ID, a unique beginning of one, or `latest`. @throws Problem 404, or 409 when the beginning is of several */
  async view(id: string, queryDeadlineMs = QUERY_DEADLINE_MS): Promise<IncidentView> {
    let away: Error | undefined;
    const run = await this.find(id).catch((error: unknown) => {
      // A closed incident can be read while Temporal is away.
      if (!(error instanceof Error) || !isTemporalAway(error) || !PUBLIC_ID_PATTERN.test(id)) throw error;
      away = error;
    });
    if (!run) return this.viewRecord(id, away);
    const summary = summaryOf(run);
    const [status, retrying] = await Promise.all([this.ask(run, queryDeadlineMs, summary.open), summary.open ? this.retries(run) : []]);
    if (status) return { source: 'workflow', status, summary, retrying };
    const record = summary.open ? undefined : await this.readRecord(summary.publicId);
    return record ? { source: 'record', status: record, summary } : { source: 'visibility', summary };
  }

  /** The run of an incident; undefined when Temporal does not know it (any more). */
  async find(id: string): Promise<WorkflowExecutionInfo | undefined> {
    return this.client.withDeadline(Date.now() + FIND_DEADLINE_MS, async () => {
      if (id === 'latest') return (await this.runs(INCIDENTS, SHORT_ID_WINDOW)).sort((a, b) => b.startTime.getTime() - a.startTime.getTime())[0];
      if (!PUBLIC_ID_PATTERN.test(id)) return this.findShort(id);
      const [found] = await this.runs(`${INCIDENTS} AND ${SEARCH_ATTRIBUTE.publicId} = '${id}'`, 1);
      return found ?? this.findUnnamed(id);
    });
  }

  async readRecord(publicId: string): Promise<IncidentStatus | undefined> {
    const content = await this.records.read(publicId, 'record.json');
    return content === undefined ? undefined : parseRecord(content, `record ${publicId}`).incident;
  }

  /** @param away why Temporal could not be asked: an incident without a record may be open then */
  private async viewRecord(id: string, away: Error | undefined): Promise<IncidentView> {
    const full = PUBLIC_ID_PATTERN.test(id) ? id : (await this.records.list()).find((known) => id === 'latest' || matchesId(known, id));
    const status = full && (await this.readRecord(full));
    if (!status && away) throw away;
    if (!status) throw new Problem(404, `There is no incident ${id}. "npx nightshift list --all" shows those that are known.`);
    return { source: 'record', status, summary: summaryOfRecord(status) };
  }

  private async findShort(id: string): Promise<WorkflowExecutionInfo | undefined> {
    if (!/^[\da-f-]{3,}$/.test(id)) throw new Problem(404, `There is no incident ${id.slice(0, 40)}: an ID looks like 20261122-3f9ab21c; at least three characters of its beginning or of its second half, or "latest", will do.`);
    const found = (await this.runs(INCIDENTS, SHORT_ID_WINDOW)).filter((run) => matchesId(publicIdOfRun(run), id));
    if (found.length > 1) throw new Problem(409, `${id} could be ${found.slice(0, 5).map(publicIdOfRun).join(', ')}${found.length > 5 ? ', …' : ''}: give more of the ID.`);
    return found[0];
  }

  /** An incident whose worker is gone since before its first task has not written its public ID anywhere. */
  private async findUnnamed(id: string): Promise<WorkflowExecutionInfo | undefined> {
    const day = new Date(`${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}T00:00:00Z`);
    if (Number.isNaN(day.getTime())) return undefined;
    const next = new Date(day.getTime() + 24 * 3_600_000);
    const runs = await this.runs(`${INCIDENTS} AND StartTime >= '${day.toISOString()}' AND StartTime < '${next.toISOString()}'`, SHORT_ID_WINDOW);
    return runs.find((run) => publicIdOfRun(run) === id);
  }

  private async runs(query: string, limit: number): Promise<WorkflowExecutionInfo[]> {
    const found: WorkflowExecutionInfo[] = [];
    for await (const run of this.client.workflow.list({ query, pageSize: limit })) {
      found.push(run);
      if (found.length >= limit) break;
    }
    return found;
  }

  private async ask(run: WorkflowExecutionInfo, deadlineMs: number, open: boolean): Promise<IncidentStatus | undefined> {
    const status = await this.query(run, deadlineMs);
    if (status || !this.wake || !open) return status;
    await this.wake(run);
    return this.query(run, WOKEN_DEADLINE_MS);
  }

  /** Nothing where Temporal does not say in time: the incident's own answer must not wait for this. */
  private retries(run: WorkflowExecutionInfo): Promise<Retry[]> {
    return this.client.withDeadline(Date.now() + FIND_DEADLINE_MS, () => retriesOf(this.client, run)).catch(() => []);
  }

  /** Undefined when no worker answers in time, or when the workflow cannot answer. */
  private async query({ workflowId, runId }: WorkflowExecutionInfo, deadlineMs: number): Promise<IncidentStatus | undefined> {
    try {
      return await this.client.withDeadline(Date.now() + deadlineMs, () => this.client.workflow.getHandle(workflowId, runId).query(incidentStatus));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError || isTemporalAway(error) || isUnanswered(error)) return undefined;
      throw error;
    }
  }

  private async listRecords(filter: IncidentFilter, known: ReadonlySet<string>, limit: number): Promise<IncidentSummary[]> {
    const found: IncidentSummary[] = [];
    for (const publicId of await this.records.list()) {
      if (found.length >= limit) break;
      if (known.has(publicId)) continue;
      const incident = await this.readRecord(publicId);
      if (incident && fits(incident, filter)) found.push(summaryOfRecord(incident));
    }
    return found;
  }
}

/** A query that failed for a reason of the worker's: its task fails, or it does not know the query. */
function isUnanswered(error: unknown): boolean {
  return error instanceof Error && ['QueryNotRegisteredError', 'QueryRejectedError', 'ServiceError'].includes(error.name);
}

function conditionsOf({ cluster, phase, outcome, incidentClass, open }: IncidentFilter): string {
  const equal = (name: string, value: string | undefined) => (value === undefined ? [] : [`${name} = ${literal(value)}`]);
  return [
    ...equal(SEARCH_ATTRIBUTE.cluster, cluster),
    ...equal(SEARCH_ATTRIBUTE.phase, phase),
    ...equal(SEARCH_ATTRIBUTE.outcome, outcome),
    ...equal(SEARCH_ATTRIBUTE.incidentClass, incidentClass),
    ...(open === undefined ? [] : [`ExecutionStatus ${open ? '=' : '!='} 'Running'`]),
  ]
    .map((condition) => ` AND ${condition}`)
    .join('');
}

function fits(incident: IncidentStatus, { cluster, phase, outcome, incidentClass }: IncidentFilter): boolean {
  const wanted = { cluster, phase, outcome, incidentClass };
  return Object.entries(wanted).every(([field, value]) => value === undefined || incident[field as keyof typeof wanted] === value);
}
