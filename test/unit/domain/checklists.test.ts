import type { Evidence } from '../../../workflows/contracts';
import { goThrough, openLines } from '../../../workflows/domain/checklists';

const text = (en: string) => ({ en, ko: en });
const answered = (probe: string, fields: Evidence['fields']): Evidence => ({ probe, use: `test.${probe}`, status: 'answered', at: 'x', fields, summary: `${probe} says so.` });
const silent: Evidence = { probe: 'logs', use: 'kubernetes.errorLogs', status: 'unanswered', at: 'x', fields: {}, summary: 'x', error: { type: 'NotAuthorized', message: '403; grant the permission' } };

const CHECKLISTS = [{
  id: 'first-look', title: text('First look'), lines: [
    { id: 'pods', title: text('Pods'), ok: { probe: 'pods', field: 'notReady', is: 0 } },
    { id: 'logs', title: text('Logs'), ok: { probe: 'logs', field: 'withErrors', isEmpty: true }, shows: ['events'] },
  ],
}];

const verdicts = (evidence: Evidence[]) => goThrough(CHECKLISTS, evidence)[0]!.lines.map(({ verdict, because }) => [verdict, because]);

describe('going through a checklist', () => {
  it('says ok, or where to look, with what was seen', () => {
    expect(verdicts([answered('pods', { notReady: 0 }), answered('logs', { withErrors: ['a'] }), answered('events', {})])).toEqual([['ok', ['pods says so.']], ['look-here', ['logs says so.', 'events says so.']]]);
  });

  it('says that nobody answered, and why, instead of guessing', () => {
    expect(verdicts([answered('pods', { notReady: 0 }), silent])[1]).toEqual(['not-answered', ['kubernetes.errorLogs did not answer: 403; grant the permission']]);
    // A field that is not there is no answer either.
    expect(verdicts([answered('pods', {}), silent])[0]).toEqual(['not-answered', ['pods says so.', 'pods says nothing about notReady']]);
    expect(verdicts([])[0]).toEqual(['not-answered', ['pods did not answer']]);
  });

  it('says what this cluster does not have', () => {
    expect(verdicts([answered('pods', { notApplicable: true, notReady: null }), silent])[0]![0]).toBe('not-applicable');
  });

  it('asks what is there although a part of it is not: one that is silent or applies is enough', () => {
    const gone = answered('logs', { notApplicable: true, withErrors: [] });
    expect(verdicts([gone, answered('events', { notApplicable: true })])[1]![0]).toBe('not-applicable');
    expect(verdicts([answered('logs', { withErrors: [] }), answered('events', { notApplicable: true })])[1]![0]).toBe('ok');
    expect(verdicts([silent, answered('events', { notApplicable: true })])[1]![0]).toBe('not-answered');
  });

  it('finds where to look, too', () => {
    expect(openLines(goThrough(CHECKLISTS, [answered('pods', { notReady: 2 }), answered('logs', { withErrors: [] })])).map(({ id }) => id)).toEqual(['pods']);
  });

  it('finds what is open', () => {
    expect(openLines(goThrough(CHECKLISTS, [answered('pods', { notReady: 0 }), silent])).map(({ id }) => id)).toEqual(['logs']);
  });
});
