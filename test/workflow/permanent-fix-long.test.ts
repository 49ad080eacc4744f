/** Fixes that are open for so long that their history grows long: on a server that says so by itself, and earlier than by its default. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { startDevServer, type DevServer } from '../../infra/embedded/dev-server';
import { freePort } from '../../infra/embedded/ports';
import { findTemporal } from '../../infra/embedded/programs';
import { failure, type AwaitFixRequest, type FixNews, type Notification, type PermanentFixInput, type PermanentFixStatus, type PublishedFix, type SettleFix } from '../../workflows/contracts';
import { fixRecurred, permanentFixStatus, retryFixes, settleFix } from '../../workflows/contracts/permanent-fix-messages';
import type { permanentFixWorkflow } from '../../workflows';
import { WORKFLOW_BUNDLE } from '../../workers/workflow-code';
import { keepEach } from '../support/incident-harness';

/** The server suggests to continue as new from here on; by default at 4,096. A run begins with about twenty events. */
const LONG = 45;
/** Without the second that the server waits from one run to the next. */
const SERVER = { 'limit.historyCount.suggestContinueAsNew': LONG, 'history.workflowIdReuseMinimalInterval': '0s' };

const text = (en: string) => ({ en, ko: en });
const CHANGE = [{ object: { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'monitoring', name: 'thanos-receive' }, edits: [{ path: '/spec/replicas', to: 5 }] }];
const BUDGET = { id: 'budget', title: text('A budget'), description: text('x'), change: { target: 'receiver', edits: [{ path: '/spec/replicas', to: 5 }] } };
const inWords = (id: string) => ({ id, title: text(id), description: text('x') });
const on = (commit: string) => ({ branch: 'nightshift/x/budget', commit, base: 'b'.repeat(40), files: ['a.yaml'] });

/** The repository and the records, of which a test says what they do. */
class Outside {
  published = 0;
  readonly saved: PermanentFixStatus[] = [];
  readonly pages: Notification[] = [];
  publish = (count: number): PublishedFix => ({ kind: 'published', on: on(`c${count}`), change: CHANGE });
  news: (request: AwaitFixRequest) => FixNews | undefined = () => undefined;
  whileSaving: (status: PermanentFixStatus) => Promise<void> = () => Promise.resolve();

  activities() {
    return {
      gitPublishFix: async () => this.publish((this.published += 1)),
      gitAwaitFix: async (request: AwaitFixRequest) => {
        const news = this.news(request);
        if (news) return news;
        throw failure('NotYetConverged', 'nothing new', { nextRetryMs: 3_600_000 });
      },
      recordsWriteFixes: async (status: PermanentFixStatus) => {
        this.saved.push(status);
        await this.whileSaving(status);
        return { location: 'test', files: [] };
      },
      recordsCompleteHistory: async () => ({ location: 'test', files: [] }),
      notifyPage: async (page: Notification) => {
        this.pages.push(page);
        return { delivered: true, detail: 'test: 200' };
      },
    };
  }
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-long-'));
let server: DevServer;
let native: NativeConnection;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const [program, port] = await Promise.all([findTemporal(() => undefined), freePort()]);
  server = await startDevServer({ program, port, namespace: 'default', logFile: path.join(folder, 'temporal.log'), dynamicConfig: SERVER });
  native = await NativeConnection.connect({ address: server.address });
  connection = await Connection.connect({ address: server.address });
  client = new Client({ connection });
}, 120_000);

