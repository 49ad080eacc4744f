import type { AcceptedDecision, BreakGlass, Requirement } from '../../../workflows/contracts';
import { RISKS } from '../../../workflows/contracts/vocabulary';
import { checkApprovals, countApprovals, DEFAULT_POLICY, floored, OBSERVE_ONLY, requirementFor, worseRisk, type ApprovalContext } from '../../../workflows/domain/policy';
import { statementFault } from '../../../workflows/domain/statements';
import { TestSigner } from '../../support/signing';

const signer = new TestSigner();
const incident = { workflowId: 'incident/c/receive', firstRunId: 'run-1' };
const context: ApprovalContext = { ...incident, planId: 'p1', planHash: 'hash', temporalNamespace: 'default', keys: [signer.key], acceptUnsigned: false };
const one: Requirement = { kind: 'approval', approvers: 1, roles: ['approver', 'admin'] };
const two: Requirement = { ...one, approvers: 2 };
const AT = '2026-02-01T00:00:00.000Z';

function decision(actor: string, change: Parameters<TestSigner['sign']>[3] = {}, body: { verdict: 'approve' | 'reject'; planHash?: string } = { verdict: 'approve', planHash: 'hash' }): AcceptedDecision {
  const signed = signer.sign(incident, 'decide', body, { actor, ...change } as never);
  return { planId: 'p1', planHash: 'hash', verdict: 'approve', actor, roles: ['approver'], channel: 'cli', at: AT, signed };
}

test('one signed decision satisfies one approver', () => {
  expect(checkApprovals(one, [decision('kim')], context)).toEqual({ approved: true, missing: 0, faults: [] });
});

test('two different people are needed where two are demanded', () => {
  expect(checkApprovals(two, [decision('kim'), decision('kim')], context)).toMatchObject({ approved: false, missing: 1 });
  expect(checkApprovals(two, [decision('kim'), decision('lee')], context).approved).toBe(true);
});

test('one rejection stands against any number of approvals', () => {
  expect(checkApprovals(one, [decision('kim'), { ...decision('lee'), verdict: 'reject' }], context).approved).toBe(false);
});

test.each<[string, AcceptedDecision, RegExp]>([
  ['for another plan hash', { ...decision('kim'), planHash: 'other' }, /another plan/],
  ['unsigned', (({ signed: _signed, ...rest }) => rest)(decision('kim')), /not signed/],
  ['signed for another hash', decision('kim', {}, { verdict: 'approve', planHash: 'other' }), /says something else/],
  ['signed as a rejection', decision('kim', {}, { verdict: 'reject', planHash: 'hash' }), /says something else/],
  ['put into another mouth', { ...decision('kim'), actor: 'lee' }, /signed for kim/],
  ['of a viewer', decision('kim', { roles: ['viewer'] }), /may not approve/],
  ['for another incident', decision('kim', { workflowId: 'incident/c/query' }), /another workflowId/],
  ['for an earlier run', decision('kim', { firstRunId: 'run-0' }), /another firstRunId/],
  ['for another namespace', decision('kim', { temporalNamespace: 'prod' }), /another temporalNamespace/],
  ['of another kind of message', decision('kim', { message: 'addNote' }), /another message/],
  ['expired', decision('kim', { expiresAt: '2026-01-31T00:00:00.000Z' }), /expired/],
])('a decision %s does not count', (_name, given, fault) => {
  const standing = checkApprovals(one, [given], context);
  expect(standing.approved).toBe(false);
  expect(standing.faults.join()).toMatch(fault);
});

test('destructive is never automatic and never one person’s decision', () => {
  expect(requirementFor({ ...DEFAULT_POLICY, destructive: { kind: 'automatic' } }, 'destructive')).toMatchObject({ kind: 'approval', approvers: 2 });
  expect(requirementFor({ ...DEFAULT_POLICY, destructive: { ...one } }, 'destructive')).toMatchObject({ approvers: 2 });
  expect(requirementFor({ ...DEFAULT_POLICY, destructive: { kind: 'observe-only' } }, 'destructive').kind).toBe('observe-only');
});

