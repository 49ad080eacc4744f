import type { IncidentStatus, MutationRecord, Plan, PlannedStep } from '../../../workflows/contracts';
import { openIncident } from '../../../workflows/domain/incident-state';
import { keepLiveChange, keptFields } from '../../../workflows/domain/kept-fields';

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
