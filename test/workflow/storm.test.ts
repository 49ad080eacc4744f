import type { FailureDomain, Outcome, StormEntry, StormState } from '../../workflows/contracts';
import { joinStorm, leaveStorm, stormStatus } from '../../workflows/contracts/storm-messages';
import { alert, IncidentHarness, resolved, type IncidentHandle, type Incidents } from '../support/incident-harness';
import { IncidentWorld } from '../support/incident-world';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

/** A world in which incidents really tell the storm guard of each other. */
class StormyWorld extends IncidentWorld {
  incidents: Incidents | undefined;
  /** Before an incident that is over leaves, and so before a follower hears of it. */
  beforeLeaving: (workflowId: string) => void = () => undefined;

  override activities() {
    return {
      ...super.activities(),
      temporalJoinStorm: async ({ cluster, entry }: { cluster: string; entry: StormEntry }) => {
        const { env, taskQueue } = this.incidents!;
        await env.client.workflow.signalWithStart('stormWorkflow', { workflowId: `storm/${cluster}`, taskQueue, args: [{ cluster }], signal: joinStorm, signalArgs: [entry] });
        return undefined;
      },
      temporalLeaveStorm: async ({ cluster, ...left }: { cluster: string; workflowId: string; outcome: Outcome }) => {
        this.beforeLeaving(left.workflowId);
        await this.incidents!.env.client.workflow.getHandle(`storm/${cluster}`).signal(leaveStorm, left);
        return undefined;
      },
    };
  }
}

interface Storm {
  incidents: Incidents;
  world: StormyWorld;
  handles: Record<'ui' | 'query' | 'receive', IncidentHandle>;
  alerts: Record<'ui' | 'query' | 'receive', ReturnType<typeof alert>>;
}

/** Three failure domains of one cluster at once: the receivers lead, and wait for a decision; the others follow. */
async function threeAtOnce(test: (storm: Storm) => Promise<void>): Promise<void> {
  let world: StormyWorld | undefined;
  await harness.run(async (incidents) => {
    if (!world) throw new Error('there is no world');
    world.incidents = incidents;
    const alerts = { ui: alert(), query: alert(), receive: alert() };
    const open = (failureDomain: FailureDomain & keyof typeof alerts) => incidents.open({ failureDomain, alerts: [alerts[failureDomain]] });
    const handles = { ui: await open('ui'), query: await open('query'), receive: await open('receive') };
    for (const handle of [handles.ui, handles.query]) await incidents.until(handle, ({ waiting }) => waiting?.for === 'leader', 'a follower');
    await incidents.until(handles.receive, ({ waiting, followers }) => waiting?.for === 'approval' && followers?.length === 2, 'a plan that waits, of an incident that leads');
    await test({ incidents, world, handles, alerts });
  }, undefined, { createWorld: (settings) => (world = new StormyWorld(settings)) });
}

/** Waits until a follower is looked at by itself again. @returns what its timeline says of that */
async function handedBack(incidents: Incidents, follower: IncidentHandle): Promise<string | undefined> {
  const { timeline } = await incidents.until(follower, (status) => status.timeline.some(({ event }) => event === 'unmerged'), 'handed back');
  return timeline.find(({ event }) => event === 'unmerged')?.text.en;
}

test('many failure domains at once: one is treated, nobody is asked about the others, and they end with it', () =>
  threeAtOnce(async ({ incidents, world, handles, alerts }) => {
    const leader = await incidents.status(handles.receive);
    const follower = await incidents.status(handles.query);
    expect(follower).toMatchObject({ phase: 'waiting', leader: { publicId: leader.publicId, failureDomain: 'receive' }, mutations: [] });
    expect(leader.followers).toHaveLength(2);
    const asked = () => world.log.pages.filter(({ kind }) => kind === 'needs-you').map(({ publicId }) => publicId);
    // Pages go out beside the incidents.
    for (const handle of Object.values(handles)) await incidents.until(handle, ({ publicId, timeline }) => asked().filter((id) => id === publicId).length === timeline.filter(({ event }) => event === 'approvalAsked').length, 'its pages');
    const before = asked().length;
    await handles.receive.signal('approve', {});
    await incidents.until(handles.receive, ({ recoveredAt }) => recoveredAt !== undefined);
    await incidents.alerts(handles.receive, resolved(alerts.receive));
    await incidents.alerts(handles.query, resolved(alerts.query));
    await incidents.alerts(handles.ui, resolved(alerts.ui));
    expect(await handles.query.result()).toMatchObject({ outcome: 'merged' });
    expect(await handles.ui.result()).toMatchObject({ outcome: 'merged' });
    expect(await handles.receive.result()).toMatchObject({ outcome: 'recovered' });
    expect(asked().slice(before)).toEqual([]);
    const record = world.log.records.find(({ incident }) => incident.publicId === follower.publicId)!;
    expect(record.incident).toMatchObject({ outcome: 'merged', leader: { publicId: leader.publicId }, decisions: [], mutations: [] });
    expect(record.incident.timeline.map(({ event }) => event)).toContain('merged');
    expect(world.log.executed.map(({ step }) => step)).toEqual(['thanos-receive-1', 'thanos-receive-2']);
  }), 60_000);

