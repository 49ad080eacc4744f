import type { Policy, PolicyRule, TimeWindow } from '../../../workflows/contracts';
import { countApprovals, DEFAULT_POLICY, floored } from '../../../workflows/domain/policy';
import { decideRequirement, isFrozen, isWithin, mismatchOf, type PolicyQuestion } from '../../../workflows/domain/policy-rules';
import { approverFault } from '../../../workflows/domain/approvers';

const question: PolicyQuestion = { risk: 'disruptive', incidentClass: 'remote-write-failure', cluster: 'c', severity: 'critical', at: '2026-03-04T12:00:00Z' };
const rule = (name: string, change: Partial<PolicyRule> = {}): PolicyRule => ({ name, when: {}, then: { kind: 'never' }, ...change });
const policy = (...rules: PolicyRule[]): Policy => ({ ...DEFAULT_POLICY, rules });

describe('the first rule that applies decides', () => {
  it('and says why', () => {
    const ruling = decideRequirement(policy(rule('other', { when: { cluster: ['d'] } }), rule('ours', { when: { cluster: ['c', 'd'], severity: ['critical'] } }), rule('later', { then: { kind: 'automatic' } })), question);
    expect(ruling).toEqual({ requirement: { kind: 'never' }, rule: 'ours', because: { en: 'cluster c, severity critical', ko: 'cluster c, severity critical' }, at: question.at });
  });

  it('names everything that a rule asks for, and of windows and freezes the one that it is in', () => {
    const at = '2026-12-24T12:00:00Z';
    const noon = { from: '11:00', to: '13:00', timeZone: 'UTC' };
    const night = { from: '22:00', to: '06:00', timeZone: 'UTC' };
    const christmas = { from: '2026-12-20', until: '2026-12-31', timeZone: 'UTC' };
    const summer = { from: '2026-07-01', until: '2026-07-31', timeZone: 'UTC' };
    const when = { risk: ['disruptive'], class: ['remote-write-failure'], window: [night, noon], freeze: [summer, christmas] } as unknown as PolicyRule['when'];
    expect(mismatchOf(when, { ...question, at })).toBeUndefined();
    expect(decideRequirement(policy(rule('all', { when })), { ...question, at }).because.en).toBe(
      'risk disruptive, class remote-write-failure, thu 2026-12-24 12:00 (UTC) is within 11:00–13:00 UTC, thu 2026-12-24 12:00 (UTC) is within the freeze 2026-12-20 to 2026-12-31 UTC');
    expect(decideRequirement(policy(rule('any')), question).because.en).toBe('it applies to everything');
  });

  it('the table is the last one', () => {
    expect(decideRequirement(policy(rule('x', { when: { risk: ['safe'] } })), question)).toMatchObject({ requirement: DEFAULT_POLICY.disruptive, rule: 'default for disruptive', because: { en: expect.stringContaining('none of the 1 rules applies') } });
    expect(decideRequirement(DEFAULT_POLICY, { ...question, risk: 'safe' })).toMatchObject({ requirement: { kind: 'automatic' }, because: { en: expect.stringContaining('no rules are configured') } });
  });

  it.each([
    [{ risk: ['safe'] }, 'risk is disruptive, not safe'],
    [{ class: ['disk-full', 'high-memory'] }, 'class is remote-write-failure, not disk-full or high-memory'],
    [{ severity: ['warning'] }, 'severity is critical, not warning'],
    [{ window: [{ from: '09:00', to: '18:00', timeZone: 'Asia/Seoul' }] }, 'it is wed 2026-03-04 21:00 (Asia/Seoul), outside of 09:00–18:00 Asia/Seoul'],
    [{ freeze: [{ from: '2026-12-20', until: '2026-12-31', timeZone: 'UTC' }] }, 'it is wed 2026-03-04 12:00 (UTC), in none of the periods 2026-12-20 to 2026-12-31 UTC'],
  ] as const)('what does not apply says what is otherwise: %j', (when, why) => {
    expect(mismatchOf(structuredClone(when) as unknown as PolicyRule['when'], question)).toBe(why);
  });
});

