import type { Evidence, IncidentStatus, MutationRecord, Plan, PlannedStep, RankedCause } from '../../../workflows/contracts';
import { openIncident } from '../../../workflows/domain/incident-state';
import { fixStory, keepLiveChange, keptFields } from '../../../workflows/domain/kept-fields';

const text = (en: string) => ({ en, ko: en });
const object = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'monitoring', name: 'thanos-receive' };
const step: PlannedStep = { id: 's', action: 'patch', object, reason: text('x'), changes: [{ path: '/spec/replicas', old: 3, new: 5 }] };
const KEEPS = { object, edits: [{ path: '/spec/replicas', to: 5, from: 3 }] };
const plan = { id: 'p1', use: 'kubernetes.restoreReplicas', steps: [step], reverts: [{ by: 'argocd', keeps: KEEPS, text: text('x') }] } as unknown as Plan;
const mutation = (change: Partial<MutationRecord>): MutationRecord => ({ step: 's', result: 'patched', object, at: 'x', detail: '', planId: 'p1', planHash: 'h', undo: false, ...change });
const opened = openIncident({ type: 'opened', at: '2026-11-22T03:00:00.000Z', publicId: '20261122-00000001', workflowId: 'w', firstRunId: 'r', cluster: 'cluster-03', failureDomain: 'receive' });
const status = (...mutations: MutationRecord[]): IncidentStatus => ({ ...opened, plans: [{ kind: 'planned', plan }], mutations });

it('what was changed and left so is kept, field by field', () => {
  expect(keptFields(status(mutation({})))).toEqual([{ path: '/spec/replicas', old: 3, new: 5, use: 'kubernetes.restoreReplicas', object }]);
});

it.each([
  ['was there already', [mutation({ result: 'unchanged' })]],
  ['was taken back', [mutation({}), mutation({ step: 'undo-s', undo: true })]],
  ['was never done', []],
])('what %s is not', (_, mutations) => {
  expect(keptFields(status(...mutations))).toEqual([]);
  expect(keepLiveChange(status(...mutations))).toEqual([]);
});

it('a change that a sync loop would take back becomes a fix; one that stays does not', () => {
  expect(keepLiveChange(status(mutation({})))).toMatchObject([{ id: 'keep-live-change', keeps: [KEEPS] }]);
  const { reverts: _reverts, ...stays } = plan;
  expect(keepLiveChange({ ...status(mutation({})), plans: [{ kind: 'planned', plan: stays }] })).toEqual([]);
});

describe('of several plans', () => {
  const other = { ...object, kind: 'ConfigMap', name: 'thanos-receive-hashring' };
  const second: PlannedStep = { id: 's', action: 'patch', object: other, reason: text('x'), changes: [{ path: '/data/hashring.json', old: 'a', new: 'b' }] };
  const evicting: PlannedStep = { id: 'e', action: 'evict', object: { ...object, kind: 'Pod', name: 'thanos-receive-0' }, reason: text('x') };
  const refused = { kind: 'refused', remedy: 'r', reason: text('no'), gates: [] } as unknown as IncidentStatus['plans'][number];
  const two: IncidentStatus = {
    ...opened,
    plans: [refused, { kind: 'planned', plan }, { kind: 'planned', plan: { ...plan, id: 'p2', use: 'kubernetes.restoreHashring', steps: [evicting, second], reverts: [] } }],
    mutations: [mutation({}), mutation({ planId: 'p2', object: other }), mutation({ planId: 'p2', step: 'e' }), mutation({ planId: 'gone' }), mutation({ planId: 'p2', step: 'nobody knows' })],
  };

  it('each field is kept with its own object and remedy, and nothing for a step that patches nothing or that no plan knows', () => {
    expect(keptFields(two)).toEqual([
      { path: '/spec/replicas', old: 3, new: 5, use: 'kubernetes.restoreReplicas', object },
      { path: '/data/hashring.json', old: 'a', new: 'b', use: 'kubernetes.restoreHashring', object: other },
    ]);
  });

  it('an undo that found nothing to take back takes nothing back; one that did is about its own plan only', () => {
    const undo = (planId: string, result: MutationRecord['result']) => mutation({ planId, step: 'undo-s', undo: true, result });
    expect(keptFields({ ...two, mutations: [...two.mutations, undo('p1', 'unchanged')] })).toHaveLength(2);
    expect(keptFields({ ...two, mutations: [...two.mutations, undo('p1', 'patched')] })).toMatchObject([{ object: other }]);
  });

  it('the fix names the objects that a sync loop would change and the incident has kept, and says what to do', () => {
    const warned = (warned: typeof object) => ({ kind: 'planned', plan: { ...plan, id: 'p3', reverts: [{ by: 'flux', keeps: { ...KEEPS, object: warned }, text: text('x') }] } }) as unknown as IncidentStatus['plans'][number];
    const [fix] = keepLiveChange({ ...two, plans: [...two.plans, warned({ ...object, name: 'thanos-query' })] });
    expect(fix?.keeps).toEqual([KEEPS]);
    expect(fix?.title).toEqual({ en: expect.stringContaining('Keep in Git'), ko: expect.stringContaining('Git') });
    for (const said of [fix?.description.en, fix?.description.ko]) expect(said).toContain('StatefulSet monitoring/thanos-receive');
    expect(fix?.description.en).not.toContain('thanos-query');
  });
});

describe('what a commit tells', () => {
  const evidence = (probe: string, answered: Evidence['status'] = 'answered') => ({ probe, status: answered, summary: `${probe} says` }) as Evidence;
  const cause = (id: string, ...supports: string[]) => ({ id, title: text(id), supports }) as unknown as RankedCause;
  const all = [evidence('pods'), evidence('logs'), evidence('logs2'), evidence('query', 'unanswered')];
  const told = (change: Partial<IncidentStatus>) => fixStory({ ...opened, evidence: all, causes: [cause('wrong'), cause('right', 'logs.matched includes noSpace', 'query.lag above 3')], rootCause: 'right', ...change }, 'u', ['20261101-1'], 'now');

  it('the evidence that the cause rests on, of what has answered', () => {
    expect(told({})).toEqual({ title: opened.title, cause: text('right'), evidence: ['logs says'], url: 'u', recurrences: ['20261101-1'], at: 'now' });
  });

  it('all of it, at most eight, where no cause is known or it rests on none of it', () => {
    const { rootCause: _none, ...unknown } = opened;
    expect(fixStory({ ...unknown, evidence: all }, 'u', [], 'now')).toEqual({ title: opened.title, evidence: ['pods says', 'logs says', 'logs2 says'], url: 'u', recurrences: [], at: 'now' });
    expect(told({ rootCause: 'wrong', evidence: Array.from({ length: 12 }, (_, index) => evidence(`p${index}`)) }).evidence).toEqual(Array.from({ length: 8 }, (_, index) => `p${index} says`));
  });

  it('of what was treated, where that is kept, and not of what was seen afterwards', () => {
    expect(told({ treatedCause: cause('treated', 'pods.broken above 0'), treatedEvidence: [evidence('pods'), evidence('logs')], evidence: [] })).toMatchObject({ cause: text('treated'), evidence: ['pods says'] });
  });
});