test('where nothing else is said, approvers and admins decide, two of them on what is destructive; and observing is for every risk', () => {
  expect(DEFAULT_POLICY).toEqual({ safe: { kind: 'automatic' }, disruptive: one, destructive: two });
  expect(checkApprovals(DEFAULT_POLICY.disruptive, [decision('kim', { roles: ['responder'] })], context).approved).toBe(false);
  for (const risk of RISKS) expect(requirementFor(OBSERVE_ONLY, risk)).toEqual({ kind: 'observe-only' });
});

test('observe-only and never approve nothing, whoever decides', () => {
  for (const kind of ['observe-only', 'never'] as const) expect(checkApprovals({ kind }, [decision('kim'), decision('lee')], context).approved).toBe(false);
});

test('a signature of another key, a changed statement and garbage are told apart from good ones', () => {
  const addressee = { ...incident, message: 'decide', temporalNamespace: 'default', now: AT } as const;
  const good = signer.sign(incident, 'decide', { verdict: 'approve' });
  expect(statementFault(good, addressee, [signer.key])).toBeUndefined();
  expect(statementFault(good, addressee, [new TestSigner().key])).toMatch(/not trusted/);
  expect(statementFault({ ...good, keyId: signer.key.keyId, statement: { ...good.statement, actor: 'eve' } }, addressee, [signer.key])).toMatch(/does not match/);
  expect(statementFault({ ...good, signature: 'zz' }, addressee, [signer.key])).toMatch(/does not match/);
});

describe('what counts as enough', () => {
  const glass: BreakGlass = { roles: ['admin'], approvers: 2 };
  const loud = (actor: string): AcceptedDecision => ({ ...decision(actor, { roles: ['admin'] }, { verdict: 'approve', planHash: 'hash', breakGlass: true, reason: 'all is lost' } as never), roles: ['admin'], breakGlass: true, reason: 'all is lost' });
  const rejection: AcceptedDecision = { ...decision('lee'), verdict: 'reject' };
  const three: Requirement = { ...one, approvers: 3, breakGlass: glass };

  test.each<[string, Requirement, AcceptedDecision[], ReturnType<typeof checkApprovals>]>([
    ['automatic takes nobody', { kind: 'automatic' }, [], { approved: true, missing: 0, faults: [] }],
    ['observe-only says why', { kind: 'observe-only' }, [decision('kim')], { approved: false, missing: 1, faults: ['this cluster is observe-only'] }],
    ['never says why', { kind: 'never' }, [decision('kim')], { approved: false, missing: 1, faults: ['policy never allows this'] }],
    ['never, by its glass alone', { kind: 'never', breakGlass: glass }, [loud('kim'), loud('lee')], { approved: true, missing: 0, faults: [] }],
    ['never, with one too few at the glass', { kind: 'never', breakGlass: glass }, [loud('kim')], { approved: false, missing: 1, faults: [] }],
    ['three, or two who break the glass', three, [loud('kim'), loud('lee')], { approved: true, missing: 0, faults: [] }],
    ['three, where nobody breaks the glass', three, [decision('kim'), decision('lee')], { approved: false, missing: 1, faults: [] }],
    ['one is enough, and the glass asks for no second', { ...one, breakGlass: glass }, [loud('kim')], { approved: true, missing: 0, faults: [] }],
    ['what is about another plan does not count, and is not complained of', two, [decision('kim'), { ...decision('lee'), planId: 'p2' }], { approved: false, missing: 1, faults: [] }],
    ['a rejection says whose it is and how many it would have taken', two, [decision('kim'), rejection], { approved: false, missing: 2, faults: ['lee rejected the plan'] }],
    ['a rejection of another plan rejects nothing', one, [decision('kim'), { ...rejection, planId: 'p2' }], { approved: true, missing: 0, faults: [] }],
  ])('%s', (_, requirement, decisions, standing) => {
    expect(checkApprovals(requirement, decisions, context)).toEqual(standing);
  });

  test('a signature without the glass does not break it', () => {
    const quiet = { ...decision('kim', { roles: ['admin'] }), breakGlass: true as const };
    expect(checkApprovals(three, [quiet], context)).toMatchObject({ approved: false, missing: 3, faults: [expect.stringContaining('says something else')] });
  });

  describe('a deadline that ends in automatic', () => {
    const DEADLINE_MS = 60_000;
    const timed: Requirement = { ...one, deadlineMs: DEADLINE_MS, atDeadline: 'automatic' };
    const at = (seconds: number | undefined, requirement: Requirement = timed, decisions: AcceptedDecision[] = []) =>
      checkApprovals(requirement, decisions, { ...context, plannedAt: AT, ...(seconds !== undefined && { now: new Date(Date.parse(AT) + seconds * 1_000).toISOString() }) });

    test('has passed from its moment on, and not before', () => {
      expect([59.999, 60, 61].map((seconds) => at(seconds).approved)).toEqual([false, true, true]);
      expect(at(60)).toEqual({ approved: true, missing: 0, faults: [] });
    });

    test('has not passed where nobody says what time it is, or when the plan was made', () => {
      expect(at(undefined).approved).toBe(false);
      expect(checkApprovals(timed, [], { ...context, now: '2100-01-01T00:00:00.000Z' }).approved).toBe(false);
    });

    test('needs nobody any more, where too few have approved by then', () => {
      expect(at(59, { ...timed, approvers: 2 }, [decision('kim')])).toMatchObject({ approved: false, missing: 1 });
      expect(at(61, { ...timed, approvers: 2 }, [decision('kim')])).toMatchObject({ approved: true, missing: 0 });
    });

    test('does not outvote a rejection', () => {
      expect(at(61, timed, [rejection]).approved).toBe(false);
      expect(at(61, timed, [decision('kim'), rejection]).approved).toBe(false);
      expect(at(61, timed, [{ ...rejection, planId: 'p2' }]).approved).toBe(true);
    });

    test.each<[string, Requirement]>([
      ['has no deadline', { ...one, atDeadline: 'automatic' }],
      ['says nothing of its end', { ...one, deadlineMs: DEADLINE_MS }],
      ['is never', { kind: 'never', deadlineMs: DEADLINE_MS, atDeadline: 'automatic' } as unknown as Requirement],
    ])('is not there where a requirement %s', (_, requirement) => {
      expect(at(61, requirement).approved).toBe(false);
    });
  });
});