describe('time windows are on the wall clock of their place', () => {
  const seoul: TimeWindow = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '18:00', timeZone: 'Asia/Seoul' };
  it.each([
    ['2026-03-02T00:00:00Z', true, 'Monday 09:00'],
    ['2026-03-01T23:59:59Z', false, 'Monday 08:59'],
    ['2026-03-02T08:59:59Z', true, 'Monday 17:59'],
    ['2026-03-02T09:00:00Z', false, 'Monday 18:00'],
    ['2026-03-06T00:00:00Z', true, 'Friday'],
    ['2026-03-07T00:00:00Z', false, 'Saturday'],
    ['2026-03-08T23:59:00Z', false, 'still Sunday in UTC, Monday 08:59 there'],
    ['2026-03-09T00:00:00Z', true, 'Monday there'],
  ])('Seoul’s office hours at %s: %s (%s)', (at, within) => {
    expect(isWithin(seoul, at)).toBe(within);
  });

  const friday: TimeWindow = { days: ['fri'], from: '22:00', to: '06:00', timeZone: 'Asia/Seoul' };
  it.each([
    ['2026-03-06T13:00:00Z', true],
    ['2026-03-06T20:59:00Z', true],
    ['2026-03-06T21:00:00Z', false],
    ['2026-03-05T20:00:00Z', false],
    ['2026-03-07T13:00:00Z', false],
  ])('a night belongs to the day on which it begins: %s %s', (at, within) => {
    expect(isWithin(friday, at)).toBe(within);
  });

  it('from and to the same is the whole day, from that hour on', () => {
    const day: TimeWindow = { days: ['mon'], from: '06:00', to: '06:00', timeZone: 'UTC' };
    expect([isWithin(day, '2026-03-02T05:59:00Z'), isWithin(day, '2026-03-02T06:00:00Z'), isWithin(day, '2026-03-03T05:59:00Z'), isWithin(day, '2026-03-03T06:00:00Z')]).toEqual([false, true, true, false]);
  });

  const berlin: TimeWindow = { from: '02:00', to: '04:00', timeZone: 'Europe/Berlin' };
  it.each([
    ['2026-03-29T00:59:59Z', false, '01:59, then the clock jumps'],
    ['2026-03-29T01:00:00Z', true, '03:00: there is no 02:00 that night'],
    ['2026-03-29T01:59:59Z', true, '03:59'],
    ['2026-03-29T02:00:00Z', false, '04:00'],
    ['2026-10-25T00:00:00Z', true, '02:00, the first time'],
    ['2026-10-25T01:00:00Z', true, '02:00, the second time'],
    ['2026-10-25T02:59:59Z', true, '03:59'],
    ['2026-10-25T03:00:00Z', false, '04:00'],
  ])('when the clocks change in Berlin: %s %s (%s)', (at, within) => {
    expect(isWithin(berlin, at)).toBe(within);
  });
});

describe('freezes', () => {
  it('count their dates whole, there', () => {
    const freeze = { from: '2026-12-20', until: '2027-01-04', timeZone: 'Asia/Seoul' };
    expect(['2026-12-19T14:59:59Z', '2026-12-19T15:00:00Z', '2027-01-04T14:59:59Z', '2027-01-04T15:00:00Z'].map((at) => isFrozen(freeze, at))).toEqual([false, true, true, false]);
  });

  it('may begin and end at a minute', () => {
    const freeze = { from: '2026-11-27T18:00', until: '2026-11-30T09:00', timeZone: 'America/New_York' };
    expect(['2026-11-27T22:59:00Z', '2026-11-27T23:00:00Z', '2026-11-30T13:59:00Z', '2026-11-30T14:00:00Z'].map((at) => isFrozen(freeze, at))).toEqual([false, true, true, false]);
  });
});

describe('who may approve', () => {
  const signed = {} as never;
  const named = { kind: 'approval', approvers: 2, roles: [], people: ['minji', 'kim'], deputies: { minji: ['lee'] } } as const;
  const requirement = floored(structuredClone(named) as never, 'disruptive');
  const said = (actor: string) => ({ planId: 'p', planHash: 'h', verdict: 'approve' as const, actor, roles: ['approver' as const], channel: 'cli', at: question.at, signed });
  const standing = (...actors: string[]) => countApprovals(requirement, actors.map(said), (decision) => approverFault(requirement, decision));

  it('those who are named and their deputies, nobody else', () => {
    expect(standing('minji', 'kim').approved).toBe(true);
    expect(standing('lee', 'kim').approved).toBe(true);
    expect(standing('park', 'kim')).toMatchObject({ approved: false, missing: 1, faults: [expect.stringContaining('it takes minji (deputy: lee), or kim')] });
  });

  it('a deputy and whom they stand in for are one voice', () => {
    expect(standing('minji', 'lee')).toMatchObject({ approved: false, missing: 1, faults: [] });
  });

  it('a name proves nothing unsigned', () => {
    const { signed: _signed, ...unsigned } = said('minji');
    expect(approverFault(requirement, unsigned)).toContain('an unsigned message proves no name');
  });

  it('what is safe may go by itself after its deadline; nothing else may', () => {
    const asked = { kind: 'approval', approvers: 1, roles: ['admin'], deadlineMs: 1, atDeadline: 'automatic' } as const;
    expect(floored(structuredClone(asked) as never, 'safe')).toHaveProperty('atDeadline');
    expect(floored(structuredClone(asked) as never, 'disruptive')).not.toHaveProperty('atDeadline');
  });
});
