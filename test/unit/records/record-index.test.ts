import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DirectoryRecordStore } from '../../../activities/records/directory-store';
import { readSummaries } from '../../../activities/records/record-index';
import type { RecordStore } from '../../../activities/records/store';
import { failure } from '../../../workflows/contracts';
import { summaryOfRecord } from '../../../workflows/domain/record-summary';
import { fixture } from './records-harness';

let root: string;
beforeEach(() => (root = mkdtempSync(path.join(os.tmpdir(), 'nightshift-index-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const store = () => new DirectoryRecordStore(root);
const folder = (id: string) => path.join(root, id.slice(0, 4), id.slice(4, 6), id);

/** Writes the record of a real run under another ID, some minutes ago: what has just changed is not indexed. */
async function written(publicId: string, minutesAgo = 5): Promise<void> {
  const record = fixture('recovered');
  await store().write(publicId, { 'record.json': JSON.stringify({ ...record, incident: { ...record.incident, publicId } }) });
  const at = new Date(Date.now() - minutesAgo * 60_000);
  utimesSync(folder(publicId), at, at);
}

test('reads every record once, then only those that changed', async () => {
  await written('20261122-00000001');
  await written('20261023-00000002');
  expect(await readSummaries(store())).toMatchObject({ read: 2, unreadable: [], summaries: [{ publicId: '20261122-00000001' }, { publicId: '20261023-00000002' }] });
  expect(await readSummaries(store())).toMatchObject({ read: 0, summaries: [{ publicId: '20261122-00000001' }, { publicId: '20261023-00000002' }] });
  await written('20261122-00000003', 4);
  await written('20261122-00000001', 3);
  expect((await readSummaries(store())).read).toBe(2);
  const { read, summaries } = await readSummaries(store());
  expect(read).toBe(0);
  const { incident } = fixture('recovered');
  expect(summaries.at(-1)).toEqual({ ...summaryOfRecord({ ...fixture('recovered'), incident: { ...incident, publicId: '20261023-00000002' } }) });
});

test('what has just been written is read each time, and never remembered as it was', async () => {
  await written('20261122-00000001', 0);
  expect((await readSummaries(store())).read).toBe(1);
  expect((await readSummaries(store())).read).toBe(1);
});

test('what became of the fixes is seen', async () => {
  await written('20261122-00000001');
  await readSummaries(store());
  await store().write('20261122-00000001', { 'permanent-fix.json': JSON.stringify({ publicId: 'x', cluster: 'c', reminders: 0, fixes: [{ id: 'pdb', title: { en: '', ko: '' }, state: 'merged' }] }) });
  expect((await readSummaries(store())).summaries[0]?.fixes).toEqual([{ id: 'pdb', end: 'merged' }]);
});

test('forgets what was removed', async () => {
  await written('20261122-00000001');
  await written('20261122-00000002');
  await readSummaries(store());
  await store().remove('20261122-00000001');
  expect((await readSummaries(store())).summaries.map(({ publicId }) => publicId)).toEqual(['20261122-00000002']);
});

test.each(['{"schema":"nightshift/record-index/v0","records":{"20261122-00000001":{"version":"1"}}}', '{"schema"', ''])('an index that says %j is made again', async (content) => {
  await written('20261122-00000001');
  await store().writeAside('index-2026-11.json', content);
  expect(await readSummaries(store())).toMatchObject({ read: 1, summaries: [{ publicId: '20261122-00000001' }] });
  expect((await readSummaries(store())).read).toBe(0);
});

test('a record that is damaged is said, and counts nowhere', async () => {
  await written('20261122-00000001');
  await written('20261122-00000002');
  writeFileSync(path.join(folder('20261122-00000002'), 'record.json'), '{"schema":"nightshift/record/v9"}');
  const { summaries, unreadable } = await readSummaries(store());
  expect(summaries.map(({ publicId }) => publicId)).toEqual(['20261122-00000001']);
  expect(unreadable).toEqual([{ publicId: '20261122-00000002', problem: expect.stringMatching(/^record\.json of 20261122-00000002 is no record of this or an earlier version/) }]);
});

test('who may not write beside the records may read them all the same', async () => {
  await written('20261122-00000001');
  const readOnly: RecordStore = Object.assign(Object.create(store()) as RecordStore, { writeAside: async () => Promise.reject(failure('UpstreamUnavailable', 'read-only')) });
  expect(await readSummaries(readOnly)).toMatchObject({ summaries: [{ publicId: '20261122-00000001' }], indexProblem: 'read-only' });
});