test('what is never done, except by breaking the glass, takes as many as the glass before anybody has broken it', () => {
  expect(countApprovals({ kind: 'never', breakGlass: { roles: ['admin'], approvers: 2 } }, [], () => undefined)).toEqual({ approved: false, missing: 2, faults: [] });
});

test('the worse of two risks, whichever comes first', () => {
  const worse = RISKS.map((a) => RISKS.map((b) => worseRisk(a, b)));
  expect(worse).toEqual([['safe', 'disruptive', 'destructive'], ['disruptive', 'disruptive', 'destructive'], ['destructive', 'destructive', 'destructive']]);
});

test('the floor of a risk holds for the glass, too, and a deadline ends in automatic for what is safe alone', () => {
  const asked: Requirement = { ...one, approvers: 1, atDeadline: 'automatic', deadlineMs: 1, breakGlass: { roles: ['admin'], approvers: 1 } };
  expect(floored(asked, 'destructive')).toMatchObject({ approvers: 2, breakGlass: { approvers: 2 } });
  expect(floored(asked, 'destructive')).not.toHaveProperty('atDeadline');
  expect(floored(asked, 'disruptive')).not.toHaveProperty('atDeadline');
  expect(floored(asked, 'safe')).toHaveProperty('atDeadline', 'automatic');
  expect(floored(one, 'safe')).not.toHaveProperty('breakGlass');
  expect(floored({ kind: 'never', breakGlass: { roles: ['admin'], approvers: 1 } }, 'destructive')).toMatchObject({ kind: 'never', breakGlass: { approvers: 2 } });
});
