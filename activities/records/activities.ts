import type { IncidentRecord, RecordActivities } from '../../workflows/contracts';
import { renderPostmortem } from './postmortem';
import { patchFile } from './postmortem/follow-up';
import type { RecordFiles, RecordStore } from './store';

export interface RecordDependencies {
  store: RecordStore;
  /**
   * The history of a closed run chain as JSON, in the form that `temporal workflow show --output json` prints and
   * `Worker.runReplayHistory` takes. @throws NotYetConverged while the run is open
   */
  fetchHistory(input: { workflowId: string; firstRunId: string }): Promise<string>;
}

/** Writing a record again, as a retried activity does, changes nothing. */
export function createRecordActivities({ store, fetchHistory }: RecordDependencies): RecordActivities {
  return {
    recordsWrite: (record) => store.write(record.incident.publicId, filesOf(record)),
    recordsCompleteHistory: async ({ publicId, workflowId, firstRunId }) => store.write(publicId, { 'history.json': await fetchHistory({ workflowId, firstRunId }) }),
  };
}

function filesOf(record: IncidentRecord): RecordFiles {
  const patches = record.permanentFixes.flatMap((fix) => {
    const file = patchFile(fix);
    return file && fix.patch ? [[file, fix.patch.content] as const] : [];
  });
  return {
    ...Object.fromEntries(patches),
    'postmortem.md': renderPostmortem(record),
    'record.json': `${JSON.stringify(record, null, 2)}\n`,
  };
}
