/** What the executing worker makes of the budget of automated actions, at the moment of the write. */
import { failure, type Budgets, type PolicyRule, type SpendAnswer, type SpendRequest } from '../../../workflows/contracts';
import { DEFAULT_POLICY } from '../../../workflows/domain/policy';
import { accessWith, killSwitch, NOW, pod, statefulSet, type TestAccess } from '../../support/pipeline-objects';
import { approval, execute, planned } from './harness';

const AUTOMATIC: PolicyRule = { name: 'by itself', when: {}, then: { kind: 'automatic' } };
const BUDGETS: Budgets = { perHour: 2 };
const EXCEEDED: SpendAnswer = { granted: false, exceeded: { scope: 'cluster', window: 'hour', most: 2, used: 2, freeAt: NOW } };

function broken(config: Parameters<typeof accessWith>[0]): TestAccess {
  const access = accessWith(config);
  access.kubernetes.put(killSwitch('true'), statefulSet(), pod({ ordinal: 0 }), pod({ ordinal: 1, life: 'crashing' }), pod({ ordinal: 2 }));
  return access;
}
const automatic = () => broken({ policy: { ...DEFAULT_POLICY, rules: [AUTOMATIC] }, budgets: BUDGETS });
const made = (access: TestAccess) => planned(access, 'kubernetes.evictPods', { target: 'receiver' });

/** A book that notes what it is asked. */
function bookOf(answer: SpendAnswer) {
  const asked: SpendRequest[] = [];
  return { asked, spendBudget: (request: SpendRequest) => (asked.push(request), Promise.resolve(answer)) };
}

test('what nobody has approved is counted once per plan, before the write', async () => {
  const access = automatic();
  const of = await made(access);
  const { asked, spendBudget } = bookOf({ granted: true });
  access.kubernetes.before = (call, dryRun) => {
    if (!dryRun && call.startsWith('evict')) expect(asked).toHaveLength(1);
  };
  expect((await execute(access, of, { decisions: [], dependencies: { spendBudget } })).result).toBe('evicted');
  expect(asked).toEqual([{ cluster: 'cluster-03', key: `${of.id}/${of.hash}`, actions: of.steps.length, incidentClass: 'remote-write-failure', budgets: BUDGETS }]);
});

test('beyond the budget nothing is written, and the refusal says how much is used and until when', async () => {
  const access = automatic();
  const of = await made(access);
  await expect(execute(access, of, { decisions: [], dependencies: bookOf(EXCEEDED) })).rejects.toMatchObject({ type: 'GateRefused', message: expect.stringMatching(/2 of 2 automated actions within an hour are used.*free again at/) });
  expect(access.kubernetes.writes).toEqual([]);
});

test('a book that cannot be asked stops the write as well', async () => {
  const access = automatic();
  const of = await made(access);
  await expect(execute(access, of, { decisions: [], dependencies: { spendBudget: () => Promise.reject(failure('UpstreamUnavailable', 'Temporal is away')) } })).rejects.toMatchObject({ type: 'UpstreamUnavailable' });
  expect(access.kubernetes.writes).toEqual([]);
});

test('what a person has approved is not counted', async () => {
  const access = automatic();
  const of = await made(access);
  const { asked, spendBudget } = bookOf(EXCEEDED);
  expect((await execute(access, of, { decisions: [approval(of)], dependencies: { spendBudget } })).result).toBe('evicted');
  expect(asked).toEqual([]);
});

test('an approval that this worker does not believe is no approval', async () => {
  const access = automatic();
  const of = await made(access);
  const { signed: _signed, ...unsigned } = approval(of);
  await expect(execute(access, of, { decisions: [unsigned], dependencies: bookOf(EXCEEDED) })).rejects.toMatchObject({ type: 'GateRefused' });
  expect(access.kubernetes.writes).toEqual([]);
});

test('a cluster without budgets asks nobody', async () => {
  const access = broken({ policy: { ...DEFAULT_POLICY, rules: [AUTOMATIC] } });
  const of = await made(access);
  const { asked, spendBudget } = bookOf(EXCEEDED);
  expect((await execute(access, of, { decisions: [], dependencies: { spendBudget } })).result).toBe('evicted');
  expect(asked).toEqual([]);
});
