import fc from 'fast-check';
import type { AcceptedDecision, PolicyCondition, PolicyRule, Requirement } from '../../workflows/contracts';
import { INCIDENT_CLASSES, RISKS } from '../../workflows/contracts/vocabulary';
import { WEEKDAYS } from '../../workflows/contracts/policy';
import { approverFault } from '../../workflows/domain/approvers';
import { countApprovals, DEFAULT_POLICY } from '../../workflows/domain/policy';
import { decideRequirement, isWithin } from '../../workflows/domain/policy-rules';
import { instants } from './arbitraries';
import { cases } from './runs';

const PEOPLE = ['kim', 'lee', 'minji'];
const roles = fc.subarray<'approver' | 'admin'>(['approver', 'admin']);
const people = fc.subarray(PEOPLE);
const timeZone = fc.constantFrom('Asia/Seoul', 'UTC', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Chatham');
const timeOfDay = fc.tuple(fc.nat(23), fc.nat(59)).map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
const window = fc.record({ days: fc.subarray([...WEEKDAYS]), from: timeOfDay, to: timeOfDay, timeZone });
const day = instants.map((at) => at.slice(0, 10));
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(fc.array(value, { maxLength: 2 }), { nil: undefined });

const when = fc.record({ risk: optional(fc.constantFrom(...RISKS)), class: optional(fc.constantFrom(...INCIDENT_CLASSES)), cluster: optional(fc.constantFrom('c', 'd')), severity: optional(fc.constantFrom('critical', 'warning')), window: optional(window), freeze: optional(fc.record({ from: day, until: day, timeZone })) }) as fc.Arbitrary<PolicyCondition>;
const breakGlass = fc.record({ approvers: fc.integer({ min: -1, max: 3 }), roles, people });
const then: fc.Arbitrary<Requirement> = fc.oneof(
  fc.constantFrom<Requirement>({ kind: 'automatic' }, { kind: 'observe-only' }, { kind: 'never' }),
  breakGlass.map((glass): Requirement => ({ kind: 'never', breakGlass: glass })),
  fc.record({ kind: fc.constant('approval' as const), approvers: fc.integer({ min: -1, max: 3 }), roles, people, deputies: fc.dictionary(fc.constantFrom(...PEOPLE), people), breakGlass, deadlineMs: fc.constant(1), atDeadline: fc.constant('automatic' as const) }),
);
const rules: fc.Arbitrary<PolicyRule[]> = fc.array(fc.record({ name: fc.string(), when, then }), { maxLength: 4 });
const policies = fc.record({ safe: then, disruptive: then, destructive: then, rules });
const questions = fc.record({ incidentClass: fc.constantFrom(...INCIDENT_CLASSES), cluster: fc.constantFrom('c', 'd'), severity: fc.constantFrom('critical', 'warning'), at: instants });
const decisions = (who: fc.Arbitrary<string>): fc.Arbitrary<AcceptedDecision[]> =>
  fc.array(
    fc.record({ actor: who, roles, breakGlass: fc.boolean(), reason: fc.constantFrom('', 'r') }).map(({ breakGlass: broken, ...rest }) => ({ planId: 'p', planHash: 'h', verdict: 'approve' as const, channel: 'cli', at: '2026-01-01T00:00:00Z', signed: {} as never, ...rest, ...(broken && { breakGlass: true as const }) })),
    { maxLength: 5 },
  );

test('no rules and no table yield less than two people for what is destructive', () => {
  fc.assert(
    fc.property(policies, questions, (policy, question) => {
      const { requirement } = decideRequirement(policy, { ...question, risk: 'destructive' });
      expect(requirement.kind).not.toBe('automatic');
      if (requirement.kind === 'approval') expect(requirement.approvers).toBeGreaterThanOrEqual(2);
      if ('breakGlass' in requirement && requirement.breakGlass) expect(requirement.breakGlass.approvers).toBeGreaterThanOrEqual(2);
      expect(requirement).not.toHaveProperty('atDeadline');
    }),
    cases(5_000),
  );
});

test('nothing that one person does is enough for what is destructive', () => {
  fc.assert(
    fc.property(policies, questions, fc.constantFrom(...PEOPLE).chain((actor) => decisions(fc.constant(actor))), (policy, question, said) => {
      const { requirement } = decideRequirement(policy, { ...question, risk: 'destructive' });
      expect(countApprovals(requirement, said, (decision) => approverFault(requirement, decision)).approved).toBe(false);
    }),
    cases(5_000),
  );
});

test('what is disruptive takes somebody, unless a rule or the table says automatic', () => {
  fc.assert(
    fc.property(policies, questions, (policy, question) => {
      const { requirement } = decideRequirement(policy, { ...question, risk: 'disruptive' });
      if (requirement.kind !== 'automatic') expect(countApprovals(requirement, [], () => undefined).approved).toBe(false);
    }),
    cases(2_000),
  );
});

test('a window and the rest of its day share every minute, in every time zone and over every change of the clock', () => {
  fc.assert(
    fc.property(timeOfDay, timeOfDay, timeZone, instants, (from, to, zone, at) => {
      fc.pre(from !== to);
      expect(isWithin({ from, to, timeZone: zone }, at)).toBe(!isWithin({ from: to, to: from, timeZone: zone }, at));
    }),
    cases(5_000),
  );
});

test('the ruling is the same for the same question, and names a rule', () => {
  fc.assert(
    fc.property(policies, questions, fc.constantFrom(...RISKS), (policy, question, risk) => {
      const ruling = decideRequirement(policy, { ...question, risk });
      expect(decideRequirement(structuredClone(policy), { ...question, risk })).toEqual(ruling);
      expect([...policy.rules.map(({ name }) => name), `default for ${risk}`]).toContain(ruling.rule);
      expect(decideRequirement(DEFAULT_POLICY, { ...question, risk }).rule).toBe(`default for ${risk}`);
    }),
    cases(1_000),
  );
});
