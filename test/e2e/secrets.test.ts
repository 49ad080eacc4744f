import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import os from 'node:os';
import { parse, stringify } from 'yaml';
import type { IncidentStatus, Runbook, RunbookExample } from '../../workflows/contracts';
import { NightshiftProcess, until } from '../support/nightshift-process';
import { filesBelow, found, plant } from '../support/planted';
import { WireServer } from '../support/wire-server';

const SECRET = plant('logUrl', 'logHeader', 'logField', 'podAnnotation', 'environment', 'alertLabel', 'alertAnnotation', 'note', 'decision', 'pagerToken', 'pagerPath', 'userToken');
/** What is no secret and stands beside one: found wherever the hunt looks, or it looks in the wrong place. */
const CONTROL = plant('inLogs', 'inNote', 'inAlert');

type Example = RunbookExample & { objects: Array<{ kind: string; name: string; patch: Record<string, unknown> }>; logs: Array<{ pod: string; lines: string[]; previous?: boolean }> };

/** The runbook that is there, with secrets in what its practice cluster shows: logs, annotations, environment variables. */
function runbookWithSecrets(): string {
  const runbook = JSON.parse(JSON.stringify(parse(readFileSync(path.resolve(__dirname, '../../runbooks/remote-write-failure.yaml'), 'utf8')))) as Runbook & { examples: Example[] };
  const example = (id: string) => runbook.examples.find((candidate) => candidate.id === id)!;
  const file = example('two-receivers-bad-file');
  for (const object of file.objects.filter(({ kind }) => kind === 'Pod')) object.patch = { ...object.patch, metadata: { annotations: { 'example.com/api-token': SECRET.podAnnotation } } };
  file.logs.find(({ pod }) => pod === 'thanos-receive-1')!.lines.unshift(
    `level=error err="configuration file is not parsable ${CONTROL.inLogs} https://svc:${SECRET.logUrl}@s3.example.com/bucket Authorization: Bearer ${SECRET.logHeader}" secret_key=${SECRET.logField}`,
  );
  const flag = example('two-receivers-bad-flag');
  const template = flag.objects.find(({ kind }) => kind === 'StatefulSet')!.patch as { spec: { template: { spec: { containers: Array<Record<string, unknown>> } } } };
  template.spec.template.spec.containers[0] = { ...template.spec.template.spec.containers[0], env: [{ name: 'S3_PASSWORD', value: SECRET.environment }] };
  return stringify(runbook);
}

