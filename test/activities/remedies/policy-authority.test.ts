/** What the executing worker makes of its own policy, at the moment of the write. */
import type { AcceptedDecision, Plan, PolicyRule } from '../../../workflows/contracts';
import { DEFAULT_POLICY } from '../../../workflows/domain/policy';
import { accessWith, killSwitch, NOW, pod, statefulSet, type TestAccess } from '../../support/pipeline-objects';
import { approval, execute, forged, plan, planned, signer } from './harness';

const HOUR = 3_600_000;
const FREEZE: PolicyRule = { name: 'freeze', when: { freeze: [{ from: '2026-03-01T04:00', until: '2026-03-09', timeZone: 'UTC' }] }, then: { kind: 'never', breakGlass: { approvers: 1, roles: [], people: ['minji'] } } };
const rules = (...given: PolicyRule[]) => ({ policy: { ...DEFAULT_POLICY, rules: given } });

function broken(config: Parameters<typeof accessWith>[0]): TestAccess {
  const access = accessWith(config);
  access.kubernetes.put(killSwitch('true'), statefulSet(), pod({ ordinal: 0 }), pod({ ordinal: 1, life: 'crashing' }), pod({ ordinal: 2 }));
  return access;
}
const made = (access: TestAccess) => planned(access, 'kubernetes.evictPods', { target: 'receiver' });

function glass(of: Plan, actor: string, reason?: string): AcceptedDecision {
  const body = { verdict: 'approve' as const, planHash: of.hash, breakGlass: true as const, ...(reason && { reason }) };
  const signed = signer.sign({ workflowId: 'incident/cluster-03/receive', firstRunId: approval(of).signed!.statement.firstRunId }, 'decide', body, { actor });
  return approval(of, actor, { signed, breakGlass: true, ...(reason && { reason }) });
}

async function refused(access: TestAccess, act: Promise<unknown>, message: RegExp): Promise<void> {
  await expect(act).rejects.toMatchObject({ type: 'NotAuthorized', message: expect.stringMatching(message) });
  expect(access.kubernetes.writes).toEqual([]);
}

test('a freeze that began since the decision stops the step and is named', async () => {
  const access = broken(rules(FREEZE));
  const of = await made(access);
  expect(await plan(access, 'kubernetes.evictPods', { target: 'receiver' })).toMatchObject({ ruling: { rule: 'default for disruptive', at: NOW, requirement: { approvers: 1 } } });
  await access.clock.sleep(HOUR);
  await refused(access, execute(access, of), /rule “freeze”, sun 2026-03-01 04:00 \(UTC\) is within the freeze.*policy never allows this, except by breaking the glass/);
});

test('a policy that was changed since the decision stops the step, whatever the plan’s ruling said', async () => {
  const access = broken({});
  const of = await made(access);
  const stricter = { kind: 'approval', approvers: 3, roles: ['admin'] } as const;
  access.config.policy = { ...DEFAULT_POLICY, rules: [{ name: 'stricter', when: {}, then: { ...stricter, roles: ['admin'] } }] };
  await refused(access, execute(access, of), /lacks 3 valid approvals.*rule “stricter”/);
});

test('breaking the glass counts by the worker’s own judgement: by whom the rule names, with a signed reason', async () => {
  const access = broken(rules(FREEZE));
  const of = await made(access);
  await access.clock.sleep(HOUR);
  await refused(access, execute(access, of, { decisions: [glass(of, 'minji')] }), /takes a reason/);
  await refused(access, execute(access, of, { decisions: [glass(of, 'kim', 'lost')] }), /kim \(approver\) may not break the glass/);
  await refused(access, execute(access, of, { decisions: [{ ...approval(of, 'minji'), breakGlass: true, reason: 'put into her mouth' }] }), /says something else/);
  await refused(access, execute(access, of, { decisions: [{ ...glass(of, 'minji'), reason: 'added later' }] }), /takes a reason/);
  expect((await execute(access, of, { decisions: [glass(of, 'minji', 'samples are lost')] })).result).toBe('evicted');
});

test('for what is destructive one person who breaks the glass is not enough', async () => {
  const access = broken(rules({ ...FREEZE, then: { kind: 'never', breakGlass: { approvers: 1, roles: [], people: ['minji', 'park'] } } }));
  const of = forged(await made(access), { risk: 'destructive' });
  await access.clock.sleep(HOUR);
  await refused(access, execute(access, of, { decisions: [glass(of, 'minji', 'lost'), glass(of, 'minji', 'really')] }), /lacks 1 valid approval/);
  expect((await execute(access, of, { decisions: [glass(of, 'minji', 'lost'), glass(of, 'park', 'lost')] })).result).toBe('evicted');
});

test('a window that lets it through has ended: the step waits for somebody again', async () => {
  const access = broken(rules({ name: 'nights', when: { window: [{ from: '11:00', to: '13:00', timeZone: 'Asia/Seoul' }] }, then: { kind: 'automatic' } }));
  const of = await made(access);
  await access.clock.sleep(HOUR);
  await refused(access, execute(access, of, { decisions: [] }), /lacks 1 valid approval.*default for disruptive/);
});

test('mode: observe is stronger than any rule', async () => {
  const access = broken({ mode: 'observe', ...rules({ name: 'all', when: {}, then: { kind: 'automatic' } }) });
  expect(await plan(access, 'kubernetes.evictPods', { target: 'receiver' })).toMatchObject({ ruling: { rule: 'mode: observe', requirement: { kind: 'observe-only' } } });
});
