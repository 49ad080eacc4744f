import { probes, remedies } from '../../../activities/registry';
import { readSummaries } from '../../../activities/records/record-index';
import { parseRecord } from '../../../activities/records/record-schema';
import { RECORD_FILE } from '../../../activities/records/store';
import { loadRunbook } from '../../../activities/runbooks/loader';
import { formatProblem } from '../../../activities/runbooks/problems';
import type { IncidentRecord, Runbook } from '../../../workflows/contracts';
import { whatIf, type WhatIf } from '../../../workflows/domain/what-if';
import { CommandError, EXIT } from '../exit';
import { openRecords, recordNamed, warnOf, type RecordShelf } from '../records/shelf';
import type { ReplayOptions } from '../replay-commands';
import { oneLine, printJson } from '../terminal';

export async function replayRunbook(id: string | undefined, { runbook: file, against, all = false, since, json, ...overrides }: ReplayOptions): Promise<void> {
  if ((id === undefined) === !all) throw new CommandError('Name one incident, or say --all.', EXIT.wrongUse);
  const [runbook, baseline] = [readRunbook(file), against === undefined ? undefined : readRunbook(against)];
  const shelf = openRecords(overrides);
  const ids = id === undefined ? await ofClass(shelf, runbook, since) : [await recordNamed(shelf, id)];
  const results: WhatIf[] = [];
  for (const publicId of ids) {
    const record = await readRecord(shelf, publicId);
    if (record.incident.incidentClass !== runbook.id) throw new CommandError(`${publicId} was ${record.incident.incidentClass}, and ${file} is for ${runbook.id}: its probes were never asked.`, EXIT.refused);
    results.push(whatIf(record, runbook, baseline));
  }
  if (json) printJson({ runbook: runbook.id, records: results.length, results: results.filter(({ differences }) => differences.length > 0) });
  else console.log(told(results, runbook));
  if (results.some(({ decides }) => decides)) throw new CommandError(`Something else would be done in ${results.filter(({ decides }) => decides).length} of ${results.length} incident(s).`);
}

function told(results: readonly WhatIf[], { id, revision }: Runbook): string {
  const lines = results.flatMap(({ publicId, differences, notAsked }) => [
    ...(differences.length > 0 ? [publicId] : []),
    ...differences.map(({ what, cause, before, after }) => `  ${oneLine(LABELS[what])}${cause === undefined ? '' : ` of ${oneLine(cause)}`}: ${oneLine(before)} → ${oneLine(after)}`),
    ...(differences.length > 0 && notAsked.length > 0 ? [`  not asked then, so missing here: ${notAsked.map(oneLine).join(', ')}`] : []),
  ]);
  const changed = results.filter(({ differences }) => differences.length > 0).length;
  return [...lines, `${id}, revision ${revision}, over ${results.length} record(s): ${changed === 0 ? 'nothing changes' : `${changed} would be judged otherwise`}.`].join('\n');
}

const LABELS = { rootCause: 'root cause', remedies: 'remedies', permanentFix: 'permanent fix', verdict: 'verdict', confidence: 'confidence' } as const;

async function ofClass({ store }: RecordShelf, { id }: Runbook, since: string | undefined): Promise<string[]> {
  const read = await readSummaries(store, since);
  warnOf(read);
  const found = read.summaries.filter(({ incidentClass }) => incidentClass === id).map(({ publicId }) => publicId);
  if (found.length === 0) throw new CommandError(`There is no record of the class ${id}${since ? ` since ${since}` : ''} in ${store.location}.`, EXIT.notFound);
  return found.sort();
}

async function readRecord({ store }: RecordShelf, publicId: string): Promise<IncidentRecord> {
  const content = await store.read(publicId, RECORD_FILE);
  if (content === undefined) throw new CommandError(`The record of ${publicId} lacks ${RECORD_FILE}.`);
  return parseRecord(content, `${RECORD_FILE} of ${publicId}`);
}

function readRunbook(file: string): Runbook {
  let loaded;
  try {
    loaded = loadRunbook(file, { probes, remedies });
  } catch (error) {
    throw new CommandError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}).`, EXIT.notFound);
  }
  if (!loaded.valid) throw new CommandError(loaded.problems.map(formatProblem).join('\n'));
  return loaded.runbook;
}
