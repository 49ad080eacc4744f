import { condition, isCancellation, setHandler, workflowInfo } from '@temporalio/workflow';
import { temporal } from '../activity-calls';
import type { StormNews } from '../contracts/storm';
import type { Text } from '../contracts/text';
import { stormNews } from '../contracts/messages';
import { stormNewsOf } from '../domain/message-shape';
import { plus } from '../domain/time';
import { OUTCOME_TEXT } from '../domain/timeline';
import { firing } from '../domain/alerts';
import type { Incident } from './incident';

export type AfterFollowing = 'resolved' | 'handed-back' | 'in-hands' | 'continue-as-new';

export function registerStorm(incident: Incident): void {
  setHandler(stormNews, (body) => {
    const news = stormNewsOf(body);
    if (news) hear(incident, news);
  });
}

/** A practice incident has no neighbours, and incidents of before the storm guard neither join nor leave. */
function isGuarded(incident: Incident): boolean {
  return incident.configured && !incident.settings.practice && incident.has('2026-11-storm-guard');
}

/** Makes the incident known to the others of its cluster; nothing waits for it. */
export function joinStorm(incident: Incident): void {
  if (!isGuarded(incident)) return;
  const { cluster, workflowId, publicId, failureDomain, alerts } = incident.status;
  const alertnames = [...new Set(firing(alerts).map(({ labels }) => labels['alertname'] ?? ''))].slice(0, MOST_NAMES);
  const { approvalDeadline, resolutionDeadline } = incident.settings.durations;
  incident.beside(temporal.temporalJoinStorm({ cluster, entry: { workflowId, publicId, failureDomain, alertnames, leadsForMs: approvalDeadline + resolutionDeadline } }).catch(unlessCancelled));
}

const MOST_NAMES = 20;

/**
 * Tells those who follow that the incident is over, before its record is written: what people said while it was told would
 * be missing there. A storm that cannot be told ends for each follower by itself.
 */
export function leaveStorm(incident: Incident): void {
  if (!isGuarded(incident)) return;
  const { cluster, workflowId, outcome = 'handed-over' } = incident.status;
  incident.beside(temporal.temporalLeaveStorm({ cluster, workflowId, outcome }).catch(unlessCancelled));
}

/**
 * Follows the leading incident: nothing is diagnosed, planned or asked. Over with its own alerts; handed back when the leader
 * is over and they go on firing, when somebody asks for it, or when the leader takes too long.
 */
export async function followLeader(incident: Incident): Promise<AfterFollowing> {
  const { approvalDeadline, resolutionDeadline } = incident.settings.durations;
  incident.interruption = undefined;
  incident.enter('waiting');
  const { leader } = incident.status;
  incident.wait({ for: 'leader', since: incident.now(), until: plus(incident.now(), approvalDeadline), text: { en: `the leading incident ${leader?.publicId ?? ''}`, ko: `선행 장애 ${leader?.publicId ?? ''}의 복구` } });
  const moved = () => !incident.alertsFiring || incident.resumed || incident.interruption !== undefined || workflowInfo().continueAsNewSuggested;
  // A leader for longer than a decision may take is none: each is then looked at by itself.
  await condition(() => moved() || incident.leaderOver !== undefined, approvalDeadline);
  if (!moved() && incident.leaderOver) await condition(moved, resolutionDeadline);
  incident.wait(undefined);
  const next = after(incident);
  if (next !== 'continue-as-new') incident.following = false;
  return next;
}

function after(incident: Incident): AfterFollowing {
  if (!incident.alertsFiring) {
    const { leader } = incident.status;
    incident.record({ type: 'outcome', outcome: 'merged', reason: { en: `Its alerts ended with the incident ${leader?.publicId ?? ''}, which was treated for both.`, ko: `함께 처리된 선행 장애 ${leader?.publicId ?? ''}와 더불어 알림이 해소되었습니다.` } });
    return 'resolved';
  }
  if (workflowInfo().continueAsNewSuggested && !incident.resumed) return 'continue-as-new';
  incident.record({ type: 'unmerged', reason: whyUnmerged(incident) });
  incident.resumed = false;
  incident.leaderOver = undefined;
  return incident.interruption ? 'in-hands' : 'handed-back';
}

function whyUnmerged({ interruption, resumed, leaderOver }: Incident): Text {
  if (resumed || interruption) return { en: 'somebody asked for it', ko: '담당자 요청' };
  if (!leaderOver) return { en: 'the leading incident takes too long', ko: '선행 장애가 오래 걸림' };
  const how = OUTCOME_TEXT[leaderOver];
  return { en: `the leading incident is over (${how.en}), and its own alerts go on firing`, ko: `선행 장애는 종료되었으나(${how.ko}) 이 장애의 알림이 계속 발생` };
}

function hear(incident: Incident, news: StormNews): void {
  if (incident.closing) return;
  switch (news.kind) {
    case 'lead':
      incident.record({ type: 'stormLed', followers: news.followers });
      return;
    case 'ended':
      if (incident.status.leader?.publicId === news.leader) incident.leaderOver = news.outcome;
      return;
    case 'follow': {
      const { status } = incident;
      // What is being changed is carried through, and what a person has is theirs.
      const busy = status.phase === 'recover' || status.phase === 'verify' || status.phase === 'close' || status.mutations.length > 0;
      if (busy || status.owner !== undefined || incident.cancelled || (status.phase === 'waiting' && !incident.following)) return;
      incident.leaderOver = undefined;
      incident.record({ type: 'merged', leader: news.leader });
      if (!incident.following) incident.interruption = 'merged';
      incident.following = true;
    }
  }
}

function unlessCancelled(error: unknown): void {
  if (isCancellation(error)) throw error;
}