afterAll(async () => {
  await connection?.close();
  await native?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Place {
  outside: Outside;
  publicId: string;
  /** Whichever run goes on at this moment. */
  handle: ReturnType<typeof handleOf>;
}

const handleOf = (publicId: string) => client.workflow.getHandle<typeof permanentFixWorkflow>(`permanent-fix/${publicId}`);

async function following(test: (place: Place) => Promise<void>, input: Partial<PermanentFixInput> & { continued?: PermanentFixStatus } = {}, prepare: (place: Place) => void = () => undefined): Promise<void> {
  const outside = new Outside();
  const taskQueue = `fixes-${randomUUID()}`;
  const publicId = `20260101-${randomUUID().slice(0, 8)}`;
  const worker = await Worker.create({ connection: native, taskQueue, workflowBundle: WORKFLOW_BUNDLE, activities: outside.activities() });
  const place = { outside, publicId, handle: handleOf(publicId) };
  prepare(place);
  const story = { title: text('x'), evidence: [], url: 'u', recurrences: [], at: '2026-01-01T00:00:00.000Z' };
  const whole = { cluster: 'test', publicId, incidentWorkflowId: 'incident/test/receive', incidentFirstRunId: 'r', fixes: [BUDGET], git: { queue: taskQueue, kept: [], story }, ...input };
  await worker.runUntil(async () => {
    await client.workflow.start('permanentFixWorkflow', { workflowId: `permanent-fix/${publicId}`, taskQueue, args: [whole] });
    await test(place);
    const histories = (await historiesOf(place)).map(({ history }) => history);
    await replayEach(publicId, histories);
    keepEach(histories);
  });
}

/** Each run has to replay. Once it has ended: a run that was begun a moment ago has no task yet, and the SDK waits for one without an end. */
async function replayEach(publicId: string, histories: StoredHistory[]): Promise<void> {
  const named = histories.map((history) => ({ workflowId: `permanent-fix/${publicId}`, history }));
  let replayed = 0;
  for await (const { error } of Worker.runReplayHistories({ workflowBundle: WORKFLOW_BUNDLE }, named)) {
    if (error) throw error;
    replayed += 1;
  }
  expect(replayed).toBe(histories.length);
}

interface Run {
  /** Type of the last event. */
  end: string;
  startedWith: PermanentFixInput & { continued?: PermanentFixStatus; tried?: string[] };
  activities: string[];
}

type StoredHistory = Awaited<ReturnType<Place['handle']['fetchHistory']>>;
interface StartedRun {
  input: { payloads: Array<{ data: string }> };
  continuedExecutionRunId?: string;
}
interface StoredEvent {
  eventType: string;
  workflowExecutionStartedEventAttributes?: StartedRun;
  activityTaskScheduledEventAttributes?: { activityType: { name: string } };
}

/** Of every run, first to last. */
async function historiesOf({ publicId, handle }: Place): Promise<Array<{ history: StoredHistory; events: StoredEvent[]; started: StartedRun }>> {
  const runs: Awaited<ReturnType<typeof historiesOf>> = [];
  for (let runId: string | undefined = (await handle.describe()).runId; runId;) {
    const history = await client.workflow.getHandle(`permanent-fix/${publicId}`, runId).fetchHistory();
    const { events } = JSON.parse(historyToJSON(history)) as { events: StoredEvent[] };
    const started = events[0]!.workflowExecutionStartedEventAttributes!;
    runs.unshift({ history, events, started });
    runId = started.continuedExecutionRunId;
  }
  return runs;
}

/** Every run, first to last. */
async function runsOf(place: Place): Promise<Run[]> {
  return (await historiesOf(place)).map(({ events, started }) => ({
    end: events.at(-1)!.eventType.replace('EVENT_TYPE_WORKFLOW_EXECUTION_', ''),
    startedWith: JSON.parse(Buffer.from(started.input.payloads[0]!.data, 'base64').toString()) as Run['startedWith'],
    activities: events.flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType.name ?? []),
  }));
}

/** A run that never ends fails the test, and does not keep its worker. */
async function ended(handle: Place['handle']): Promise<PermanentFixStatus> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error('it never ended')), 60_000)));
  return Promise.race([handle.result(), late]).finally(() => clearTimeout(timer));
}

async function until(handle: Place['handle'], wanted: (status: PermanentFixStatus) => boolean): Promise<PermanentFixStatus> {
  for (let look = 0; look < 400; look += 1) {
    const status = await handle.query(permanentFixStatus);
    if (wanted(status)) return status;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`never so: ${JSON.stringify(await handle.query(permanentFixStatus))}`);
}

test('a base that goes on all the time: round after round, in fresh runs, long before a reminder comes', () =>
  following(async (place) => {
    const status = await ended(place.handle);
    expect(status).toMatchObject({ reminders: 0, fixes: [{ state: 'applied', on: { commit: 'c12' } }] });
    const runs = await runsOf(place);
    expect(runs.length).toBeGreaterThanOrEqual(3);
    expect(runs.map(({ end }) => end)).toEqual([...runs.slice(1).map(() => 'CONTINUED_AS_NEW'), 'COMPLETED']);
    // What is known goes along: nothing is published again for it, and no week begins anew.
    expect(place.outside.published).toBe(12);
    expect(new Set(runs.slice(1).map(({ startedWith: { continued } }) => continued?.nextReminderAt)).size).toBe(1);
    for (const { startedWith, activities } of runs.slice(1)) {
      expect(startedWith).toMatchObject({ fixes: [BUDGET], continued: { fixes: [{ id: 'budget', state: 'published' }] }, tried: ['budget'] });
      expect(activities[0]).toBe('recordsWriteFixes');
    }
    expect(runs.filter(({ activities }) => activities.includes('recordsCompleteHistory'))).toHaveLength(1);
  }, {}, ({ outside }) => (outside.news = ({ on: branch, merged }) => {
    if (merged) return { kind: 'applied' };
    return branch?.commit === 'c12' ? { kind: 'merged', base: 'd'.repeat(40) } : { kind: 'outdated', reason: 'a.yaml was moved' };
  })));

