import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DirectoryRecordStore } from '../../../activities/records/directory-store';
import { createRecurrenceActivities } from '../../../activities/records/past-incidents';
import type { IncidentRecord } from '../../../workflows/contracts';
import { fixture } from './records-harness';

const record = fixture('recovered');
let root: string;
const store = () => new DirectoryRecordStore(root);
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'nightshift-records-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function write(publicId: string, openedAt: string, change: Partial<IncidentRecord['incident']> = {}): Promise<void> {
  await store().write(publicId, { 'record.json': JSON.stringify({ ...record, incident: { ...record.incident, publicId, openedAt, beganAt: openedAt, cluster: 'cluster-03', ...change } }) });
}

const ask = (before: string) => createRecurrenceActivities({ store: store() }).recordsPastIncidents({ cluster: 'cluster-03', before });

it('closed incidents of the cluster in the 30 days before, newest first, across the end of a month', async () => {
  await write('20261025-00000001', '2026-10-25T00:00:00.000Z');
  await write('20261022-00000002', '2026-10-22T00:00:00.000Z');
  await write('20261120-00000003', '2026-11-20T00:00:00.000Z');
  await write('20261121-00000004', '2026-11-21T00:00:00.000Z', { cluster: 'cluster-04' });
  await write('20261121-00000005', '2026-11-21T00:00:00.000Z', { outcome: 'merged' });
  await write('20261123-00000006', '2026-11-23T00:00:00.000Z');
  const found = await ask('2026-11-22T03:00:00.000Z');
  expect(found.map(({ publicId }) => publicId)).toEqual(['20261120-00000003', '20261025-00000001']);
  expect(found[0]).toMatchObject({ incidentClass: record.incident.incidentClass, rootCause: { id: record.incident.rootCause }, openFixes: record.permanentFixes.map(({ id }) => id) });
});

it('what was settled since is not open', async () => {
  await write('20261120-00000003', '2026-11-20T00:00:00.000Z');
  const [first, ...others] = record.permanentFixes;
  await store().write('20261120-00000003', { 'permanent-fix.json': JSON.stringify({ publicId: 'x', cluster: 'c', reminders: 0, fixes: [{ ...first, state: 'applied' }, ...others.map((fix) => ({ ...fix, state: 'published' }))] }) });
  expect((await ask('2026-11-22T03:00:00.000Z'))[0]?.openFixes).toEqual(others.map(({ id }) => id));
});
