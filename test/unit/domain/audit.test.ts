import type { IncidentEvent, IncidentRecord, PlanResult } from '../../../workflows/contracts';
import { audited, EMPTY_TRAIL, headOf, NOTHING_BEFORE, planDigest, sealed } from '../../../workflows/domain/audit';
import { samplePlan } from '../../support/audited-incident';

const AT = '2026-11-22T03:00:00.000Z';
const text = (en: string) => ({ en, ko: en });
const event = (value: object) => ({ at: AT, ...value }) as IncidentEvent;
const trailOf = (...events: IncidentEvent[]) => events.reduce(audited, EMPTY_TRAIL);
const bodyOf = (value: object) => trailOf(event(value)).entries[0]?.body;

test('each entry follows on the one before it, and names who and when', () => {
  const { entries } = trailOf(event({ type: 'approvalAsked', planId: 'p1' }), event({ type: 'takenOver', actor: 'kim' }));
  expect(entries).toMatchObject([{ n: 0, previous: NOTHING_BEFORE, actor: 'nightshift', at: AT }, { n: 1, actor: 'kim', at: AT }]);
  expect(entries[1]?.previous).toBe(headOf(entries.slice(0, 1)).head);
  expect(headOf(entries)).toMatchObject({ entries: 2 });
  expect(headOf([])).toEqual({ entries: 0, head: NOTHING_BEFORE });
});

test('what is no decision, plan or mutation is left out', () => {
  expect(trailOf(event({ type: 'evidence', evidence: [] }))).toBe(EMPTY_TRAIL);
});

test('a diagnosis is kept by its root cause and the digest of its causes', () => {
  const diagnosed = (causes: unknown[]) => bodyOf({ type: 'diagnosed', rootCause: 'unknown', causes });
  expect(diagnosed([])).toEqual({ rootCause: 'unknown', causesDigest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(diagnosed([{ id: 'x' }])?.['causesDigest']).not.toBe(diagnosed([])?.['causesDigest']);
});

describe('a plan', () => {
  const plan = samplePlan();
  const planned: PlanResult = { kind: 'planned', plan };

  test('that was refused is kept with the reason', () => {
    const result = { kind: 'refused', remedy: 'evict', reason: text('no quorum'), gates: [] } as unknown as PlanResult;
    expect(bodyOf({ type: 'planned', result })).toEqual({ kind: 'refused', remedy: 'evict', reason: 'no quorum', digest: planDigest(result) });
  });

  test('that was made is kept by its hash and digest, with the ruling where policy gave one', () => {
    const body = bodyOf({ type: 'planned', result: planned });
    expect(body).toEqual({ kind: 'planned', remedy: plan.remedy, planId: plan.id, planHash: plan.hash, risk: plan.risk, digest: planDigest(planned) });
    const ruling = { rule: 'night', because: text('x'), requirement: { kind: 'automatic' } };
    expect(bodyOf({ type: 'planned', result: { ...planned, ruling } })).toMatchObject({ ruling });
  });
});

test('a stranger who is refused again and again fills neither the trail nor the place of others', () => {
  const refused = event({ type: 'messageRefused', message: 'decide', reason: 'forged' });
  const trail = trailOf(...Array.from({ length: 205 }, () => refused), event({ type: 'takenOver', actor: 'kim' }));
  expect(trail.leftOut).toBe(5);
  expect(trail.entries).toHaveLength(201);
  expect(trail.entries.at(-1)).toMatchObject({ kind: 'takenOver', actor: 'kim' });
});

test('the seal says how it ended and when, and how much was left out', () => {
  const record = (incident: object) => ({ incident: { publicId: 'i', openedAt: AT, ...incident } }) as unknown as IncidentRecord;
  const [closed] = sealed({ entries: [], leftOut: 3 }, record({ outcome: 'recovered', closedAt: '2026-11-22T04:00:00.000Z' }));
  expect(closed).toMatchObject({ kind: 'sealed', at: '2026-11-22T04:00:00.000Z', body: { publicId: 'i', outcome: 'recovered', refusedMessagesLeftOut: 3 } });
  const [open] = sealed(EMPTY_TRAIL, record({}));
  expect(open).toMatchObject({ at: AT, body: { outcome: 'none', refusedMessagesLeftOut: 0 } });
});