describe('secrets that are planted everywhere', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-secrets-'));
  const shown = new Map<string, string>();
  let running: NightshiftProcess;
  let pager: WireServer;

  beforeAll(async () => {
    pager = await WireServer.start();
    pager.handler = (_request, response) => void response.writeHead(200).end();
    mkdirSync(path.join(folder, 'runbooks'));
    writeFileSync(path.join(folder, 'runbooks', 'remote-write-failure.yaml'), runbookWithSecrets());
    writeFileSync(path.join(folder, 'nightshift.yaml'), stringify({
      runbooks: { directory: 'runbooks' },
      users: [{ name: 'minji', roles: ['approver'], token: { env: 'TOKEN_MINJI' } }],
      notify: { webhooks: [{ name: 'pager', urlFrom: { env: 'PAGER_URL' }, bearerTokenFrom: { env: 'PAGER_TOKEN' } }] },
    }));
    running = await NightshiftProcess.create({ NIGHTSHIFT_CONFIG: path.join(folder, 'nightshift.yaml'), PAGER_URL: `${pager.url}/${SECRET.pagerPath}`, PAGER_TOKEN: SECRET.pagerToken, TOKEN_MINJI: SECRET.userToken });
    await running.start();
  }, 600_000);
  afterAll(async () => {
    await running.remove();
    await pager.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function say(name: string, ...args: string[]): Promise<string> {
    const { stdout, stderr } = await running.cli(...args);
    shown.set(`output of ${name}`, stdout + stderr);
    return stdout;
  }

  /** The alert again, as a careless rule would send it. */
  async function carelessAlert(status: IncidentStatus, now: 'firing' | 'resolved'): Promise<void> {
    const { labels, annotations, startsAt } = status.alerts[0]!;
    const answer = await fetch(`${running.url}/webhooks/alertmanager`, {
      method: 'POST',
      headers: { authorization: `Bearer ${running.token()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ version: '4', alerts: [{ status: now, startsAt, fingerprint: 'cafe0123cafe0123', labels: { ...labels, token: SECRET.alertLabel }, annotations: { ...annotations, description: `${CONTROL.inAlert} password=${SECRET.alertAnnotation}` } }] }),
    });
    expect(await answer.json()).toMatchObject({ accepted: 1 });
  }

  test('a whole incident, told and worked on carelessly', async () => {
    const { publicId } = await running.json<{ publicId: string }>('open', '--practice', 'two-receivers-bad-file');
    expect((await running.cli('watch', publicId, '--until', 'needs-you', '--timeout', '180')).code).toBe(0);
    const status = await running.json<IncidentStatus>('show', publicId);
    await carelessAlert(status, 'firing');
    await say('note', 'note', publicId, `${CONTROL.inNote} the password: ${SECRET.note}`);
    await say('show', 'show', publicId);
    await say('approve', 'approve', publicId, '--yes', '--reason', `as in the ticket, token=${SECRET.decision}`);
    await until('the alerts can resolve', async () => (await running.json<IncidentStatus>('show', publicId)).recoveredAt !== undefined, 180_000);
    await carelessAlert(status, 'resolved');
    await running.cli('resolve', publicId);
    expect((await running.cli('watch', publicId, '--until', 'closed', '--timeout', '180')).code).toBe(0);
    await say('show --json', 'show', publicId, '--json');
    await say('postmortem', 'postmortem', publicId);
    const page = await fetch(`${running.url}/incidents/${publicId}`, { headers: { authorization: `Bearer ${running.token()}` } });
    shown.set('page', await page.text());
    await until('the history is in the record', () => [...filesBelow(path.join(running.dataDir, 'records')).keys()].some((file) => file.endsWith('history.json')));
  }, 600_000);

  test('a plan that would have to carry a secret is refused, and says where it stands', async () => {
    const { publicId } = await running.json<{ publicId: string }>('open', '--practice', 'two-receivers-bad-flag');
    await until('handed over', async () => (await running.json<IncidentStatus>('show', publicId)).phase === 'waiting', 180_000);
    const told = await say('show of the refusal', 'show', publicId);
    const status = JSON.parse(await say('show --json of the refusal', 'show', publicId, '--json')) as IncidentStatus;
    expect(status.mutations).toEqual([]);
    expect(JSON.stringify(status.plans)).toContain('/spec/template/spec/containers/0/env holds what looks like a password, token or key');
    expect(told).toContain('Keep it in a Secret');
    await running.cli('resolve', publicId);
    expect((await running.cli('watch', publicId, '--until', 'closed', '--timeout', '180')).code).toBe(0);
  }, 600_000);

  test('none is in a history, a log, a record, a page or what people are shown', async () => {
    await running.stop();
    // The practice cluster is the cluster: there secrets belong. Tokens and keys of Nightshift's own lie where only its owner reads.
    const kept = filesBelow(running.dataDir, (file) => file.startsWith('practice/'));
    const pages = new Map(pager.seen.map(({ body }, index) => [`notification ${index}`, body]));
    const everything = new Map([...kept, ...pages, ...shown]);
    expect(found(SECRET, everything)).toEqual([]);
    const controls = found(CONTROL, everything).map((line) => line.replace(/ in .*(temporal|history\.json|record\.json|output|page).*/, ' in $1'));
    expect(controls).toEqual(expect.arrayContaining(['inLogs in temporal', 'inNote in temporal', 'inAlert in temporal', 'inNote in history.json', 'inLogs in record.json', 'inNote in record.json', 'inNote in output', 'inAlert in output']));
    expect(pages.size).toBeGreaterThan(3);
  }, 600_000);
});

describe('with keys in the configuration, Temporal sees only what is encrypted', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-encrypted-'));
  const configure = (...ids: string[]) => writeFileSync(path.join(folder, 'nightshift.yaml'), stringify({ temporal: { encryption: { keys: ids.map((id) => ({ id, key: { env: `KEY_${id}` } })) } } }));
  let running: NightshiftProcess;

  beforeAll(async () => {
    configure('keyBefore');
    running = await NightshiftProcess.create({ NIGHTSHIFT_CONFIG: path.join(folder, 'nightshift.yaml'), KEY_keyBefore: randomBytes(32).toString('base64'), KEY_keyAfter: randomBytes(32).toString('base64') });
    await running.start();
  }, 600_000);
  afterAll(async () => {
    await running.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a new key is put before the old one while a plan waits; the incident goes on to its record', async () => {
    const { publicId } = await running.json<{ publicId: string }>('open', '--practice', 'two-receivers-bad-file');
    expect((await running.cli('watch', publicId, '--until', 'needs-you', '--timeout', '180')).code).toBe(0);
    await running.stop();
    configure('keyAfter', 'keyBefore');
    await running.start();
    await until('the incident answers again', async () => !(await running.json<{ workerAway: boolean }>('show', publicId)).workerAway);
    expect((await running.cli('approve', publicId, '--yes', '--plan', 'ffff')).stderr).toContain('has the hash');
    await running.json('approve', publicId, '--yes', '--reason', CONTROL.inNote);
    expect((await running.cli('watch', publicId, '--until', 'closed', '--timeout', '180')).code).toBe(0);
    expect(await running.json('list', '--all')).toMatchObject({ incidents: [{ publicId, outcome: 'recovered', title: { en: 'Remote write is failing' } }] });
    await running.stop();
    const kept = filesBelow(running.dataDir);
    const database = new Map([...kept].filter(([file]) => file.includes('temporal')));
    const readable = { note: CONTROL.inNote, title: 'Remote write is failing', cause: 'receivers-own-files-broken', log: 'not parsable', page: 'Over to you', step: 'thanos-receive-1' };
    expect(found(readable, database)).toEqual([]);
    expect(new Set(found({ current: 'keyAfter', previous: 'keyBefore', encoding: 'binary/encrypted' }, database).map((line) => line.split(' ')[0]))).toEqual(new Set(['current', 'previous', 'encoding']));
    expect(found(readable, kept)).toContainEqual(expect.stringMatching(/^note in records.*record\.json$/));
  }, 600_000);
});
