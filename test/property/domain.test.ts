/** What must hold of the pure core whatever it is given; 13,000 cases, new ones in every run. */
import fc from 'fast-check';
import type { AcceptedDecision, CauseSpec, IncidentStatus, Requirement, TrackedAlert } from '../../workflows/contracts';
import { alertKey, mergeAlerts } from '../../workflows/domain/alerts';
import { openIncident, reduce } from '../../workflows/domain/incident-state';
import { enqueue, grantable, LeaseState } from '../../workflows/domain/lease-queue';
import { planHash } from '../../workflows/domain/plan-hash';
import { checkApprovals, type ApprovalContext } from '../../workflows/domain/policy';
import { rankCauses } from '../../workflows/domain/ranking';
import { TestSigner } from '../support/signing';
import { alerts, conditions, evidence, hashedPlans, incidentEvents, instants } from './arbitraries';
import { changedOneValue, deepFreeze, reversedKeys } from './json';
import { cases } from './runs';

const AT = '2026-02-01T00:00:00.000Z';
const OPENED = { type: 'opened', at: AT, publicId: 'x', workflowId: 'w', firstRunId: 'r', cluster: 'c', failureDomain: 'receive' } as const;

test('reduce never throws, never mutates its argument, and stays plain JSON of bounded size', () => {
  fc.assert(fc.property(fc.array(incidentEvents, { maxLength: 30 }), (events) => {
    let state = openIncident(OPENED);
    for (const event of events) state = reduce(deepFreeze(state), deepFreeze(event));
    expect(JSON.parse(JSON.stringify(state))).toEqual(expect.objectContaining({ phase: state.phase }));
    expect(state.timeline.length).toBeLessThanOrEqual(400);
    expect(state.refusedMessages.length).toBeLessThanOrEqual(50);
  }), cases(3_000));
});

test('terminal stays terminal: nothing changes a closed incident', () => {
  fc.assert(fc.property(fc.array(incidentEvents, { maxLength: 15 }), fc.array(incidentEvents, { maxLength: 15 }), instants, (before, after, at) => {
    const reduced = (state: IncidentStatus, events: typeof before) => events.reduce(reduce, state);
    const closed = reduce(reduced(openIncident(OPENED), before), { type: 'closed', at });
    expect(closed.phase).toBe('closed');
    expect(reduced(closed, after)).toEqual(closed);
  }), cases(1_500));
});

const statusByKey = (merged: readonly TrackedAlert[]) => Object.fromEntries(merged.map((alert) => [alertKey(alert), alert.status]));

test('merged twice, or in another order, alerts are the same alerts', () => {
  fc.assert(fc.property(fc.array(alerts, { maxLength: 8 }), fc.infiniteStream(fc.nat(100)), (incoming, dice) => {
    const once = mergeAlerts([], incoming, AT).alerts;
    expect(mergeAlerts(once, incoming, AT).alerts).toEqual(once);
    const shuffled = [...incoming, ...incoming].map((alert) => ({ alert, at: dice.next().value })).sort((a, b) => a.at - b.at).map(({ alert }) => alert);
    expect(statusByKey(mergeAlerts([], shuffled, AT).alerts)).toEqual(statusByKey(once));
    const oneByOne = shuffled.reduce<TrackedAlert[]>((known, alert) => mergeAlerts(known, [alert], AT).alerts, []);
    expect(statusByKey(oneByOne)).toEqual(statusByKey(once));
  }), cases(2_000));
});

test('however many alerts have come and gone, one that fires is not forgotten for one that has resolved', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 250 }), fc.integer({ min: 1, max: 20 }), (gone, open) => {
    const alert = (fingerprint: string, status: 'firing' | 'resolved') => ({ fingerprint, status, labels: {}, annotations: {}, startsAt: AT });
    const firing = Array.from({ length: open }, (_, index) => alert(`open-${index}`, 'firing'));
    const resolved = Array.from({ length: gone }, (_, index) => alert(`gone-${index}`, 'resolved'));
    const known = mergeAlerts(mergeAlerts([], firing, AT).alerts, resolved, AT).alerts;
    expect(known.length).toBeLessThanOrEqual(100);
    expect(known.filter(({ status }) => status === 'firing')).toHaveLength(open);
  }), cases(200));
});

test('no cause is confirmed or called the root cause while evidence that decides is missing', () => {
  const causes = fc.array(fc.record({ when: conditions, supports: fc.array(conditions, { maxLength: 3 }), contradicts: fc.array(conditions, { maxLength: 2 }) }), { minLength: 1, maxLength: 3 });
  fc.assert(fc.property(causes, fc.array(evidence, { maxLength: 4 }), (given, known) => {
    const text = { en: 'x', ko: 'x' };
    const specs = given.map((rules, index): CauseSpec => ({ ...rules, id: `c${index}`, title: text, explanation: text, confidence: 'high', impact: 'outage', remedies: ['r'], permanentFix: [] }));
    const { causes: ranked, rootCause } = rankCauses({ causes: specs }, known);
    const alone = (spec: CauseSpec) => rankCauses({ causes: [{ ...spec, supports: [], contradicts: [] }] }, known).causes[0];
    for (const cause of ranked) {
      const spec = specs.find(({ id }) => id === cause.id)!;
      const deciding = alone(spec);
      expect(cause.verdict).toBe(deciding?.verdict);
      if (cause.verdict === 'possible') expect(deciding?.missing).not.toEqual([]);
      if (cause.verdict === 'rejected') expect(cause.remedies).toEqual([]);
      if (cause.id === rootCause) expect(cause.verdict).toBe('confirmed');
      expect(cause.confidence).toBeLessThan(1);
    }
    if (known.every(({ status }) => status === 'unanswered')) expect(rootCause).toBe('unknown');
  }), cases(2_000));
});