test('reminded, and then in a fresh run: the reminders go on counting, and the next one is a week away', () => {
  // Only the first reminder is brought nearer: the run begins in the middle of its week.
  const continued = (): PermanentFixStatus => ({ publicId: 'x', cluster: 'test', reminders: 3, nextReminderAt: new Date(Date.now() + 2_000).toISOString(), fixes: [{ id: 'budget', title: text('A budget'), state: 'proposed' }, { id: 'words', title: text('words'), state: 'proposed' }] });
  return following(async (place) => {
    const { handle, outside } = place;
    const reminded = await until(handle, ({ reminders, nextReminderAt }) => reminders === 4 && Date.parse(nextReminderAt!) > Date.now() + 86_400_000);
    expect(outside.pages.map(({ kind, level }) => [kind, level])).toEqual([['reminder', 2]]);
    for (let tries = 0; (await runsOf(place)).length === 1 && tries < 10; tries += 1) await handle.executeUpdate(retryFixes);
    const [, second] = await runsOf(place);
    expect(second).toBeDefined();
    expect(second?.startedWith.continued).toMatchObject({ reminders: 4, fixes: [{ id: 'budget', state: 'published' }, { id: 'words', state: 'proposed' }] });
    expect(Date.parse(second!.startedWith.continued!.nextReminderAt!) - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
    expect((await handle.query(permanentFixStatus)).nextReminderAt).toBe(reminded.nextReminderAt);
    expect(reminded.fixes.map(({ id }) => id)).toEqual(['budget', 'words']);
    for (const [fix, state] of [['words', 'merged'], ['budget', 'applied']] as const) await handle.executeUpdate(settleFix, { args: [{ fix, state, actor: 'minji' }] });
    expect((await ended(handle)).fixes.map(({ state, actor }) => [state, actor])).toEqual([['applied', 'minji'], ['merged', 'minji']]);
    expect(outside.pages).toHaveLength(1);
  }, { fixes: [BUDGET, inWords('words')], continued: continued() });
});

test('what the repository refused is not asked for again because a run is fresh', () =>
  following(async (place) => {
    const { handle, outside } = place;
    await until(handle, ({ fixes: [fix] }) => fix?.problem !== undefined);
    for (let count = 0; (await runsOf(place)).length < 3 && count < 40; count += 1) {
      await handle.signal(fixRecurred, { publicId: `20260102-${String(count).padStart(8, '0')}` });
      await until(handle, ({ recurrences }) => recurrences?.length === count + 1);
    }
    expect((await runsOf(place)).length).toBeGreaterThanOrEqual(3);
    expect(outside.published).toBe(1);
    expect(await handle.query(permanentFixStatus)).toMatchObject({ priority: 'raised', fixes: [{ state: 'proposed', problem: { why: 'conflict' } }] });
    await handle.executeUpdate(retryFixes);
    await until(handle, () => outside.published === 2);
    await handle.executeUpdate(settleFix, { args: [{ fix: 'budget', state: 'declined', actor: 'lee', reason: 'we scale by hand' }] });
    await ended(handle);
  }, {}, ({ outside }) => (outside.publish = () => ({ kind: 'refused', why: 'conflict', reason: text('a.yaml says 4') }))));

test('whatever is said while a run gives way to the next is not lost, and is in the record', () => {
  const words = Array.from({ length: 14 }, (_, index) => `w${index}`);
  const said: Array<Promise<PermanentFixStatus>> = [];
  const told: string[] = [];
  return following(async (place) => {
    const { handle, outside } = place;
    const status = await ended(handle);
    await Promise.all(said);
    expect(said).toHaveLength(words.length);
    expect(status.fixes.map(({ id, state, actor }) => [id, state, actor])).toEqual(words.map((id) => [id, 'merged', `who settles ${id}`]));
    expect(outside.saved.at(-1)).toEqual(status);
    expect([...(status.recurrences ?? [])].sort()).toEqual([...told].sort());
    const runs = await runsOf(place);
    expect(runs.length).toBeGreaterThanOrEqual(3);
    expect(runs.at(-1)?.end).toBe('COMPLETED');
  }, { fixes: words.map(inWords) }, ({ outside, handle }) => (outside.whileSaving = async () => {
    // After what is written comes the look at the history: in each round, both arrive just then.
    const fix = words[said.length];
    if (fix === undefined) return;
    const message: SettleFix = { fix, state: 'merged', actor: `who settles ${fix}` };
    const other = `20260102-${String(said.length).padStart(8, '0')}`;
    said.push(handle.executeUpdate(settleFix, { args: [message] }));
    said.at(-1)!.catch(() => undefined);
    if (said.length === words.length) return;
    told.push(other);
    await handle.signal(fixRecurred, { publicId: other });
  }));
});