test('when the leader is over and its own alerts go on, a follower is looked at by itself again', () =>
  threeAtOnce(async ({ incidents, world, handles, alerts }) => {
    await handles.receive.signal('approve', {});
    await incidents.until(handles.receive, ({ recoveredAt }) => recoveredAt !== undefined);
    // A follower looks as soon as it hears of the end, and what it finds then decides.
    world.beforeLeaving = (workflowId) => {
      if (workflowId === handles.receive.workflowId) world.healthy = () => false;
    };
    await incidents.alerts(handles.receive, resolved(alerts.receive));
    await incidents.alerts(handles.ui, resolved(alerts.ui));
    await handles.receive.result();
    const status = await incidents.waitingForApproval(handles.query);
    expect(status.leader).toBeUndefined();
    expect(status.timeline.map(({ text }) => text.en)).toContain('Looked at by itself again: the leading incident is over (recovered), and its own alerts go on firing');
    await incidents.alerts(handles.query, resolved(alerts.query));
    await handles.query.signal('reject', {});
  }), 60_000);

test('somebody who knows better gives a follower back, and it is treated', () =>
  threeAtOnce(async ({ incidents, handles }) => {
    await handles.ui.executeUpdate('resume', { args: [{ reason: 'this is something else' }] });
    const status = await incidents.waitingForApproval(handles.ui);
    expect(status.leader).toBeUndefined();
    await handles.query.executeUpdate('takeOver', { args: [{}] });
    expect(await incidents.until(handles.query, ({ waiting }) => waiting?.for === 'person', 'a person')).toMatchObject({ owner: 'temporal-cli' });
  }), 60_000);

test('a leader that takes longer than a decision may take holds nobody back', () =>
  threeAtOnce(async ({ incidents, handles }) => {
    await incidents.env.sleep('61 minutes');
    expect(await handedBack(incidents, handles.query)).toContain('takes too long');
  }), 60_000);

test('a leader that somebody terminates ends the storm when the next one opens, and it does not lead for ever', () =>
  threeAtOnce(async ({ incidents, handles }) => {
    const { env } = incidents;
    await handles.receive.terminate('by mistake');
    // The leader is told of one more follower, and is not there.
    await incidents.open({ failureDomain: 'store', alerts: [alert()] });
    await env.sleep('31 minutes');
    expect(await handedBack(incidents, handles.query)).toContain('the leading incident is over');
  }), 60_000);

test('a storm whose leader nobody hears of again is over when the leader’s time is', () =>
  threeAtOnce(async ({ incidents, handles }) => {
    const { env } = incidents;
    await handles.receive.terminate('by mistake');
    await env.sleep('101 minutes');
    const storm = env.client.workflow.getHandle('storm/test');
    expect((await storm.describe()).status.name).toBe('COMPLETED');
  }), 60_000);

test('a guard that goes on in a fresh run still knows who leads', () =>
  harness.run(async ({ env, taskQueue }) => {
    const now = await env.currentTimeMs();
    const members = (['ui', 'query', 'receive'] as const).map((failureDomain) => ({ workflowId: `incident/x/${failureDomain}`, publicId: failureDomain, failureDomain, alertnames: [], joinedAt: now }));
    const leader = { workflowId: 'incident/x/receive', since: now };
    const state: StormState = { members, following: [['incident/x/ui', leader.workflowId], ['incident/x/query', leader.workflowId]], leader };
    const storm = await env.client.workflow.start('stormWorkflow', { workflowId: 'storm/fresh', taskQueue, args: [{ cluster: 'x', state }] });
    expect(await storm.query(stormStatus)).toMatchObject({ leader: { publicId: 'receive' }, open: [{ publicId: 'ui' }, { publicId: 'query' }, { publicId: 'receive' }] });
    await storm.signal(leaveStorm, { workflowId: leader.workflowId, outcome: 'recovered' });
    await storm.result();
  }), 60_000);

test('what is no message of a storm is left aside, by incidents and by the storm', () =>
  harness.run(async (incidents) => {
    const { env, taskQueue } = incidents;
    const handle = await incidents.open();
    for (const body of [undefined, null, 'follow', { kind: 'follow' }, { kind: 'follow', leader: { publicId: 7 } }, { kind: 'ended', leader: 'x', outcome: 'y' }, { kind: 'lead', followers: [7] }]) await handle.signal('stormNews', body);
    expect((await incidents.waitingForApproval(handle)).leader).toBeUndefined();
    // A storm of nobody is over at once, so each message gets one of its own.
    const bodies = { joinStorm: [undefined, 7, {}, { workflowId: 'w', publicId: 'p', failureDomain: 'moon', alertnames: [] }, { workflowId: 'w', publicId: 'p', failureDomain: 'ui', alertnames: [], leadsForMs: 'long' }], leaveStorm: [undefined, 7, { workflowId: 'w', outcome: 'well' }] };
    for (const [signal, args] of Object.entries(bodies)) {
      for (const [at, body] of args.entries()) {
        const storm = await env.client.workflow.signalWithStart('stormWorkflow', { workflowId: `storm/${signal}-${at}`, taskQueue, args: [{ cluster: 'x' }], signal, signalArgs: [body] });
        await storm.result();
      }
    }
  }), 60_000);
