import type { IncidentStatus } from '../../../workflows/contracts';

/** An incident as the gateway tells it, right after it was opened. */
export function initialStatus(change: Partial<IncidentStatus> = {}): IncidentStatus {
  const at = '2026-11-30T03:00:00.000Z';
  return {
    publicId: '20261130-00000001', workflowId: 'incident/cluster-03/query', firstRunId: '00000001-0000-0000-0000-000000000000', cluster: 'cluster-03', failureDomain: 'query', incidentClass: 'slow-query',
    title: { en: 'Queries are slow or fail', ko: '조회 지연 또는 실패' }, severity: 'warning', phase: 'triage', practice: false, beganAt: at, openedAt: at, alerts: [],
    evidence: [], causes: [], plans: [], decisions: [], mutations: [], clocks: { rootCause: { dueAt: at }, recovery: { dueAt: at } }, notes: [], refusedMessages: [], timeline: [],
    ...change,
  };
}
