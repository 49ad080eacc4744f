import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createRecordActivities } from '../../../activities/records/activities';
import { DirectoryRecordStore } from '../../../activities/records/directory-store';
import { documentDigest, editPostmortem, readPostmortem, regeneratePostmortem } from '../../../activities/records/kept-postmortem';
import { parseRecord } from '../../../activities/records/record-schema';
import { failureTypeOf, type AuditEntry, type Locale, type PipelineMetrics } from '../../../workflows/contracts';
import { EMPTY_TRAIL, recordDigest, sealed } from '../../../workflows/domain/audit';
import { fixture } from './records-harness';

const record = fixture('recovered');
const { publicId } = record.incident;
const fixes = { publicId, cluster: record.incident.cluster, reminders: 0, fixes: record.permanentFixes.map(({ id, title }) => ({ id, title, state: 'merged' as const, actor: 'lee', settledAt: '2026-11-23T01:00:00.000Z' })) };

let root: string;
let store: DirectoryRecordStore;
let activities: ReturnType<typeof createRecordActivities>;
beforeEach(async () => {
  root = mkdtempSync(path.join(os.tmpdir(), 'nightshift-edits-'));
  store = new DirectoryRecordStore(root);
  activities = createRecordActivities({ store, fetchHistory: () => Promise.resolve('{}') });
  await activities.recordsWrite(record);
});
afterEach(() => rmSync(root, { recursive: true }));

const read = async (locale: Locale = 'en') => (await readPostmortem(store, publicId, locale))!['postmortem.md'];
const save = (markdown: string, options: { locale?: Locale; actor?: string; basedOn?: string } = {}) =>
  editPostmortem(store, publicId, { markdown, locale: options.locale ?? 'en', actor: options.actor ?? 'kim', at: '2026-11-23T00:00:00.000Z', ...(options.basedOn && { basedOn: options.basedOn }) });

