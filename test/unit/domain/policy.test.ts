import type { AcceptedDecision, Requirement } from '../../../workflows/contracts';
import { checkApprovals, DEFAULT_POLICY, requirementFor, type ApprovalContext } from '../../../workflows/domain/policy';
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
