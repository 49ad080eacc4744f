import type { DecisionBody, IncidentStatus, Policy, PolicyRule } from '../../workflows/contracts';
import * as messages from '../../workflows/contracts/messages';
import { DEFAULT_POLICY } from '../../workflows/domain/policy';
import { IncidentHarness, type IncidentHandle, type Incidents } from '../support/incident-harness';
import type { IncidentWorld } from '../support/incident-world';
import { TestSigner } from '../support/signing';

const signer = new TestSigner();
const FREEZE: PolicyRule = { name: 'year-end freeze', when: { freeze: [{ from: '2026-12-20', until: '2027-01-04', timeZone: 'Asia/Seoul' }] }, then: { kind: 'never' } };
const GLASS: PolicyRule = { ...FREEZE, then: { kind: 'never', breakGlass: { approvers: 1, roles: ['admin'], people: ['minji'] } } };
const BEFORE = '2026-12-19T14:59:00Z';
const DURING = '2026-12-19T15:00:00Z';

const inHours = (hours: number) => () => new Date(Date.now() + hours * 3_600_000);
const rules = (...given: PolicyRule[]): Policy => ({ ...DEFAULT_POLICY, rules: given });
const within = (policy: Policy, at: string) => (world: IncidentWorld) => {
  world.policy = policy;
  world.at = () => new Date(at);
  world.settings = { ...world.settings, acceptUnsigned: false, keys: [signer.key] };
};

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

const decide = (handle: IncidentHandle, status: IncidentStatus, actor: string, body: Partial<DecisionBody> = {}, roles: Array<'approver' | 'admin'> = ['approver']) =>
  handle.executeUpdate(messages.decide, { args: [signer.decision(status, 'approve', { actor, roles, body: { verdict: 'approve', planHash: status.plan?.hash ?? '', ...body } })] });
const told = (status: IncidentStatus) => status.timeline.map(({ text }) => text.en).join('\n');
const handedOver = (incidents: Incidents, handle: IncidentHandle) => incidents.until(handle, ({ phase }) => phase === 'waiting', 'handed over');

test('in a freeze nothing is executed: the plan is a proposal, and the rule is named', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const status = await handedOver(incidents, handle);
    expect(told(status)).toMatch(/rule “year-end freeze”: sun 2026-12-20 00:00 \(Asia\/Seoul\) is within the freeze/);
    expect(incidents.world.log.executed).toEqual([]);
  }, within(rules(FREEZE), DURING)));

test('never is never, for one risk only', () =>
  harness.run(async (incidents) => {
    const status = await handedOver(incidents, await incidents.open());
    expect(told(status)).toContain('rule “nothing disruptive”: risk disruptive');
    expect(incidents.world.log.executed).toEqual([]);
  }, within(rules({ name: 'nothing disruptive', when: { risk: ['disruptive'] }, then: { kind: 'never' } }), DURING)));

test('in its time window a rule lets a plan through without asking', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    await incidents.until(handle, ({ recoveredAt }) => recoveredAt !== undefined);
    expect(incidents.world.log.executed).toHaveLength(2);
    expect(incidents.world.log.pages.map(({ kind }) => kind)).not.toContain('needs-you');
  }, within(rules({ name: 'at night', when: { window: [{ from: '22:00', to: '06:00', timeZone: 'Asia/Seoul' }] }, then: { kind: 'automatic' } }), DURING)));

test('the same window, an hour before it begins: somebody is asked', () =>
  harness.run(async (incidents) => {
    const status = await incidents.waitingForApproval(await incidents.open());
    expect(told(status)).toContain('rule “default for disruptive”: none of the 1 rules applies');
  }, within(rules({ name: 'at night', when: { window: [{ from: '22:00', to: '06:00', timeZone: 'Asia/Seoul' }] }, then: { kind: 'automatic' } }), '2026-12-19T12:59:00Z')));

