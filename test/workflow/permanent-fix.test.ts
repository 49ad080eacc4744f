import type { WorkflowHandle } from '@temporalio/client';
import type { permanentFixWorkflow } from '../../workflows';
import { failure, type AwaitFixRequest, type FixNews, type PermanentFixInput, type PermanentFixStatus, type PublishedFix, type PublishFixRequest } from '../../workflows/contracts';
import { fixesProposed, permanentFixStatus, retryFixes, settleFix } from '../../workflows/contracts/permanent-fix-messages';
import { IncidentHarness, type Incidents } from '../support/incident-harness';
import { IncidentWorld } from '../support/incident-world';

const text = (en: string) => ({ en, ko: en });
const PUBLIC_ID = '20260101-0a0a0a0a';
const CHANGE = [{ object: { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'monitoring', name: 'thanos-receive' }, edits: [{ path: '/spec/replicas', to: 5 }] }];
const BUDGET = { id: 'budget', title: text('A budget'), description: text('x'), change: { target: 'receiver', edits: [{ path: '/spec/replicas', to: 5 }] } };
const KEEPS = { id: 'keep-live-change', title: text('Keep it'), description: text('x'), keeps: [{ object: CHANGE[0]!.object, edits: [{ path: '/spec/replicas', to: 5 }] }] };
const WORDS = { id: 'words', title: text('In words'), description: text('x') };
const on = (commit: string, pullRequest?: { number: number; url: string }) => ({ branch: `nightshift/${PUBLIC_ID}/budget`, commit, base: 'b'.repeat(40), files: ['a.yaml'], ...(pullRequest && { pullRequest }) });

/** A repository and a cluster, of which the test says what becomes of fixes. */
class FixWorld extends IncidentWorld {
  readonly published: PublishFixRequest[] = [];
  readonly saved: PermanentFixStatus[] = [];
  publish: (attempt: number) => PublishedFix = (attempt) => ({ kind: 'published', on: on(`c${attempt}`), change: CHANGE });
  news: (request: AwaitFixRequest) => FixNews | undefined = () => undefined;

  historyIsOpen = false;

  override activities() {
    return {
      ...super.activities(),
      recordsCompleteHistory: async () => {
        if (this.historyIsOpen) throw failure('NotYetConverged', 'the run is open', { nextRetryMs: 3_600_000 });
        return { location: 'test', files: [] };
      },
      gitPublishFix: async (request: PublishFixRequest) => {
        this.published.push(request);
        return this.publish(this.published.length);
      },
      gitAwaitFix: async (request: AwaitFixRequest) => {
        const news = this.news(request);
        if (news) return news;
        throw failure('NotYetConverged', 'nothing new', { nextRetryMs: 12 * 3_600_000 });
      },
      recordsWriteFixes: async (status: PermanentFixStatus) => {
        this.saved.push(structuredClone(status));
        return { location: 'test', files: [] };
      },
    };
  }
}

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 180_000);

type Handle = WorkflowHandle<typeof permanentFixWorkflow>;
interface Place {
  world: FixWorld;
  incidents: Incidents;
  handle: Handle;
  until(wanted: (status: PermanentFixStatus) => boolean): Promise<PermanentFixStatus>;
}

async function start(incidents: Incidents, change: Partial<PermanentFixInput> = {}, publicId = PUBLIC_ID): Promise<Handle> {
  const story = { title: text('x'), evidence: [], url: 'u', recurrences: [], at: '2026-01-01T00:00:00.000Z' };
  const input: PermanentFixInput = { cluster: 'test', publicId, incidentWorkflowId: 'incident/test/receive', incidentFirstRunId: 'r', fixes: [BUDGET], git: { queue: incidents.taskQueue, kept: [], story }, ...change };
  const handle: Handle = await incidents.env.client.workflow.start('permanentFixWorkflow', { workflowId: `permanent-fix/${publicId}`, taskQueue: incidents.taskQueue, args: [input] });
  incidents.opened.push(handle as never);
  return handle;
}

function untilOf(incidents: Incidents, handle: Handle): Place['until'] {
  return async (wanted) => {
    for (let look = 0; look < 60; look += 1) {
      const status = await handle.query(permanentFixStatus);
      if (wanted(status)) return status;
      await (look < 20 ? new Promise((resolve) => setTimeout(resolve, 25)) : incidents.env.sleep('6 hours'));
    }
    throw new Error(`never so: ${JSON.stringify(await handle.query(permanentFixStatus), null, 1)}`);
  };
}

