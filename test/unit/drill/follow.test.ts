import { NotClosedInTime, seeThrough } from '../../../infra/drill/follow';
import { resultOf, type Drilled } from '../../../infra/drill/result';
import { initialStatus } from './statuses';
import type { IncidentStatus } from '../../../workflows/contracts';

const text = (en: string) => ({ en, ko: en });
const LEADER = { workflowId: 'incident/cluster-03/receive', publicId: '20261130-leader00', failureDomain: 'receive' as const };
const HANDED = { at: '2026-11-30T03:04:00.000Z', actor: 'nightshift', event: 'outcome' as const, phase: 'waiting' as const, text: text('Outcome: handed over to a person. Restart the query frontend did not help.') };

/** Answers each question about an incident with its next state; the last one stays. */
function nightshift(courses: Record<string, ReadonlyArray<Partial<IncidentStatus>>>) {
  const asked = new Map<string, number>();
  const approved: string[] = [];
  return {
    approved,
    requireRunning: () => undefined,
    incident: (publicId: string) => {
      const course = courses[publicId];
      if (!course) return Promise.reject(new Error('404'));
      const index = Math.min(asked.get(publicId) ?? 0, course.length - 1);
      asked.set(publicId, index + 1);
      return Promise.resolve(initialStatus({ publicId, ...course[index] }));
    },
    cli: ([, publicId = '']: readonly string[]) => {
      approved.push(publicId);
      return Promise.resolve({ code: 0, stdout: '', stderr: '' });
    },
  };
}

const quietly = { say: () => undefined };

describe('seeing an incident through', () => {
  it('goes on with the incident that it is merged into, decides there, and answers with that one', async () => {
    const handedOver: string[] = [];
    const looked: string[] = [];
    const plan = { id: `${LEADER.publicId}-p1`, risk: 'disruptive' } as IncidentStatus['plan'];
    const all = nightshift({
      first: [{ phase: 'diagnose' }, { phase: 'waiting', leader: LEADER }, { phase: 'closed', outcome: 'merged', leader: LEADER }],
      [LEADER.publicId]: [{ phase: 'approve', waiting: { for: 'approval', since: HANDED.at, text: text('a decision') }, ...(plan && { plan }) }, { phase: 'verify' }, { phase: 'closed', outcome: 'recovered' }],
    });
    const status = await seeThrough(all, 'first', { ...quietly, onLook: ({ publicId }) => void looked.push(publicId), onHandOver: ({ publicId }) => Promise.resolve(void handedOver.push(publicId)) });
    expect(status).toMatchObject({ publicId: LEADER.publicId, outcome: 'recovered' });
    expect(all.approved).toEqual([LEADER.publicId]);
    expect(new Set(looked)).toEqual(new Set(['first', LEADER.publicId]));
    // It waited for its leader, and nobody had to do anything about it.
    expect(handedOver).toEqual([]);
  });

  it('answers with the incident itself where that was given back and ended by itself', async () => {
    const all = nightshift({
      first: [{ phase: 'waiting', leader: LEADER }, { phase: 'diagnose' }, { phase: 'closed', outcome: 'recovered' }],
      [LEADER.publicId]: [{ phase: 'closed', outcome: 'handed-over' }],
    });
    expect(await seeThrough(all, 'first', quietly)).toMatchObject({ publicId: 'first', outcome: 'recovered' });
    const stuck = nightshift({ first: [{ phase: 'waiting', leader: LEADER }], [LEADER.publicId]: [{ phase: 'closed', outcome: 'recovered' }] });
    await expect(seeThrough(stuck, 'first', { ...quietly, closedWithinMs: 0 })).rejects.toMatchObject({ publicId: 'first' });
  });

  it('says of one that does not close how it stands and why it waits', async () => {
    const all = nightshift({ first: [{ phase: 'waiting', outcome: 'handed-over', rootCause: 'frontend-cache-wrong', waiting: { for: 'person', since: HANDED.at, text: text('a person') }, timeline: [HANDED] }] });
    const error = await seeThrough(all, 'first', { ...quietly, closedWithinMs: 0 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NotClosedInTime);
    const { message, status } = error as NotClosedInTime;
    expect(status?.publicId).toBe('first');
    expect(message.split('\n')[0]).toBe('The incident first did not close within 0 s: waiting, cause frontend-cache-wrong; waits for a person; Outcome: handed over to a person. Restart the query frontend did not help.');
    expect(message).toContain('03:04:00 Outcome');
  });

  it('says of one that never answered that it did not', async () => {
    await expect(seeThrough(nightshift({}), 'first', { ...quietly, closedWithinMs: 0 })).rejects.toThrow('did not close within 0 s: no answer');
  });
});

describe('what a drill makes of it', () => {
  const answer = { set: 'rest' as const, cause: ['frontend-cache-wrong'], forbidden: [], outcome: ['recovered' as const] };
  const cause = (id: string) => ({ id, title: text(id), explanation: text(id), confidence: 0.9, verdict: 'confirmed' as const, impact: 'outage' as const, supports: [], contradicts: [], missing: [], remedies: [], permanentFix: [] });
  const drilled = (status: IncidentStatus, change: Partial<Drilled> = {}) => resultOf({ fault: 'f', seed: 1, factor: 0.05, answer, status, injectedAt: Date.parse(status.openedAt), faults: [], diagnosis: { causes: [cause('other'), cause('frontend-cache-wrong')], rootCause: 'other', ablation: [] }, late: [], ...change });

  it('one that is still open has a row with its cause, rank and phase, and its problem first', () => {
    const result = drilled(initialStatus({ phase: 'waiting', outcome: 'handed-over', timeline: [HANDED] }), { late: ['The incident x did not close'] });
    expect(result).toMatchObject({ foundCause: 'other', rank: 2, outcome: 'open (waiting)' });
    expect(result.problems).toEqual(['The incident x did not close', 'found other, expected frontend-cache-wrong (rank 2)', `outcome open (waiting), expected recovered: ${HANDED.text.en}`]);
  });

  it('another outcome than the expected one brings its reason', () => {
    expect(drilled(initialStatus({ phase: 'closed', outcome: 'handed-over', timeline: [HANDED] })).problems.at(-1)).toBe(`outcome handed-over, expected recovered: ${HANDED.text.en}`);
    expect(drilled(initialStatus({ phase: 'closed', outcome: 'recovered', timeline: [HANDED] })).problems.join()).not.toContain('did not help');
  });
});
