import { plus } from '../domain/time';
import { startClocks } from './clocks';
import type { Incident } from './incident';
import { joinStorm } from './storm';

/**
 * An alert that fires while the incident closes belongs to it, and not to nobody. What closing ended begins again: the clocks,
 * the company of the cluster's other incidents, and people are told. Whoever has it keeps it; what was cancelled or merged was
 * what fired before.
 */
export function reopen(incident: Incident): void {
  const reason = { en: 'an alert fired again while the incident was closing', ko: '종료 중 알림이 다시 발생함' };
  incident.closing = false;
  incident.sealed = undefined;
  if (!incident.has('2026-12-ends-that-are-none')) {
    incident.record({ type: 'recoveryRevoked', reason });
    return;
  }
  const { durations } = incident.settings;
  const now = incident.now();
  incident.cancelled = false;
  incident.interruption = undefined;
  incident.leaderOver = undefined;
  incident.record({ type: 'recoveryRevoked', reason, dueAt: { rootCause: plus(now, durations.rootCauseTarget), recovery: plus(now, durations.recoveryTarget) } });
  if (incident.status.leader) incident.record({ type: 'unmerged', reason });
  startClocks(incident);
  joinStorm(incident);
  const { title, owner } = incident.status;
  const next = owner ? { en: `It is still ${owner}'s.`, ko: `담당자는 그대로 ${owner}입니다.` } : { en: 'Diagnosis has begun.', ko: '진단을 시작했습니다.' };
  incident.page('opened', { en: `Reopened: ${title.en}; ${reason.en}. ${next.en}`, ko: `재개: ${title.ko}. ${reason.ko}. ${next.ko}` });
}
