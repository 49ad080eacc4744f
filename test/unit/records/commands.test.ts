import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DirectoryRecordStore } from '../../../activities/records/directory-store';
import { command } from '../../support/command';
import { fixture } from './records-harness';

const project = path.resolve(__dirname, '../../..');
const root = mkdtempSync(path.join(os.tmpdir(), 'nightshift-records-cli-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const cli = (...args: string[]) => command(args, { NIGHTSHIFT_DATA_DIR: root, NIGHTSHIFT_LOCALE: 'en' });
const RECOVERED = '20261122-5a791f8b';
const OLD = '20200229-00000001';

beforeAll(async () => {
  const store = new DirectoryRecordStore(path.join(root, 'records'));
  const history = readFileSync(path.join(project, 'test/replay/histories/from-alert-to-record-diagnosed-approved-recovered-verified-closed.json'), 'utf8');
  const record = fixture('recovered');
  await store.write(RECOVERED, { 'record.json': JSON.stringify(record), 'postmortem.md': '# Postmortem\n', 'history.json': history });
  const old = { ...record, permanentFixes: [], incident: { ...record.incident, publicId: OLD, beganAt: '2020-02-29T01:00:00.000Z', openedAt: '2020-02-29T01:00:10.000Z', recoveredAt: '2020-02-29T01:05:00.000Z' } };
  await store.write(OLD, { 'record.json': JSON.stringify(old) });
});

test('list, show, and what is not there', async () => {
  const { code, stdout } = await cli('records', 'list', '--json');
  expect({ code, json: JSON.parse(stdout) as unknown }).toMatchObject({ code: 0, json: { records: [{ publicId: RECOVERED, outcome: 'recovered' }, { publicId: OLD }], unreadable: [] } });
  const shown = await cli('records', 'show', '5a791f8b');
  expect({ code: shown.code, stdout: shown.stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/recovered \(approved\)[\s\S]*history\.json \(\d+ KiB\)/) });
  expect((await cli('records', 'show', '20991231-00000000')).code).toBe(3);
}, 60_000);

test('stats: the month on the wall clock of a zone, for people and for scripts', async () => {
  const { code, stdout } = await cli('stats', '--month', '2020-02', '--months', '2', '--time-zone', 'Asia/Seoul', '--json');
  expect({ code, json: JSON.parse(stdout) as unknown }).toMatchObject({ code: 0, json: { months: [{ period: { label: '2020-01' }, total: { count: 0 } }, { period: { label: '2020-02' }, total: { count: 1, toRecover: { median: 300_000 } }, classes: [{ rank: 1, incidentClass: 'remote-write-failure', count: 1 }] }] } });
  expect((await cli('stats', '--month', '2020-02')).stdout).toMatch(/Incidents in 2020-02 \(UTC\): 1[\s\S]*Rank[\s\S]*Remote write fails/);
  expect((await cli('stats', '--month', '2020-13')).code).toBe(2);
}, 60_000);

test('prune says what it would remove, removes it only when told to, and keeps what has an open fix', async () => {
  const dry = await cli('records', 'prune', '--older-than', '400');
  expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining(`Would be removed: 1 record(s)`) });
  expect(dry.stdout).toContain(OLD);
  expect((await cli('records', 'list', '--json')).stdout).toContain(OLD);
  expect((await cli('records', 'prune', '--older-than', '400', '--yes')).stdout).toContain('Removed: 1 record(s)');
  expect((await cli('records', 'list', '--json')).stdout).not.toContain(OLD);
  expect(await cli('records', 'prune')).toMatchObject({ code: 2, stderr: expect.stringContaining('Say how old: --older-than <days>, or records.keepFor') });
}, 60_000);

test('an exported record is the same byte by byte, and its history passes the gate; one that leads elsewhere does not', async () => {
  const to = path.join(root, 'exported');
  expect((await cli('records', 'export', 'latest', '--to', to)).code).toBe(0);
  const [original, copy] = [path.join(root, 'records/2026/11', RECOVERED), path.join(to, '2026/11', RECOVERED)];
  expect(readdirSync(copy).sort()).toEqual(readdirSync(original).sort());
  for (const name of readdirSync(original)) expect(readFileSync(path.join(copy, name))).toEqual(readFileSync(path.join(original, name)));
  const gate = await cli('replay-gate', to);
  expect(gate).toMatchObject({ code: 0, stdout: expect.stringContaining('1 histories replay on this version.') });

  const changed = path.join(root, 'changed');
  cpSync(to, changed, { recursive: true });
  const file = path.join(changed, '2026/11', RECOVERED, 'history.json');
  const history = JSON.parse(readFileSync(file, 'utf8')) as { events: Array<{ activityTaskScheduledEventAttributes?: { activityType: { name: string } } }> };
  history.events.find((event) => event.activityTaskScheduledEventAttributes)!.activityTaskScheduledEventAttributes!.activityType.name = 'somethingElse';
  writeFileSync(file, JSON.stringify(history));
  const broken = await cli('replay-gate', changed, '--json');
  expect({ code: broken.code, json: JSON.parse(broken.stdout) as unknown }).toMatchObject({ code: 1, json: { replayed: 1, broken: [{ history: `2026/11/${RECOVERED}/history.json`, problem: expect.stringMatching(/[Nn]ondeterminism/) }] } });
  expect(await cli('replay-gate', mkdtempSync(path.join(root, 'empty-')))).toMatchObject({ code: 3, stderr: expect.stringContaining('a gate that looks at nothing holds nothing') });
}, 120_000);

test('replay: an edited runbook over what was seen then', async () => {
  const file = path.join(project, 'runbooks/remote-write-failure.yaml');
  const same = await cli('replay', 'latest', '--runbook', file, '--against', file);
  expect(same).toMatchObject({ code: 0, stdout: expect.stringContaining('over 1 record(s): nothing changes.') });

  const edited = path.join(root, 'remote-write-failure.yaml');
  const yaml = readFileSync(file, 'utf8');
  const cause = yaml.slice(yaml.indexOf('- id: receivers-own-files-broken'));
  const remedies = /remedies: .*/.exec(cause)?.[0] ?? '';
  writeFileSync(edited, yaml.replace(cause, cause.replace(remedies, 'remedies: [restore-receiver-template]')));
  const otherwise = await cli('replay', '--all', '--since', '2026-11', '--runbook', edited, '--against', file, '--json');
  expect({ code: otherwise.code, json: JSON.parse(otherwise.stdout) as unknown }).toMatchObject({ code: 1, json: { records: 1, results: [{ publicId: RECOVERED, decides: true, differences: [{ what: 'remedies', before: 'evict-broken-receivers', after: 'restore-receiver-template' }] }] } });
  expect((await cli('replay', '--all', '--runbook', path.join(project, 'runbooks/disk-full.yaml'))).code).toBe(3);
  expect((await cli('replay', 'latest', '--runbook', path.join(project, 'runbooks/disk-full.yaml'))).code).toBe(4);
  expect((await cli('replay', '--runbook', file)).code).toBe(2);
}, 120_000);
