import type { DecisionBody, Requirement, Signed, Statement } from '../../../workflows/contracts';
import { approverFault, decidersText, voiceOf, type Approver } from '../../../workflows/domain/approvers';

/** Whether a signature holds is judged elsewhere. */
const signed: Signed<DecisionBody> = { statement: Object.create(null) as Statement<DecisionBody>, keyId: 'k', signature: 's' };
const approver = ({ unsigned = false, ...change }: Partial<Approver> & { unsigned?: boolean } = {}): Approver => ({ actor: 'kim', roles: ['responder'], ...(!unsigned && { signed }), ...change });
const approval = (change: object = {}): Requirement => ({ kind: 'approval', approvers: 1, roles: ['approver', 'admin'], ...change });
const BREAK_GLASS = { approvers: 2, roles: ['admin'], people: ['minji'] };

describe('who may approve', () => {
  it('one of whose roles may', () => {
    expect(approverFault(approval(), approver({ roles: ['responder', 'approver'] }))).toBeUndefined();
    expect(approverFault(approval(), approver())).toBe('the role responder may not approve; it takes the role approver or admin');
    expect(approverFault(approval(), approver({ roles: [] }))).toBe('the role none may not approve; it takes the role approver or admin');
  });

  it('a person who is named, and their deputy, where the message is signed', () => {
    const named = approval({ roles: [], people: ['minji', 'sora'], deputies: { sora: ['lee'] } });
    expect(approverFault(named, approver({ actor: 'minji' }))).toBeUndefined();
    expect(approverFault(named, approver({ actor: 'lee' }))).toBeUndefined();
    expect(approverFault(named, approver({ actor: 'minji', unsigned: true }))).toBe('the role responder may not approve; it takes minji, or sora (deputy: lee), and an unsigned message proves no name');
    expect(approverFault(named, approver({ actor: 'park' }))).toBe('the role responder may not approve; it takes minji, or sora (deputy: lee)');
  });

  it.each([[{ kind: 'automatic' }], [{ kind: 'observe-only' }]])('nobody, where nobody is asked: %j', (requirement) => {
    expect(approverFault(requirement as Requirement, approver({ roles: ['admin'] }))).toBe('policy asks nobody here');
    expect(approverFault(requirement as Requirement, approver({ roles: ['admin'], breakGlass: true, reason: 'now' }))).toBe('policy asks nobody here');
  });

  it('never is never, and says which glass there is', () => {
    expect(approverFault({ kind: 'never' }, approver({ roles: ['admin'] }))).toBe('policy never allows this');
    expect(approverFault({ kind: 'never', breakGlass: BREAK_GLASS } as Requirement, approver({ roles: ['admin'] }))).toBe('policy never allows this, except by breaking the glass with a reason (the role admin, or minji)');
  });
});

describe('breaking the glass', () => {
  const never = { kind: 'never', breakGlass: BREAK_GLASS } as Requirement;
  const breaking = (change: Parameters<typeof approver>[0] = {}) => approver({ roles: ['admin'], breakGlass: true, reason: 'the region is down', ...change });

  it('takes a glass, a signature, a reason and somebody who may', () => {
    expect(approverFault(never, breaking())).toBeUndefined();
    expect(approverFault(never, breaking({ actor: 'minji', roles: [] }))).toBeUndefined();
    expect(approverFault({ kind: 'never' }, breaking())).toBe('policy lets nobody break the glass here');
    expect(approverFault(approval(), breaking())).toBe('policy lets nobody break the glass here');
    expect(approverFault(never, breaking({ unsigned: true }))).toMatch(/^breaking the glass takes a signed decision/);
    expect(approverFault(never, breaking({ reason: undefined }))).toBe('breaking the glass takes a reason');
    expect(approverFault(never, breaking({ reason: '  ' }))).toBe('breaking the glass takes a reason');
    expect(approverFault(never, breaking({ roles: ['approver'] }))).toBe('kim (approver) may not break the glass; it takes the role admin, or minji');
  });
});

describe('in whose name a decision counts', () => {
  const named = approval({ roles: ['approver'], people: ['sora'], deputies: { minji: ['park'], sora: ['lee'] } });

  it('a deputy’s as that of whom they stand in for; everybody else’s as their own', () => {
    expect(voiceOf(named, approver({ actor: 'lee' }))).toBe('sora');
    expect(voiceOf(named, approver({ actor: 'sora' }))).toBe('sora');
    expect(voiceOf(named, approver({ actor: 'lee', roles: ['approver'] }))).toBe('lee');
    expect(voiceOf(named, approver({ actor: 'nobody' }))).toBe('nobody');
  });

  it('whoever breaks the glass speaks for themselves, and where nobody is asked so does everybody', () => {
    expect(voiceOf(named, approver({ actor: 'lee', breakGlass: true }))).toBe('lee');
    expect(voiceOf({ kind: 'automatic' }, approver({ actor: 'lee' }))).toBe('lee');
  });

  it('says who may', () => {
    expect(decidersText({ roles: ['approver'] })).toBe('the role approver');
    expect(decidersText({ roles: [], people: ['minji'], deputies: { minji: [] } })).toBe('minji');
  });
});