function fixes(test: (place: Place) => Promise<void>, change: Partial<PermanentFixInput> = {}, prepare: (world: FixWorld) => void = () => undefined): Promise<void> {
  let world: FixWorld | undefined;
  return harness.run(async (incidents) => {
    const handle = await start(incidents, change);
    await test({ world: world!, incidents, handle, until: untilOf(incidents, handle) });
  }, () => prepare(world!), { createWorld: (settings) => (world = new FixWorld(settings)) });
}

const first = (status: PermanentFixStatus) => status.fixes[0]!;

describe('the fixes of an incident', () => {
  it('published, merged, and closed only when the cluster has it', () =>
    fixes(async ({ world, incidents, handle, until }) => {
      await until((status) => first(status).state === 'published');
      expect(world.published[0]).toMatchObject({ publicId: PUBLIC_ID, fix: { id: 'budget' } });
      world.news = ({ merged }) => (merged ? undefined : { kind: 'merged', base: 'd'.repeat(40), by: 'minji' });
      const merged = await until((status) => first(status).state === 'merged');
      expect(first(merged)).toMatchObject({ actor: 'minji', mergedAt: expect.any(String) });
      await incidents.env.sleep('15 days');
      expect((await handle.describe()).status.name).toBe('RUNNING');
      expect(world.log.pages.at(-1)).toMatchObject({ kind: 'reminder', text: { en: expect.stringMatching(/A budget: merged .*not seen in the cluster yet/) } });
      world.news = () => ({ kind: 'applied' });
      await incidents.env.sleep('13 hours');
      expect(first(await handle.result())).toMatchObject({ state: 'applied', actor: 'minji', settledAt: expect.any(String) });
      expect(world.saved.map((status) => first(status).state)).toEqual(expect.arrayContaining(['published', 'merged', 'applied']));
      expect(world.published).toHaveLength(1);
    }));

  it('joined by those of another cause, and what is to be kept is told again, where the incident was reopened', () =>
    fixes(async ({ world, incidents, handle, until }) => {
      const story = { title: text('x'), evidence: [], url: 'u', recurrences: [], at: '2026-01-01T00:00:00.000Z' };
      const kept = [{ path: '/spec/replicas', old: 3, new: 5, use: 'test.first', object: { ...CHANGE[0]!.object, uid: 'u' } }];
      await until(({ fixes: [keeps, budget] }) => keeps?.state === 'published' && budget?.state === 'published');
      await handle.signal(fixesProposed, { fixes: [KEEPS, WORDS], git: { queue: incidents.taskQueue, kept, story }, recurrences: ['20251231-0b0b0b0b'], earlier: { words: '20251231-0b0b0b0b', budget: '20251231-0b0b0b0b' } });
      const status = await until(({ fixes: known }) => known.length === 3);
      expect(status.fixes.map(({ id, state }) => [id, state])).toEqual([['keep-live-change', 'published'], ['budget', 'published'], ['words', 'proposed']]);
      expect(status).toMatchObject({ priority: 'raised', recurrences: ['20251231-0b0b0b0b'] });
      await until(() => world.published.length === 3);
      expect(world.published.map((request) => [request.fix.id, request.kept.length])).toEqual([['keep-live-change', 0], ['budget', 0], ['keep-live-change', 1]]);
      await incidents.env.sleep('8 days');
      expect(world.log.pages.at(-1)?.text.en).toContain('In words');
    }, { fixes: [KEEPS, BUDGET] }));

  it('not stopped by a proposal that nobody can read', () =>
    fixes(async ({ handle, until }) => {
      for (const body of [null, {}, { fixes: 5 }, { fixes: [null, { id: 7 }] }]) await handle.signal('fixesProposed', body);
      await until((status) => first(status).state === 'published');
      expect((await handle.query(permanentFixStatus)).fixes).toHaveLength(1);
      expect((await handle.fetchHistory()).events?.filter(({ workflowTaskFailedEventAttributes: failed }) => failed)).toEqual([]);
    }));

  it('followed although the incident stays open for days after it was reopened', () =>
    fixes(async ({ world, incidents, until }) => {
      await incidents.env.sleep('25 hours');
      await until((status) => first(status).state === 'published');
      expect(world.published).toHaveLength(1);
    }, {}, (world) => (world.historyIsOpen = true)));

  it('reminded of every week, by more and more people, with the place where it waits', () =>
    fixes(async ({ world, incidents, handle }) => {
      world.publish = () => ({ kind: 'published', on: on('c', { number: 7, url: 'http://127.0.0.1/pull/7' }), change: CHANGE });
      await incidents.env.sleep('36 days');
      expect((await handle.query(permanentFixStatus)).reminders).toBe(5);
      const pages = world.log.pages.filter(({ kind }) => kind === 'reminder');
      expect(pages.map(({ level }) => level)).toEqual([1, 1, 2, 2, 3]);
      expect(pages[0]?.text.en).toBe('A budget: waits to be merged, http://127.0.0.1/pull/7');
    }, {}, (world) => (world.publish = () => ({ kind: 'published', on: on('c', { number: 7, url: 'http://127.0.0.1/pull/7' }), change: CHANGE }))));

  it('declined on the pull request, with the reason that was given there', () =>
    fixes(async ({ world, until, handle }) => {
      await until((status) => first(status).state === 'published');
      world.news = () => ({ kind: 'declined', by: 'lee', reason: 'we scale by hand' });
      expect(first(await until((status) => first(status).state === 'declined'))).toMatchObject({ actor: 'lee', reason: 'we scale by hand' });
      await handle.result();
    }));

  it('settled by people: words alone are merged when somebody says so, a change when the cluster has it', () =>
    fixes(async ({ world, until, handle }) => {
      await until((status) => first(status).state === 'published');
      const say = (fix: string, state: 'merged' | 'applied' | 'declined', reason?: string) => handle.executeUpdate(settleFix, { args: [{ fix, state, actor: 'minji', ...(reason && { reason }) }] });
      await expect(say('nothing', 'merged')).rejects.toMatchObject({ cause: { message: expect.stringContaining('there is budget, words') } });
      await expect(say('words', 'declined')).rejects.toMatchObject({ cause: { message: 'a fix is declined with a reason' } });
      await say('words', 'merged');
      await say('budget', 'merged');
      await expect(say('words', 'merged')).rejects.toMatchObject({ cause: { message: 'the fix words was merged before' } });
      expect((await handle.describe()).status.name).toBe('RUNNING');
      await say('budget', 'applied');
      expect((await handle.result()).fixes.map(({ state }) => state)).toEqual(['applied', 'merged']);
      expect(world.published.map(({ fix }) => fix.id)).toEqual(['budget']);
    }, { fixes: [BUDGET, WORDS] }));

  it('the base goes on under it: made again; what no longer fits is told, and tried again when somebody says so', () =>
    fixes(async ({ world, until, handle }) => {
      world.news = ({ on: branch }) => (branch?.commit === 'c1' ? { kind: 'outdated', reason: 'a.yaml was moved' } : undefined);
      expect(first(await until((status) => first(status).on?.commit === 'c2')).state).toBe('published');
      world.publish = () => ({ kind: 'refused', why: 'conflict', reason: text('a.yaml says 4') });
      world.news = ({ on: branch }) => (branch?.commit === 'c2' ? { kind: 'outdated', reason: 'a.yaml was changed' } : undefined);
      const refused = first(await until((status) => first(status).problem !== undefined));
      expect(refused).toMatchObject({ state: 'proposed', problem: { why: 'conflict', reason: { en: 'a.yaml says 4' } } });
      expect(world.published).toHaveLength(3);
      world.publish = () => ({ kind: 'already', base: 'e'.repeat(40), change: CHANGE });
      world.news = () => ({ kind: 'applied' });
      await handle.executeUpdate(retryFixes);
      expect(first(await handle.result()).state).toBe('applied');
      expect(world.published).toHaveLength(4);
    }));

  it('a sync loop takes the live change back: people hear of it at once, and once', () =>
    fixes(async ({ world, incidents, until }) => {
      await until((status) => first(status).state === 'published');
      world.news = ({ keepsLive }) => (keepsLive ? { kind: 'reverted', detail: 'StatefulSet monitoring/thanos-receive says 3' } : undefined);
      const status = await until(({ fixes: [fix] }) => fix?.reverted !== undefined);
      expect(first(status)).toMatchObject({ state: 'published', reverted: { detail: 'StatefulSet monitoring/thanos-receive says 3' } });
      await incidents.env.sleep('2 days');
      expect(world.log.pages.filter(({ kind }) => kind === 'needs-you').map(({ title }) => title.en)).toEqual([`What ${PUBLIC_ID} changed was taken back: StatefulSet monitoring/thanos-receive says 3`]);
    }, { fixes: [{ id: 'keep-live-change', title: text('Keep it'), description: text('x'), keeps: CHANGE }] }));

  it('a repository that refuses for good is said, and asked again with the next reminder', () =>
    fixes(async ({ world, incidents, until, handle }) => {
      expect(first(await until((status) => first(status).problem !== undefined)).problem).toMatchObject({ why: 'failed', reason: { en: expect.stringContaining('401') } });
      world.publish = () => ({ kind: 'published', on: on('c'), change: CHANGE });
      await incidents.env.sleep('8 days');
      const { fixes: [fix] } = await handle.query(permanentFixStatus);
      expect(fix?.state).toBe('published');
      expect(fix?.problem).toBeUndefined();
    }, {}, (world) => (world.publish = () => {
      throw failure('NotAuthorized', 'GitHub answered 401');
    })));

  it('without a repository nothing is pushed, and people alone say what becomes of it', () =>
    fixes(async ({ world, incidents, handle }) => {
      await incidents.env.sleep('8 days');
      await handle.executeUpdate(settleFix, { args: [{ fix: 'budget', state: 'merged', actor: 'minji' }] });
      expect(first(await handle.result()).state).toBe('merged');
      expect(world.published).toEqual([]);
    }, { git: undefined as never }));
});

