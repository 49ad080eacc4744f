import type { IncidentEvent, IncidentStatus, RankedCause } from '../../../workflows/contracts';
import { openIncident, reduce } from '../../../workflows/domain/incident-state';

const AT = '2026-01-01T03:00:00.000Z';
const text = { en: 'x', ko: 'x' };
const opened = openIncident({ type: 'opened', at: AT, publicId: '20260101-00000000', workflowId: 'w', firstRunId: 'r', cluster: 'c', failureDomain: 'receive' });
const cause = (id: string): RankedCause => ({ id, title: text, explanation: text, confidence: 0.9, verdict: 'confirmed', impact: 'outage', supports: [], contradicts: [], missing: [], remedies: [], permanentFix: [] });
const event = (body: Record<string, unknown>) => ({ at: AT, ...body }) as IncidentEvent;
const after = (...events: IncidentEvent[]): IncidentStatus => events.reduce(reduce, opened);

const diagnosed = (rootCause: string, ...causes: RankedCause[]) => event({ type: 'diagnosed', rootCause, causes });
const changed = event({ type: 'stepExecuted', planId: 'p', planHash: 'h', undo: false, result: { step: 's', result: 'patched', object: { apiVersion: 'v1', kind: 'Pod', namespace: 'n', name: 'x' }, at: AT, detail: '' } });
const outcome = (kind: string) => event({ type: 'outcome', outcome: kind, reason: text });

describe('the root cause that a record names', () => {
  const nothingAnyMore = diagnosed('unknown', { ...cause('other'), verdict: 'rejected' });

  test('is the one that was treated, where a later look at a pipeline that is well finds nothing', () => {
    const status = after(diagnosed('broken', cause('broken')), changed, nothingAnyMore, outcome('recovered'));
    expect(status).toMatchObject({ rootCause: 'broken', causes: [{ id: 'broken' }, { id: 'other' }] });
  });

  test('is the later one, where that found another', () => {
    expect(after(diagnosed('first', cause('first')), changed, diagnosed('second', cause('second')), outcome('recovered')).rootCause).toBe('second');
  });

  test('stays unknown for whoever has it handed over, and where nothing was changed', () => {
    expect(after(diagnosed('broken', cause('broken')), changed, nothingAnyMore, outcome('handed-over')).rootCause).toBe('unknown');
    expect(after(diagnosed('broken', cause('broken')), nothingAnyMore, outcome('recovered')).rootCause).toBe('unknown');
  });
});

describe('what was measured', () => {
  const evidence = (at: string, fields: Record<string, unknown>) => ({ probe: 'p', use: 'u', status: 'answered', at, fields, summary: '' });
  const condition = (seen: string) => ({ id: 'c', title: text, holds: true, seen });

  test('is kept from every look, one number a field, and bounded', () => {
    const gathered = event({ type: 'evidenceGathered', evidence: [evidence(AT, { deliveredRatio: 0, lagSeconds: 312.5, ready: 1, other: 3 }), evidence(AT, { deliveredRatio: 1, lagSeconds: null })] });
    const verified = event({ type: 'verified', conditions: [condition('delivery.running is true; delivery.deliveredRatio is 0.998'), condition('delivery.lagSeconds is 3.2'), condition('agent says ready is 7 or so')] });
    const { measured } = after(gathered, verified);
    expect(measured?.map(({ field, value }) => [field, value])).toEqual([['deliveredRatio', 0], ['lagSeconds', 312.5], ['ready', 1], ['deliveredRatio', 0.998], ['lagSeconds', 3.2]]);
    expect(after(...Array.from({ length: 100 }, () => gathered)).measured).toHaveLength(120);
    expect(after().measured).toBeUndefined();
  });
});

describe('a timeline that grows long', () => {
  test('forgets reminders and pages before it forgets a decision, a change or a phase', () => {
    const telling = [event({ type: 'phaseEntered', phase: 'recover' }), changed];
    const noise = Array.from({ length: 1_000 }, () => event({ type: 'messageRefused', message: 'approve', reason: 'forged' }));
    const { timeline } = after(...telling, ...noise);
    expect(timeline).toHaveLength(400);
    expect(timeline.slice(0, 3).map(({ event: name }) => name)).toEqual(['opened', 'phaseEntered', 'stepExecuted']);
  });
});