describe('what a person writes into a postmortem', () => {
  it('is nothing when nothing was changed', async () => {
    expect(await save(await read())).toEqual([]);
    expect(await store.read(publicId, 'postmortem-edits.json')).toBeUndefined();
  });

  it('keeps the course of the metrics beside it, and the record as it was sealed', async () => {
    const course = [1, null, 0.5, 1];
    const metrics: PipelineMetrics = {
      kind: 'read', source: 'Thanos Query', from: record.incident.beganAt, to: record.incident.closedAt!, stepSeconds: 30, rateSeconds: 300,
      courses: { delivered: course, lag: course, receiversReady: [], serverErrors: [] }, samplesFailed: 1_250, samplesDropped: 0, mostBehindSeconds: 0.0125, problems: [],
    };
    const watched = { ...record, metrics };
    await activities.recordsWrite({ ...watched, audit: sealed(EMPTY_TRAIL, watched) });
    expect(await save((await read()).replace('## What was measured\n', '## What was measured\n\nThe dip at midnight is the backup.\n'))).toEqual(['What was measured']);
    await activities.recordsWriteFixes(fixes);
    const kept = (await store.read(publicId, 'postmortem.md'))!;
    expect(kept).toContain('The dip at midnight is the backup.');
    expect(kept).toContain('Lines are what Thanos Query has of');
    expect(await store.read(publicId, 'charts/delivered.svg')).toContain('first 100 %');
    const [seal] = (await store.read(publicId, 'audit.jsonl'))!.trim().split('\n').map((line) => JSON.parse(line) as AuditEntry);
    const digest = async () => recordDigest(parseRecord((await store.read(publicId, 'record.json'))!, publicId));
    expect(await digest()).toBe(seal!.body['recordDigest']);
    await store.write(publicId, { 'record.json': (await store.read(publicId, 'record.json'))!.replace('1250', '1') });
    expect(await digest()).not.toBe(seal!.body['recordDigest']);
  });

  it('survives regeneration, with their name, in the file and on the page', async () => {
    const markdown = (await read()).replace('## Action items\n', '## Action items\n\n- [ ] Order disks for node 7\n');
    expect(await save(markdown)).toEqual(['Action items']);
    await activities.recordsWriteFixes(fixes);
    await regeneratePostmortem(store, publicId);
    await activities.recordsWrite(record);
    const kept = (await store.read(publicId, 'postmortem.md'))!;
    expect(kept).toContain('- [ ] Order disks for node 7');
    expect(kept).toContain('*Edited by kim, 23 November 2026, 00:00:00 UTC.*');
    expect(kept).toContain('**State:** merged (lee, 23 November 2026, 01:00:00 UTC)');
    const page = (await store.read(publicId, 'postmortem.html'))!;
    expect(page).toContain('Order disks for node 7');
    expect(page).not.toContain('<!-- nightshift -->');
  });

  it('stands when it is edited again, and goes when it is put back', async () => {
    const original = await read();
    await save(original.replace('## Summary\n', '## Summary\n\nA disk died.\n'));
    await save((await read()).replace('## Notes\n', '## Notes\n\nAsk the vendor.\n'), { actor: 'lee' });
    const twice = await read();
    expect(twice).toMatch(/A disk died\.[\s\S]*Edited by kim[\s\S]*Ask the vendor\.[\s\S]*Edited by lee/);
    expect(await save(twice)).toEqual([]);
    expect(await save(original)).toEqual(['Summary', 'Notes']);
    expect(await read()).toBe(original);
  });

  it('may be sections of their own, before the timeline; headings in code are none', async () => {
    const own = '## What the vendor says\n\nFirmware.\n\n```sh\n## not a heading\n```\n\n';
    expect(await save((await read()).replace('## Timeline', `${own}## Timeline`))).toEqual(['What the vendor says']);
    await regeneratePostmortem(store, publicId);
    const kept = await read();
    expect(kept.indexOf('## What the vendor says')).toBeLessThan(kept.indexOf('## Timeline'));
    expect(kept).toContain('Firmware.\n\n```sh\n## not a heading\n```');
    expect(await save(kept)).toEqual([]);
  });

  it('cannot remove what happened: a section that is taken out comes back', async () => {
    const markdown = await read();
    expect(await save(markdown.slice(0, markdown.indexOf('## Timeline')))).toEqual([]);
    expect(await read()).toBe(markdown);
  });

  it('says when the facts below it have changed since', async () => {
    await save((await read()).replace('## Permanent fix\n', '## Permanent fix\n\nLee does it.\n'));
    expect(await read()).not.toContain('has changed');
    await activities.recordsWriteFixes(fixes);
    const kept = await read();
    expect(kept).toMatch(/Lee does it\.[\s\S]*what Nightshift itself says here has changed[\s\S]*merged \(lee/);
    expect(await save(kept)).toEqual([]);
  });

  it('is shown in the other language, too, without being taken for its text', async () => {
    await save((await read()).replace('## Notes\n', '## Notes\n\nAsk the vendor.\n'));
    const korean = await read('ko');
    expect(korean).toMatch(/## 메모[\s\S]*\*kim 작성\(영어\):\*\s+Ask the vendor\./);
    expect(await save(korean, { locale: 'ko' })).toEqual([]);
    await save(korean.replace('## 요약\n', '## 요약\n\n디스크 고장.\n'), { locale: 'ko', actor: 'park' });
    expect(await read()).toMatch(/\*park wrote in Korean:\*\s+디스크 고장/);
    expect(await read()).toContain('Ask the vendor.');
  });

  it('does not overwrite what somebody else saved meanwhile', async () => {
    const opened = await read();
    await save(opened.replace('## Notes\n', '## Notes\n\nFirst.\n'));
    const late = await save(opened.replace('## Notes\n', '## Notes\n\nSecond.\n'), { basedOn: documentDigest(opened) }).catch((error: unknown) => error);
    expect(failureTypeOf(late)).toBe('Conflict');
    expect(await read()).toContain('First.');
  });

  it('is not thrown away when its file is damaged', async () => {
    await store.write(publicId, { 'postmortem-edits.json': '{' });
    expect(failureTypeOf(await readPostmortem(store, publicId).catch((error: unknown) => error))).toBe('InvalidInput');
  });

  it('acts no more than anything else', async () => {
    await save((await read()).replace('## Notes\n', '## Notes\n\n<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>\n'));
    const page = (await store.read(publicId, 'postmortem.html'))!;
    expect(page).not.toMatch(/<script|<img|href="javascript/i);
  });
});