describe('the same root cause again', () => {
  it('one branch for both: the earlier fix is raised, and settles the later one', () =>
    fixes(async ({ world, incidents, handle, until }) => {
      await until((status) => first(status).state === 'published');
      const later = await start(incidents, { recurrences: [PUBLIC_ID], earlier: { budget: PUBLIC_ID } }, '20260102-0b0b0b0b');
      expect(first(await untilOf(incidents, later)((status) => first(status).sameAs === PUBLIC_ID)).state).toBe('proposed');
      expect(await until((status) => status.priority === 'raised')).toMatchObject({ recurrences: ['20260102-0b0b0b0b'] });
      await incidents.env.sleep('50 hours');
      // After two days and not after a week, and to one more level.
      expect(world.log.pages.filter(({ kind }) => kind === 'reminder').map(({ publicId, level, severity }) => [publicId, level, severity]).sort()).toEqual([[PUBLIC_ID, 2, 'warning'], ['20260102-0b0b0b0b', 2, 'warning']]);
      world.news = ({ merged }) => (merged ? { kind: 'applied' } : { kind: 'merged', base: 'd'.repeat(40) });
      await incidents.env.sleep('26 hours');
      expect(first(await handle.result()).state).toBe('applied');
      expect(first(await later.result())).toMatchObject({ state: 'applied', sameAs: PUBLIC_ID });
      // Asked for again with each reminder, which changes nothing; by the earlier one alone.
      expect(new Set(world.published.map(({ publicId }) => publicId))).toEqual(new Set([PUBLIC_ID]));
    }));

  it('where nobody follows the earlier one any more, the later one is published itself', () =>
    fixes(async ({ world, until }) => {
      await until((status) => first(status).state === 'published');
      expect(world.published).toHaveLength(1);
    }, { recurrences: ['20250101-0c0c0c0c'], earlier: { budget: '20250101-0c0c0c0c' } }));
});

it('goes on in a fresh run with all that it knows, and begins nothing anew', () =>
  harness.run(async (incidents) => {
    const world = incidents.world as unknown as FixWorld;
    const continued: PermanentFixStatus = { publicId: PUBLIC_ID, cluster: 'test', reminders: 40, nextReminderAt: new Date(Date.now() + 86_400_000 * 365).toISOString(), fixes: [{ id: 'budget', title: text('A budget'), state: 'merged', change: CHANGE, mergedAt: '2026-01-02T00:00:00.000Z' }] };
    world.news = ({ merged }) => (merged ? { kind: 'applied' } : undefined);
    const handle = await start(incidents, { continued } as never);
    const status = await handle.result();
    expect(status).toMatchObject({ reminders: 40, fixes: [{ state: 'applied', mergedAt: '2026-01-02T00:00:00.000Z' }] });
    expect(world.published).toEqual([]);
    expect((await handle.fetchHistory()).events?.map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name).filter(Boolean)).toEqual(['recordsWriteFixes', 'gitAwaitFix', 'recordsWriteFixes']);
  }, () => undefined, { createWorld: (settings) => new FixWorld(settings) }));
