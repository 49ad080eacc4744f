import canonicalize from 'canonicalize';
import type { AuditEntry, IncidentRecord, RecordActivities } from '../../workflows/contracts';
import { postmortemFilesOf, regeneratePostmortem } from './kept-postmortem';
import { postmortemFiles } from './postmortem';
import { patchFile } from './postmortem/follow-up';
import { FIXES_FILE, RECORD_FILE, type RecordFiles, type RecordStore } from './store';

export interface RecordDependencies {
  store: Pick<RecordStore, 'write' | 'read'>;
  /**
   * The history of a closed run chain as JSON, in the form that `temporal workflow show --output json` prints and
   * `Worker.runReplayHistory` takes. @throws NotYetConverged while the run is open
   */
  fetchHistory(input: { workflowId: string; firstRunId: string }): Promise<string>;
}

/** Writing a record again, as a retried activity does, changes nothing. */
export function createRecordActivities({ store, fetchHistory }: RecordDependencies): RecordActivities {
  return {
    // What people wrote meanwhile stays, where the record is written once more.
    recordsWrite: async (record) => store.write(record.incident.publicId, { ...filesOf(record), ...(await postmortemFilesOf(store, record)) }),
    recordsCompleteHistory: async ({ publicId, workflowId, firstRunId }) => store.write(publicId, { 'history.json': await fetchHistory({ workflowId, firstRunId }) }),
    recordsWriteFixes: async (status) => {
      await store.write(status.publicId, { [FIXES_FILE]: `${JSON.stringify(status, null, 2)}\n` });
      return regeneratePostmortem(store, status.publicId);
    },
  };
}

/** Everything that a record is made of, by the names of its files. */
export function filesOf({ audit, ...record }: IncidentRecord): RecordFiles {
  const patches = record.permanentFixes.flatMap((fix) => {
    const file = patchFile(fix);
    return file && fix.patch ? [[file, fix.patch.content] as const] : [];
  });
  return {
    ...Object.fromEntries(patches),
    ...(audit && { 'audit.jsonl': auditLines(audit) }),
    ...postmortemFiles(record),
    [RECORD_FILE]: `${JSON.stringify(record, null, 2)}\n`,
  };
}

/** One canonical line an entry: the bytes that the chain's hashes are of. */
function auditLines(entries: readonly AuditEntry[]): string {
  return entries.map((entry) => `${canonicalize(entry)}\n`).join('');
}
