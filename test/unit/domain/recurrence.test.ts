import type { IncidentStatus, PastIncident, RankedCause } from '../../../workflows/contracts';
import { openIncident } from '../../../workflows/domain/incident-state';
import { currentDetails } from '../../../workflows/domain/current-details';
import { distrusted, earlierFixes, inTrustedOrder, recurrenceText, sameCauseBefore } from '../../../workflows/domain/recurrence';

const text = (en: string) => ({ en, ko: en });
const past = (publicId: string, change: Partial<PastIncident> = {}): PastIncident => ({ publicId, incidentClass: 'high-memory', openedAt: '2026-11-01T00:00:00.000Z', outcome: 'recovered', rootCause: { id: 'head-series', title: text('Too many series') }, remedies: [], openFixes: [], ...change });
const opened = openIncident({ type: 'opened', at: '2026-11-22T03:00:00.000Z', publicId: '20261122-00000001', workflowId: 'w', firstRunId: 'r', cluster: 'cluster-03', failureDomain: 'receive' });
const status = (...before: PastIncident[]): IncidentStatus => ({ ...opened, incidentClass: 'high-memory', past: before });
const CAUSE = { id: 'head-series', remedies: ['resize', 'evict', 'scale'] } as unknown as RankedCause;
const tried = (publicId: string, ...trials: Array<[string, boolean]>) => past(publicId, { remedies: trials.map(([remedy, helped]) => ({ remedy, helped })) });

it('the same root cause is the same class and cause, and never “unknown”', () => {
  const state = status(past('a'), past('b', { incidentClass: 'disk-full' }), past('c', { rootCause: { id: 'other', title: text('x') } }), past('d'));
  expect(sameCauseBefore(state, 'head-series').map(({ publicId }) => publicId)).toEqual(['a', 'd']);
  expect(sameCauseBefore(status(past('a', { rootCause: { id: 'unknown', title: text('x') } })), 'unknown')).toEqual([]);
  expect(sameCauseBefore(opened, 'head-series')).toEqual([]);
});

describe('a remedy that did not help', () => {
  it('once is tried first again; twice it comes last, and stays on offer', () => {
    expect(inTrustedOrder(status(tried('a', ['resize', false])), CAUSE)).toEqual(['resize', 'evict', 'scale']);
    expect(inTrustedOrder(status(tried('b', ['resize', false]), tried('a', ['resize', false])), CAUSE)).toEqual(['evict', 'scale', 'resize']);
    expect(inTrustedOrder(status(tried('a', ['resize', false], ['resize', false])), CAUSE)).toEqual(['evict', 'scale', 'resize']);
  });

  it('is trusted again when it has helped since, and not for what was long before', () => {
    expect([...distrusted(status(tried('c', ['resize', true]), tried('b', ['resize', false]), tried('a', ['resize', false])), 'head-series')]).toEqual([]);
    expect([...distrusted(status(tried('c', ['resize', false]), tried('b', ['resize', false]), tried('a', ['resize', true])), 'head-series')]).toEqual(['resize']);
  });

  it('is judged by the last try also within one incident', () => {
    expect([...distrusted(status(tried('a', ['resize', false], ['resize', false], ['resize', true])), 'head-series')]).toEqual([]);
    expect([...distrusted(status(tried('a', ['resize', true], ['resize', false], ['resize', false])), 'head-series')]).toEqual(['resize']);
  });

  it('for another cause says nothing of this one', () => {
    const other = { rootCause: { id: 'other', title: text('x') }, remedies: [{ remedy: 'resize', helped: false }] };
    expect(inTrustedOrder(status(past('a', other), past('b', other)), CAUSE)).toEqual(['resize', 'evict', 'scale']);
  });
});

describe('what the incident says first', () => {
  it('before the cause is known: that its class was here; afterwards the cause', () => {
    const state = status(past('20261115-00000002'), past('20261101-00000001', { openFixes: ['size-memory'] }));
    expect(recurrenceText(state)?.en).toBe('Not the first of its kind within 30 days: 20261115-00000002, 20261101-00000001; the last time it was “Too many series”.');
    expect(recurrenceText({ ...state, rootCause: 'head-series' })?.en).toBe('The same root cause as 2 times within 30 days: 20261115-00000002, 20261101-00000001; its permanent fix is still open.');
    expect(recurrenceText({ ...state, rootCause: 'something-new' })).toBeUndefined();
    expect(currentDetails({ ...state, rootCause: 'head-series' }).split('\n')[0]).toContain('The same root cause as');
  });

  it('the last one by itself, without a fix where none is open', () => {
    expect(recurrenceText({ ...status(past('20261115-00000002')), rootCause: 'head-series' })?.en).toBe('The same root cause as in 20261115-00000002.');
  });

  it('at most three of them by name', () => {
    const [a, b, c, d] = [past('a'), past('b'), past('c'), past('d')];
    expect(recurrenceText(status(a, b, c))?.en).toContain(': a, b, c; the last time');
    expect(recurrenceText(status(a, b, c, d))?.en).toContain(': a, b, c, …; the last time');
  });

  it('nothing of another class, or of one whose cause was never found', () => {
    const { rootCause: _unfound, ...unfound } = past('b');
    expect(recurrenceText(status(past('a', { incidentClass: 'disk-full' }), unfound))).toBeUndefined();
    expect(recurrenceText({ ...status(past('a')), rootCause: 'unknown' })?.en).toContain('Not the first of its kind');
  });

  it('nothing where it is the first', () => {
    expect(recurrenceText(opened)).toBeUndefined();
  });
});

it('an open fix is that of the earliest incident that proposed it', () => {
  const state = { ...status(past('b', { openFixes: ['ketama'] }), past('a', { openFixes: ['ketama', 'size-memory'] })), rootCause: 'head-series' };
  expect(earlierFixes(state, ['size-memory', 'ketama', 'other'])).toEqual({ 'size-memory': 'a', ketama: 'a' });
});

it('Temporal’s own page shows what is known and what is waited for', () => {
  expect(currentDetails(opened).split('\n\n')).toEqual([`**${opened.title.en}** · cluster-03 · ${opened.severity}`, `phase **${opened.phase}**`, 'root cause: not known yet']);
  const plan = { id: 'p1', title: text('Evict two pods'), risk: 'disruptive', hash: '0123456789abcdef' } as unknown as NonNullable<IncidentStatus['plan']>;
  const causes = [{ ...CAUSE, id: 'other', title: text('Something else'), confidence: 0.2 }, { ...CAUSE, title: text('Too many series'), confidence: 0.934 }];
  const lines = currentDetails({ ...opened, causes, rootCause: 'head-series', plan, outcome: 'recovered', waiting: { for: 'approval', since: 'x', text: text('a decision') } as never }).split('\n\n');
  expect(lines.slice(2)).toEqual(['root cause: Too many series (93 %)', 'plan p1: Evict two pods (disruptive), hash 0123456789ab', 'waiting: a decision']);
  expect(lines[1]).toMatch(/^phase \*\*.+\*\* · .+/);
});
