import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { renderPostmortem } from '../../../activities/records/postmortem';
import { parseRecord } from '../../../activities/records/record-schema';
import { summaryOfRecord } from '../../../workflows/domain/record-summary';

/** Records as released versions have written them. They are never changed: a record of that time has to stay readable. */
const folder = path.join(__dirname, 'released');
const EXPECTED = {
  'v1-handed-over.json': { incidentClass: 'remote-write-failure', outcome: 'handed-over', course: 'by-hand', openedAt: '2026-11-22T03:12:07.500Z' },
  'v1-recovered.json': { incidentClass: 'remote-write-failure', outcome: 'recovered', course: 'approved', toRecover: 107_140, rootCause: { id: 'receivers-own-files-broken' } },
} as const;

test('every released record is there', () => expect(readdirSync(folder).sort()).toEqual(Object.keys(EXPECTED)));

test.each(Object.entries(EXPECTED))('%s is read, counted and told by this version', (name, expected) => {
  const record = parseRecord(readFileSync(path.join(folder, name), 'utf8'), name);
  expect(summaryOfRecord(record)).toMatchObject(expected);
  expect(renderPostmortem(record)).toContain(record.incident.publicId);
});
