import { WithStartWorkflowOperation } from '@temporalio/client';
import type { IncidentStatus, SpendRequest } from '../../workflows/contracts';
import * as messages from '../../workflows/contracts/messages';
import { spend, spendings } from '../../workflows/contracts/budget-messages';
import { failure } from '../../workflows/contracts/failures';
import { budgetWorkflowId } from '../../workflows/contracts/names';
import { DEFAULT_POLICY } from '../../workflows/domain/policy';
import { IncidentHarness, type IncidentHandle, type Incidents } from '../support/incident-harness';
import type { IncidentWorld } from '../support/incident-world';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

/** The real book: the budget workflow, beside the incidents. */
function book({ env, taskQueue, world }: Incidents) {
  const { workflow } = env.client;
  const workflowId = budgetWorkflowId('test');
  const ask = (request: SpendRequest) =>
    workflow.executeUpdateWithStart(spend, { args: [request], startWorkflowOperation: new WithStartWorkflowOperation('budgetWorkflow', { workflowId, taskQueue, args: [{ cluster: 'test' }], workflowIdConflictPolicy: 'USE_EXISTING' }) });
  world.spendBudget = ask;
  return { ask, spent: () => workflow.getHandle(workflowId).query(spendings), result: () => workflow.getHandle(workflowId).result() };
}
const safeWithin = (perHour: number, perDay?: number) => (world: IncidentWorld) => {
  world.policy = DEFAULT_POLICY;
  world.risk = { first: 'safe', second: 'safe' };
  world.budgets = { perHour, ...(perDay !== undefined && { perDay }) };
  // Each incident is sick until something is done in its name.
  world.healthy = () => false;
};
const recovered = (incidents: Incidents, handle: IncidentHandle) => incidents.until(handle, ({ recoveredAt }) => recoveredAt !== undefined, 'recovered');
const told = (status: IncidentStatus) => status.timeline.map(({ text }) => text.en).join('\n');
const healsAfter = ({ world }: Incidents, executed: number) => {
  world.healthy = () => world.log.executed.length >= executed;
};

test('within the budget it goes ahead by itself, and a plan is counted once, however often a step is tried', () =>
  harness.run(async (incidents) => {
    const { spent } = book(incidents);
    healsAfter(incidents, 2);
    let tries = 0;
    incidents.world.afterSpending = () => {
      tries += 1;
      if (tries < 3) throw failure('UpstreamUnavailable', 'the worker died');
    };
    const handle = await incidents.open();
    await recovered(incidents, handle);
    expect(tries).toBe(4);
    expect(await spent()).toMatchObject([{ actions: 2, incidentClass: 'remote-write-failure' }]);
  }, safeWithin(2)));

test('beyond it a person is asked, and is told why in plan, page and timeline; what they approve is not counted', () =>
  harness.run(async (incidents) => {
    const { ask, spent } = book(incidents);
    await ask({ cluster: 'test', key: 'another incident', actions: 1, incidentClass: 'disk-full', budgets: {} });
    const handle = await incidents.open();
    const status = await incidents.waitingForApproval(handle);
    const because = /budget of test: 1 of 2 automated actions within an hour are used, this plan takes 2; free again at/;
    expect(status.plans).toMatchObject([{ ruling: { rule: 'budget of test', budget: { scope: 'cluster', window: 'hour', most: 2, used: 1 } } }]);
    expect(status.waiting?.text.en).toMatch(because);
    expect((await incidents.page(handle, 'needs-you')).text.en).toMatch(because);
    expect(told(status)).toMatch(/rule “budget of test”: 1 of 2 automated actions/);
    expect(incidents.world.log.executed).toEqual([]);
    healsAfter(incidents, 2);
    await handle.executeUpdate(messages.decide, { args: [{ verdict: 'approve', actor: 'kim' }] });
    await recovered(incidents, handle);
    expect(await spent()).toHaveLength(1);
  }, safeWithin(2)));

test('two whole incidents at once: both plan to go ahead, one does, and the other asks a person before anything of it is written', () =>
  harness.run(async (incidents) => {
    const { spent } = book(incidents);
    const both = await Promise.all(['receive', 'query'].map((domain) => incidents.open({ workflowId: `incident/test/${domain}` })));
    const [asking] = await Promise.all(both.map((handle) => incidents.until(handle, ({ waiting, mutations }) => waiting?.for === 'approval' || mutations.length === 2, 'its turn')))
      .then((statuses) => statuses.filter(({ waiting }) => waiting?.for === 'approval'));
    expect(asking).toMatchObject({ mutations: [], plans: expect.arrayContaining([expect.objectContaining({ ruling: expect.objectContaining({ rule: 'budget of test' }) })]) });
    expect(incidents.world.log.executed.map(({ step }) => step)).toEqual(['thanos-receive-1', 'thanos-receive-2']);
    expect(await spent()).toHaveLength(1);
  }, safeWithin(2)));

test('two requests at once: one takes what is left, the other is told to ask', () =>
  harness.run(async (incidents) => {
    const { ask, spent } = book(incidents);
    const budgets = { perHour: 3 };
    const answers = await Promise.all(['a', 'b'].map((key) => ask({ cluster: 'test', key, actions: 2, incidentClass: 'disk-full', budgets })));
    expect(answers.map(({ granted }) => granted).sort()).toEqual([false, true]);
    expect(await spent()).toHaveLength(1);
  }));

test('an hour after, by the clock of Temporal, it goes ahead again; a day after, everything is forgotten', () =>
  harness.run(async (incidents) => {
    const { ask, spent, result } = book(incidents);
    const budgets = { perHour: 2, perDay: 3 };
    const request = (key: string, actions = 2) => ask({ cluster: 'test', key, actions, incidentClass: 'disk-full', budgets });
    expect(await request('a')).toEqual({ granted: true });
    await incidents.env.sleep('59 minutes');
    expect(await request('b', 1)).toMatchObject({ granted: false, exceeded: { window: 'hour' } });
    await incidents.env.sleep('2 minutes');
    expect(await request('b', 1)).toEqual({ granted: true });
    await incidents.env.sleep('2 hours');
    expect(await request('c', 1)).toMatchObject({ granted: false, exceeded: { window: 'day', used: 3 } });
    expect(await spent()).toHaveLength(2);
    await incidents.env.sleep('21 hours');
    expect(await request('c', 1)).toEqual({ granted: true });
    await incidents.env.sleep('25 hours');
    await result();
  }));

test('a request that nobody honest sends is refused and leaves no event', () =>
  harness.run(async (incidents) => {
    const { ask, spent } = book(incidents);
    await ask({ cluster: 'test', key: 'a', actions: 1, incidentClass: 'disk-full', budgets: {} });
    await expect(ask({ cluster: 'test', key: 'b', actions: -5, incidentClass: 'disk-full', budgets: {} })).rejects.toMatchObject({ cause: { message: 'a spending is of one action at least' } });
    expect(await spent()).toHaveLength(1);
  }));
