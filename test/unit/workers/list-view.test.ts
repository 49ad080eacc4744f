import { listView, nothingOpenView } from '../../../workers/cli/views/list';
import type { IncidentSummary } from '../../../workers/gateway/incident-summary';

const summary = (change: Partial<IncidentSummary> = {}): IncidentSummary => ({
  publicId: '20261122-3f9ab21c', workflowId: 'incident/cluster-03/receive', cluster: 'cluster-03', failureDomain: 'receive', incidentClass: 'remote-write-failure', phase: 'closed', outcome: 'recovered',
  open: false, title: { en: 'Remote write is failing', ko: 'Remote Write 실패' }, severity: 'critical', needsYou: false, beganAt: '2026-11-22T09:30:00.000Z', openedAt: '2026-11-22T09:31:00.000Z', closedAt: new Date().toISOString(), ...change,
});

test('where nothing is open, the last one that closed is named, and how to see the others', () => {
  expect(nothingOpenView({}, summary())).toMatch(/^No open incidents\. The last one: 20261122-3f9ab21c, recovered, closed \d\d:\d\d:\d\d UTC \(0 s ago\)\. Closed ones: npx nightshift list --all$/);
  expect(nothingOpenView({ cluster: 'cluster-03' }, summary({ outcome: undefined, ended: 'terminated' }))).toMatch(/^No open incidents of cluster-03\. The last one: \S+, terminated, /);
  expect(nothingOpenView({ phase: 'approve' }, undefined)).toBe('No open incidents in phase approve.');
});

test('a line says who is needed, or who has it', () => {
  expect(listView([summary({ open: true, phase: 'approve', needsYou: true })])).toContain('approve: NEEDS YOU');
  expect(listView([summary({ open: true, phase: 'waiting', owner: 'kim' })])).toContain('waiting (kim has it)');
});
