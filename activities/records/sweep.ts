import { failureTypeOf, type IncidentRecord, type IncidentStatus, type RunEnd, type SweepResult } from '../../workflows/contracts';
import { durationsOf } from '../../workflows/domain/record-summary';
import type { ClosedIncident, TemporalGateway } from '../temporal/gateway';
import { recordsBefore } from './retention';
import { RECORD_FILE, type RecordFiles, type RecordStore } from './store';

export interface SweepDependencies {
  store: RecordStore;
  temporal: Pick<TemporalGateway, 'closedIncidents' | 'stateOf' | 'fetchHistory'>;
  filesOf(record: IncidentRecord): RecordFiles;
  /** Of records that it has to write itself. */
  locale: 'en' | 'ko';
  /** Milliseconds; absent: every record is kept. */
  keepFor?: number;
  now?: () => number;
  /** Called between pieces of work; throws when the sweep is to stop. */
  alive?: () => void;
}

/** Where the sweep writes down how far it has come. */
const PROGRESS = 'sweep.json';
/** Visibility follows by moments, and a database that was away by minutes. */
const LOOK_BACK_MS = 3_600_000;
/** A writer that has not finished by then never will: its activity has a day. */
const LEFT_BEHIND_AFTER_MS = 2 * 24 * 3_600_000;

/**
 * Completes what closed incidents leave: the record of those whose run was terminated, failed or could not write it, and
 * everybody's history. Does again what it could not do; what is there already stays as it is.
 */
export async function sweep({ store, temporal, filesOf, locale, keepFor, now = Date.now, alive = () => undefined }: SweepDependencies): Promise<SweepResult> {
  const started = now();
  const since = await progressOf(store);
  const result: SweepResult = { looked: 0, records: [], histories: [], tidied: 0, pruned: [], problems: [] };
  let complete = started;
  for (const closed of await temporal.closedIncidents({ ...(since !== undefined && { since: new Date(since - LOOK_BACK_MS).toISOString() }) })) {
    alive();
    result.looked += 1;
    try {
      await completeOne(closed);
    } catch (error) {
      const type = failureTypeOf(error);
      if (type === undefined) throw error;
      result.problems.push({ publicId: closed.publicId, problem: (error as Error).message });
      complete = Math.min(complete, Date.parse(closed.closedAt));
    }
  }
  await store.writeAside(PROGRESS, `${JSON.stringify({ completeUntil: new Date(complete).toISOString() })}\n`);
  result.tidied = await store.tidy(new Date(started - LEFT_BEHIND_AFTER_MS));
  if (keepFor !== undefined) result.pruned = await prune(store, new Date(started - keepFor), alive);
  return result;

  async function completeOne(closed: ClosedIncident): Promise<void> {
    const { publicId, workflowId, firstRunId } = closed;
    const names = new Set((await store.files(publicId)).map(({ name }) => name));
    if (!names.has(RECORD_FILE)) {
      const status = (await temporal.stateOf(closed)) ?? closed.known;
      await store.write(publicId, filesOf(recordOfEnded(closed, status, locale)));
      result.records.push(publicId);
    }
    if (names.has('history.json')) return;
    await store.write(publicId, { 'history.json': await temporal.fetchHistory({ workflowId, firstRunId }) });
    result.histories.push(publicId);
  }
}

/** What the incident would have written, and how its run ended instead. */
export function recordOfEnded({ closedAt, ended, reason }: Pick<ClosedIncident, 'closedAt' | 'ended' | 'reason'>, status: IncidentStatus, locale: 'en' | 'ko'): IncidentRecord {
  const incident: IncidentStatus = { ...status, phase: 'closed', closedAt: status.closedAt ?? closedAt };
  const how: RunEnd | undefined = ended === 'completed' ? undefined : ended;
  return {
    schema: 'nightshift/record/v1',
    incident,
    permanentFixes: (incident.permanentFix?.fixes ?? []).map(({ id, title }) => ({ id, title, description: title })),
    durations: durationsOf(incident),
    locale,
    ...(how && { ended: { how, at: closedAt, reason } }),
  };
}

async function prune(store: RecordStore, before: Date, alive: () => void): Promise<string[]> {
  const { old } = await recordsBefore(store, before);
  for (const publicId of old) {
    alive();
    await store.remove(publicId);
  }
  return old;
}

/** Undefined at the first time, and where the note was lost: everything that Temporal still knows is looked at then. */
async function progressOf(store: RecordStore): Promise<number | undefined> {
  const content = await store.readAside(PROGRESS);
  const [, at] = /"completeUntil":"([^"]+)"/.exec(content ?? '') ?? [];
  const time = Date.parse(at ?? '');
  return Number.isNaN(time) ? undefined : time;
}
