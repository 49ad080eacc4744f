import path from 'node:path';
import { probes, remedies } from '../../../activities/registry';
import { loadRunbook } from '../../../activities/runbooks/loader';
import type { Evidence, IncidentRecord, Runbook } from '../../../workflows/contracts';
import { reduce } from '../../../workflows/domain/incident-state';
import { whatIf } from '../../../workflows/domain/what-if';
import { fixture } from '../records/records-harness';

const loaded = loadRunbook(path.resolve(__dirname, '../../../runbooks/remote-write-failure.yaml'), { probes, remedies });
if (!loaded.valid) throw new Error('the runbook is broken');
const runbook: Runbook = loaded.runbook;
const CAUSE = 'receivers-own-files-broken';

/** A past incident, judged by this runbook as it is: what an edit changes is then the edit's doing alone. */
function judged(edited: Runbook, record: IncidentRecord = fixture('recovered')) {
  return whatIf(record, edited, runbook);
}

const withCause = (id: string, change: Partial<Runbook['causes'][number]>): Runbook => ({ ...runbook, causes: runbook.causes.map((cause) => (cause.id === id ? { ...cause, ...change } : cause)) });

test('the same runbook changes nothing', () => {
  expect(judged(runbook)).toMatchObject({ publicId: '20261122-5a791f8b', differences: [], decides: false });
});

test('other remedies for the cause that was found: something else would be done', () => {
  const before = runbook.causes.find(({ id }) => id === CAUSE)!.remedies;
  const { differences, decides } = judged(withCause(CAUSE, { remedies: [] }));
  expect(decides).toBe(true);
  expect(differences).toEqual([{ what: 'remedies', before: before.join(','), after: 'none' }]);
});

test('a cause that is gone, and one that is believed less', () => {
  const gone = judged({ ...runbook, causes: runbook.causes.filter(({ id }) => id !== CAUSE) });
  expect(gone.before.rootCause).toBe(CAUSE);
  expect(gone.after.rootCause).not.toBe(CAUSE);
  expect(gone.differences).toContainEqual({ what: 'verdict', cause: CAUSE, before: 'confirmed', after: 'no such cause' });
  const less = judged(withCause(CAUSE, { confidence: 'medium' }));
  expect(less.differences.some(({ what, cause }) => what === 'confidence' && cause === CAUSE)).toBe(true);
});

test('a probe that was not asked then is missing, and said', () => {
  const [first, ...rest] = runbook.probes;
  const asked = judged({ ...runbook, probes: [{ ...first!, id: 'somethingNew' }, ...rest] });
  expect(asked.notAsked).toContain('somethingNew');
});

test('without another runbook to compare with, what was concluded at the time is', () => {
  const record = fixture('recovered');
  const { before } = whatIf(record, runbook);
  expect(before).toMatchObject({ rootCause: CAUSE, causes: record.incident.causes.map(({ id, verdict, confidence }) => ({ id, verdict, confidence })) });
});

describe('what was asked after a change', () => {
  const at = '2026-11-22T00:00:00.000Z';
  const seen = (ready: number): Evidence[] => [{ probe: 'pods', use: 'kubernetes.pods', status: 'answered', at, fields: { ready }, summary: '' }];
  const change = { type: 'stepExecuted', at, planId: 'p1', planHash: 'h', undo: false, result: { stepId: 's', result: 'patched', at, object: { apiVersion: 'v1', kind: 'Pod', namespace: 'n', name: 'p' } } } as never;

  test('does not replace what the diagnosis went by', () => {
    let { incident } = fixture('handed-over');
    incident = { ...incident, mutations: [] };
    const { closedAt: _closedAt, ...open } = incident;
    const first = reduce(open, { type: 'evidenceGathered', at, evidence: seen(1) });
    expect(first.treatedEvidence).toBeUndefined();
    const again = reduce(reduce(first, change), { type: 'evidenceGathered', at, evidence: seen(3) });
    expect(again.treatedEvidence).toEqual(seen(1));
    expect(again.evidence).toEqual(seen(3));
    expect(reduce(again, { type: 'evidenceGathered', at, evidence: seen(2) }).treatedEvidence).toEqual(seen(1));
    expect(whatIf({ ...fixture('handed-over'), incident: again }, { causes: [], probes: [{ id: 'pods', use: 'kubernetes.pods', with: {} }] }).notAsked).toEqual([]);
  });
});