describe('decisions', () => {
  const signer = new TestSigner();
  const incident = { workflowId: 'incident/c/receive', firstRunId: 'run-1' };
  const context: ApprovalContext = { ...incident, planId: 'p1', planHash: 'hash', temporalNamespace: 'default', keys: [signer.key], acceptUnsigned: false };
  const accepted = (actor: string, key = signer, change: Parameters<TestSigner['sign']>[3] = {}, body: { verdict: 'approve' | 'reject'; planHash: string } = { verdict: 'approve', planHash: 'hash' }): AcceptedDecision =>
    ({ planId: 'p1', planHash: 'hash', verdict: 'approve', actor, roles: ['approver'], channel: 'cli', at: AT, signed: key.sign(incident, 'decide', body, { actor, ...change } as never) });
  const people = ['kim', 'lee', 'park'];
  const valid = people.map((actor) => accepted(actor));
  const stranger = new TestSigner();
  /** Each looks like an approval and is none. */
  const invalid = people.flatMap((actor): AcceptedDecision[] => {
    const { signed: _signed, ...unsigned } = accepted(actor);
    return [
      unsigned,
      accepted(actor, stranger),
      accepted(actor, signer, { roles: ['viewer'] }),
      accepted(actor, signer, { firstRunId: 'run-0' }),
      accepted(actor, signer, { expiresAt: '2026-01-31T00:00:00.000Z' }),
      accepted(actor, signer, {}, { verdict: 'reject', planHash: 'hash' }),
      accepted(actor, signer, {}, { verdict: 'approve', planHash: 'other' }),
      { ...accepted('eve', signer, { roles: ['viewer'] }), actor },
      { ...accepted(actor), planHash: 'other' },
      { ...accepted(actor), planId: 'p2' },
    ];
  });

  test('are never enough with fewer different people than demanded, and none outvotes a rejection', () => {
    const given = fc.array(fc.oneof(fc.constantFrom(...valid), fc.constantFrom(...invalid)), { maxLength: 5 });
    const rejection: AcceptedDecision = { ...accepted('lee'), verdict: 'reject' };
    fc.assert(fc.property(given, fc.integer({ min: 1, max: 3 }), fc.boolean(), (decisions, approvers, rejected) => {
      const requirement: Requirement = { kind: 'approval', approvers, roles: ['approver', 'admin'] };
      const approving = new Set(decisions.filter((decision) => valid.includes(decision)).map(({ actor }) => actor));
      const standing = checkApprovals(requirement, rejected ? [...decisions, rejection] : decisions, context);
      expect(standing.approved).toBe(!rejected && approving.size >= approvers);
      if (!rejected) expect(standing.missing).toBe(Math.max(0, approvers - approving.size));
    }), cases(800));
  });
});

test('a plan’s hash knows no key order and every value', () => {
  fc.assert(fc.property(hashedPlans, fc.nat(), (plan, dice) => {
    expect(planHash(reversedKeys(plan))).toBe(planHash(plan));
    expect(planHash({ ...plan, steps: plan.steps.map((step) => ({ ...step, reason: { en: 'other words', ko: '' } })) })).toBe(planHash(plan));
    expect(planHash(changedOneValue(plan, dice, ['reason']))).not.toBe(planHash(plan));
  }), cases(2_000));
});

test('a lease never has two holders, and its tokens only grow', () => {
  const acts = fc.record({ who: fc.constantFrom('a', 'b', 'c'), what: fc.constantFrom('ask', 'ask', 'release'), after: fc.constantFrom(0, 1, 500, 1_000, 70_000), ttlMs: fc.constantFrom(1, 1_000, 100_000) });
  fc.assert(fc.property(fc.array(acts, { maxLength: 40 }), (sequence) => {
    const state = new LeaseState();
    let now = 1_000;
    let held: { by: string; token: number; until: number } | undefined;
    let greatest = 0;
    for (const { who, what, after, ttlMs } of sequence) {
      now += after;
      state.expire(now);
      if (what === 'release') {
        if (state.holder === who) {
          state.free();
          held = undefined;
        }
        continue;
      }
      const request = { cluster: 'c', failureDomain: 'receive' as const, holder: who, ttlMs };
      enqueue(state, request, now);
      if (!grantable(state, who)) continue;
      state.grant(request, now);
      const stillTheirs = held !== undefined && now < held.until;
      if (stillTheirs) expect(who).toBe(held?.by);
      if (stillTheirs) expect(state.token).toBe(held?.token);
      else expect(state.token).toBeGreaterThan(greatest);
      greatest = state.token;
      held = { by: who, token: state.token, until: now + ttlMs };
    }
  }), cases(2_000));
});
