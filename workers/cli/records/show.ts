import { parseRecord } from '../../../activities/records/record-schema';
import { RECORD_FILE } from '../../../activities/records/store';
import { summaryOfRecord } from '../../../workflows/domain/record-summary';
import { CommandError } from '../exit';
import type { RecordOptions } from '../record-commands';
import { moment, oneLine, printJson, say, span } from '../terminal';
import { field } from '../views/layout';
import { openRecords, recordNamed } from './shelf';

export async function showRecord(id: string, { json, ...overrides }: RecordOptions): Promise<void> {
  const shelf = openRecords(overrides);
  const publicId = await recordNamed(shelf, id);
  const content = await shelf.store.read(publicId, RECORD_FILE);
  if (content === undefined) throw new CommandError(`The record of ${publicId} lacks ${RECORD_FILE}.`);
  const record = parseRecord(content, `${RECORD_FILE} of ${publicId}`);
  if (json) return printJson(record);
  const { title, cluster, outcome, ended, openedAt, rootCause, toRecover, course } = summaryOfRecord(record);
  const files = await shelf.store.files(publicId);
  const lines = [
    `${publicId}  ${say(title)}`,
    '',
    ...field('cluster', oneLine(cluster)),
    ...field('opened', moment(openedAt)),
    ...field('cause', rootCause ? say(rootCause.title) : 'unknown'),
    ...field('ended', record.ended ? `${ended ?? ''}: ${oneLine(record.ended.reason)}` : `${outcome ?? 'closed'} (${course})`),
    ...field('recovery', toRecover === undefined ? 'not seen' : `${span(toRecover)} after the first alert`),
    ...field('kept in', shelf.store.location),
    ...files.flatMap(({ name, bytes }, index) => field(index === 0 ? 'files' : '', `${name} (${Math.ceil(bytes / 1024)} KiB)`)),
  ];
  console.log(lines.join('\n'));
}
