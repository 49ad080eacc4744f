import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { filesOf } from '../../../activities/records/activities';
import { DirectoryRecordStore } from '../../../activities/records/directory-store';
import { parseRecord } from '../../../activities/records/record-schema';
import { sweep } from '../../../activities/records/sweep';
import type { ClosedIncident } from '../../../activities/temporal/gateway';
import { failure, type IncidentStatus } from '../../../workflows/contracts';
import { openIncident } from '../../../workflows/domain/incident-state';
import { fixture } from './records-harness';

const NOW = Date.parse('2026-11-25T10:00:00.000Z');
let root: string;
beforeEach(() => (root = mkdtempSync(path.join(os.tmpdir(), 'nightshift-sweep-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const store = () => new DirectoryRecordStore(root);

function closed(publicId: string, change: Partial<ClosedIncident> = {}): ClosedIncident {
  const known = openIncident({ type: 'opened', at: '2026-11-24T03:00:00.000Z', publicId, workflowId: 'incident/cluster-03/receive', firstRunId: 'run-1', cluster: 'cluster-03', failureDomain: 'receive' });
  return { publicId, workflowId: known.workflowId, runId: 'run-1', firstRunId: 'run-1', closedAt: '2026-11-24T04:00:00.000Z', ended: 'terminated', reason: 'somebody terminated the workflow', known, ...change };
}

/** A Temporal that knows these incidents; asked since when, it answers what closed since. */
function temporal(incidents: readonly ClosedIncident[], state?: IncidentStatus) {
  const asked: Array<string | undefined> = [];
  return {
    asked,
    closedIncidents: async ({ since }: { since?: string }) => {
      asked.push(since);
      return incidents.filter(({ closedAt }) => since === undefined || closedAt >= since);
    },
    stateOf: async () => state,
    fetchHistory: jest.fn(async ({ firstRunId }: { firstRunId: string }) => `{"events":["${firstRunId}"]}`),
  };
}

const run = (knows: ReturnType<typeof temporal>, change: { keepFor?: number; now?: () => number } = {}) => sweep({ store: store(), temporal: knows, filesOf, locale: 'en', now: () => NOW, ...change });
const recordOf = async (publicId: string) => parseRecord((await store().read(publicId, 'record.json')) ?? '', publicId);

test('a terminated incident gets the record of how far it had come, and its history', async () => {
  const { closedAt: _closedAt, outcome: _outcome, ...open } = fixture('recovered').incident;
  const state: IncidentStatus = { ...open, publicId: '20261124-00000001', phase: 'approve' };
  expect(await run(temporal([closed('20261124-00000001')], state))).toMatchObject({ looked: 1, records: ['20261124-00000001'], histories: ['20261124-00000001'], problems: [] });
  const record = await recordOf('20261124-00000001');
  expect(record).toMatchObject({
    ended: { how: 'terminated', at: '2026-11-24T04:00:00.000Z', reason: 'somebody terminated the workflow' },
    incident: { phase: 'closed', closedAt: '2026-11-24T04:00:00.000Z', rootCause: 'receivers-own-files-broken' },
    durations: { toDetect: 95_200 },
  });
  expect(record.incident.outcome).toBeUndefined();
  expect(await store().read('20261124-00000001', 'postmortem.md')).toContain('20261124-00000001');
  expect(await store().read('20261124-00000001', 'history.json')).toBe('{"events":["run-1"]}');
});

test('one whose history cannot be replayed any more gets a record of what the list knows', async () => {
  await run(temporal([closed('20261124-00000001', { ended: 'failed', reason: 'the workflow failed' })]));
  expect(await recordOf('20261124-00000001')).toMatchObject({ ended: { how: 'failed' }, incident: { cluster: 'cluster-03', openedAt: '2026-11-24T03:00:00.000Z', timeline: [{ event: 'opened' }] } });
});

test('a record that is there stays as it is; only what is missing is added', async () => {
  await store().write('20261124-00000001', { 'record.json': '{"as":"it was"}' });
  const knows = temporal([closed('20261124-00000001', { ended: 'completed' })]);
  expect(await run(knows)).toMatchObject({ records: [], histories: ['20261124-00000001'] });
  expect(await store().read('20261124-00000001', 'record.json')).toBe('{"as":"it was"}');
  expect(await run(knows, { now: () => NOW + 60_000 })).toMatchObject({ records: [], histories: [] });
  expect(knows.fetchHistory).toHaveBeenCalledTimes(1);
});

test('it goes on where the last one ended, and comes back to what could not be done', async () => {
  const knows = temporal([closed('20261124-00000001', { closedAt: '2026-11-24T04:00:00.000Z' }), closed('20261124-00000002', { closedAt: '2026-11-24T05:00:00.000Z', firstRunId: 'run-2' })]);
  knows.fetchHistory.mockRejectedValueOnce(failure('UpstreamUnavailable', 'Temporal is busy'));
  expect(await run(knows)).toMatchObject({ looked: 2, histories: ['20261124-00000002'], problems: [{ publicId: '20261124-00000001', problem: 'Temporal is busy' }] });
  expect(await run(knows)).toMatchObject({ looked: 2, histories: ['20261124-00000001'], problems: [] });
  expect(await run(knows)).toMatchObject({ looked: 0 });
  expect(knows.asked).toEqual([undefined, '2026-11-24T03:00:00.000Z', '2026-11-25T09:00:00.000Z']);
});

test('what is no failure of ours ends the sweep, and nothing is noted as done', async () => {
  const knows = temporal([closed('20261124-00000001')]);
  knows.fetchHistory.mockRejectedValueOnce(new TypeError('a mistake'));
  await expect(run(knows)).rejects.toThrow('a mistake');
  expect(await store().readAside('sweep.json')).toBeUndefined();
});

test('records that are too old go where that is configured, except those whose fix is still open', async () => {
  const write = async (publicId: string, openedAt: string, permanentFixes: boolean) => {
    const record = fixture('recovered');
    await store().write(publicId, { 'record.json': JSON.stringify({ ...record, incident: { ...record.incident, publicId, openedAt }, permanentFixes: permanentFixes ? record.permanentFixes : [] }) });
  };
  await write('20250101-00000001', '2025-01-01T00:00:00.000Z', false);
  await write('20250102-00000002', '2025-01-02T00:00:00.000Z', true);
  await write('20261101-00000003', '2026-11-01T00:00:00.000Z', false);
  expect((await run(temporal([]))).pruned).toEqual([]);
  expect((await run(temporal([]), { keepFor: 365 * 86_400_000 })).pruned).toEqual(['20250101-00000001']);
  expect(await store().list()).toEqual(['20261101-00000003', '20250102-00000002']);
});