test('the glass is broken only by those who may, signed, with a reason; then it is loud', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const status = await incidents.waitingForApproval(handle);
    const refused = (attempt: Promise<unknown>, why: RegExp) => expect(attempt).rejects.toMatchObject({ cause: { message: expect.stringMatching(why) } });
    await refused(decide(handle, status, 'kim'), /policy never allows this, except by breaking the glass/);
    await refused(decide(handle, status, 'minji', { breakGlass: true }), /takes a reason/);
    await refused(decide(handle, status, 'minji', { breakGlass: true, reason: '  ' }), /takes a reason/);
    await refused(decide(handle, status, 'kim', { breakGlass: true, reason: 'please' }), /kim \(approver\) may not break the glass; it takes the role admin, or minji/);
    expect(incidents.world.log.executed).toEqual([]);
    expect(await decide(handle, status, 'minji', { breakGlass: true, reason: 'all samples are lost' })).toMatchObject({ standing: 'approved' });
    const after = await incidents.until(handle, ({ recoveredAt }) => recoveredAt !== undefined);
    expect(told(after)).toMatch(/BREAK-GLASS: minji overrode policy for plan .* \(all samples are lost\)/);
    expect((await incidents.page(handle, 'break-glass')).text.en).toMatch(/minji overrode the policy rule “year-end freeze”.*all samples are lost/);
  }, within(rules(GLASS), DURING)));

test('for what is destructive breaking the glass takes two', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const status = await incidents.waitingForApproval(handle);
    expect(await decide(handle, status, 'minji', { breakGlass: true, reason: 'lost' })).toMatchObject({ standing: 'waiting', approvalsMissing: 1 });
    expect(await decide(handle, status, 'park', { breakGlass: true, reason: 'lost' }, ['admin'])).toMatchObject({ standing: 'approved' });
    await incidents.until(handle, ({ recoveredAt }) => recoveredAt !== undefined);
  }, (world) => {
    within(rules(GLASS), DURING)(world);
    world.risk.first = 'destructive';
  }));

test('a freeze that began while the plan waited stops what was approved; it is planned and asked anew', () =>
  harness.run(async (incidents) => {
    const handle = await incidents.open();
    const status = await incidents.waitingForApproval(handle);
    incidents.world.at = () => new Date(DURING);
    await decide(handle, status, 'kim');
    const asked = await incidents.until(handle, ({ plan, waiting }) => plan?.id !== status.plan?.id && waiting?.for === 'approval');
    expect(told(asked)).toContain('waits for 1 to break the glass');
    expect(incidents.world.log.executed).toEqual([]);
  }, within(rules(GLASS), BEFORE)));

test('a policy that changed between two steps stops the second; the first is undone all the same', () =>
  harness.run(async (incidents) => {
    const { world } = incidents;
    world.refusedRemedies.add('first');
    world.healthy = () => false;
    world.onExecute = () => {
      if (world.log.executed.length === 1) world.at = inHours(2);
    };
    const handle = await incidents.open();
    const status = await incidents.waitingForApproval(handle);
    await decide(handle, status, 'kim');
    const after = await handedOver(incidents, handle);
    expect(told(after)).toMatch(/lacks 1 valid approval.*rule “year-end freeze”/);
    expect(world.log.executed.map(({ step, undo }) => [step, undo])).toEqual([['thanos-receive-1', false], ['undo-1', true]]);
  }, (world) => {
    const from = inHours(1)().toISOString().slice(0, 16);
    within(rules({ ...FREEZE, when: { freeze: [{ from, until: '2100-01-01', timeZone: 'UTC' }] } }), BEFORE)(world);
    world.at = inHours(0);
    world.evidence = { pods: { broken: 2, overloaded: false }, log: null };
  }));

test('nobody decides on what is safe: after the deadline it goes ahead by itself where policy says so', () =>
  harness.run(async (incidents) => {
    const { world } = incidents;
    const handle = await incidents.open();
    await incidents.waitingForApproval(handle);
    // Time is skipped for the workflow only.
    world.at = inHours(1);
    await incidents.env.sleep('16 minutes');
    const status = await incidents.until(handle, ({ recoveredAt }) => recoveredAt !== undefined);
    expect(told(status)).toContain('Nobody decided on plan');
    expect(world.log.executed).toHaveLength(2);
  }, (world) => {
    within(rules({ name: 'ask first', when: { risk: ['safe'] }, then: { kind: 'approval', approvers: 1, roles: ['approver'], deadlineMs: 900_000, atDeadline: 'automatic' } }), BEFORE)(world);
    world.risk.first = 'safe';
    world.at = inHours(0);
  }));
