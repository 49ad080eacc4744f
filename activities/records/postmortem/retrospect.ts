import type { Clock, IncidentRecord, IncidentStatus, TimelineEntry } from '../../../workflows/contracts';
import { NOBODY_TO_PAGE } from '../../notify/gateway';
import type { Speaker } from './language';
import { bullets, code } from './markdown';
import { executedPlan, rootCauseOf } from './summary';

/** Longer, and people wait for an alert that is firing: twice the group wait that Alertmanager has by default. */
const LATE_ALERT_MS = 60_000;
/** A decision that takes longer than the whole diagnosis may, is what the recovery waited for. */
const SLOW_DECISION_MS = 5 * 60_000;

/** A fact, and on which side it stands. */
interface Finding {
  well: boolean;
  text: string;
}
type Judge = (record: IncidentRecord, speaker: Speaker) => Array<Finding | undefined>;

/** What went well and what did not: derived from what happened, so that nobody has to remember it or to blame anybody. */
export function retrospect(record: IncidentRecord, speaker: Speaker): string {
  const { say } = speaker;
  const findings = JUDGES.flatMap((judge) => judge(record, speaker)).filter((finding) => finding !== undefined);
  const list = (well: boolean) => {
    const texts = findings.filter((finding) => finding.well === well).map(({ text }) => text);
    return texts.length > 0 ? bullets(texts) : say('Nothing that the facts show.', '기록된 사실에서 확인된 것 없음.');
  };
  return [`### ${say('Well', '잘된 점')}`, list(true), `### ${say('Not so well', '아쉬운 점')}`, list(false)].join('\n\n');
}

const well = (text: string): Finding => ({ well: true, text });
const badly = (text: string): Finding => ({ well: false, text });

const alerting: Judge = ({ durations, incident }, { say, duration }) => {
  const late = duration(durations.toDetect);
  return [
    durations.toDetect > LATE_ALERT_MS
      ? badly(say(`Late alert: it reached Nightshift ${late} after it had begun to fire.`, `늦은 알림: 발생 후 ${late} 만에 Nightshift에 도달했습니다.`))
      : well(say(`The alert arrived ${late} after it had begun to fire.`, `알림 도착까지 걸린 시간: ${late}.`)),
    incident.previous && badly(say(`It is not the first: ${code(incident.previous.publicId)} was before it.`, `처음이 아님: 직전에 ${code(incident.previous.publicId)} 장애가 있었습니다.`)),
  ];
};

const paging: Judge = ({ incident }, { say }) => {
  const paged = entries(incident, 'paged');
  if (paged.length > 0 && paged.every(({ text }) => text.en.endsWith(NOBODY_TO_PAGE))) {
    return [incident.practice ? undefined : badly(say('Nobody was paged: no notification receiver is configured.', '호출 없음: 알림 수신처가 설정되어 있지 않습니다.'))];
  }
  const pages = paged.flatMap(({ fact }) => (fact?.delivered === undefined ? [] : [fact.delivered]));
  const lost = pages.filter((delivered) => !delivered).length;
  if (pages.length === 0) return [];
  return [lost === 0 ? well(say(`All ${pages.length} pages were delivered.`, `호출 ${pages.length}건이 모두 전달되었습니다.`)) : badly(say(`Pages not delivered: ${lost} of ${pages.length}.`, `전달되지 않은 호출: ${pages.length}건 중 ${lost}건.`))];
};

const diagnosis: Judge = ({ incident }, { say, text }) => {
  const named = [...new Set(entries(incident, 'diagnosed').flatMap(({ fact }) => (fact?.cause && fact.cause !== 'unknown' ? [fact.cause] : [])))];
  const cause = rootCauseOf(incident);
  const [first] = named;
  // A cause that another class treats is on the way to the root, not beside it.
  const onTheWay = incident.ledFrom?.some((step) => step.cause === first) ?? false;
  const wrong = cause && first !== undefined && first !== cause.id && !onTheWay;
  const silent = incident.evidence.filter(({ status }) => status === 'unanswered').map(({ probe }) => code(probe));
  return [
    wrong ? badly(say(`Wrong first hypothesis: ${code(first)} was named before “${text(cause.title)}”.`, `첫 가설이 틀림: “${text(cause.title)}” 이전에 ${code(first)}이(가) 지목되었습니다.`)) : undefined,
    cause && !wrong ? well(say('The first cause that was named was the right one.', '처음 지목한 원인이 맞았습니다.')) : undefined,
    cause ? undefined : badly(say('No root cause was found.', '근본 원인을 찾지 못했습니다.')),
    silent.length > 0 ? badly(say(`Probes without an answer: ${silent.join(', ')}.`, `응답하지 않은 점검: ${silent.join(', ')}.`)) : incident.evidence.length > 0 ? well(say(`All ${incident.evidence.length} probes answered.`, `점검 ${incident.evidence.length}건이 모두 응답했습니다.`)) : undefined,
    cause && cause.missing.length > 0 ? badly(say('Evidence that would have decided more surely was missing.', '더 확실히 판단할 수 있는 증거가 없었습니다.')) : undefined,
  ];
};

const decision: Judge = ({ incident }, { say, duration }) => {
  const asked = entries(incident, 'approvalAsked');
  const waits = asked.flatMap(({ at }) => {
    const answer = incident.timeline.find((entry) => entry.event === 'decided' && entry.at >= at);
    return answer ? [Date.parse(answer.at) - Date.parse(at)] : [];
  });
  const longest = waits.length > 0 ? Math.max(...waits) : undefined;
  const reminders = entries(incident, 'reminded').length;
  return [
    longest === undefined
      ? undefined
      : longest > SLOW_DECISION_MS
        ? badly(say(`Slow approval: the plan waited ${duration(longest)} for a decision.`, `느린 승인: 계획이 결정까지 ${duration(longest)} 대기했습니다.`))
        : well(say(`The decision took ${duration(longest)}.`, `결정까지 ${duration(longest)} 걸렸습니다.`)),
    entries(incident, 'deadlinePassed').length > 0 ? badly(say('Nobody decided before the deadline.', '기한 내에 아무도 결정하지 않았습니다.')) : undefined,
    reminders > 0 ? badly(say(`People had to be reminded, times: ${reminders}.`, `담당자에게 재알림이 필요했습니다: ${reminders}회.`)) : undefined,
    incident.decisions.some(({ breakGlass }) => breakGlass) ? badly(say('Policy had to be overridden (break-glass).', '정책을 무시한 긴급 승인(break-glass)이 필요했습니다.')) : undefined,
  ];
};

const treatment: Judge = ({ incident }, { say }) => {
  const plans = new Set(incident.mutations.filter(({ undo }) => !undo).map(({ planId }) => planId));
  const undone = incident.mutations.some(({ undo }) => undo);
  const helped = plans.size === 1 && incident.recoveredAt !== undefined && !undone;
  const stopped = entries(incident, 'executionFailed').length;
  return [
    helped ? well(say('The first remedy helped.', '첫 조치로 복구되었습니다.')) : undefined,
    plans.size > 1 ? badly(say(`It took ${plans.size} plans; the earlier ones did not help.`, `계획 ${plans.size}건이 필요했으며, 앞선 조치는 효과가 없었습니다.`)) : undefined,
    undone ? badly(say('Changes had to be undone.', '변경을 되돌려야 했습니다.')) : undefined,
    stopped > 0 ? badly(say(`Something stopped half-way, times: ${stopped}; the timeline says why.`, `중간에 중단된 작업: ${stopped}건(사유는 타임라인 참고).`)) : undefined,
    entries(incident, 'recoveryRevoked').length > 0 ? badly(say('A recovery did not last.', '복구가 한 번 이상 유지되지 못했습니다.')) : undefined,
    incident.recoveredAt && plans.size > 0 && incident.decisions.length === 0 ? well(say('Nobody had to be asked.', '사람의 결정 없이 복구되었습니다.')) : undefined,
    executedPlan(incident)?.expectedLoss ? badly(say('Data had to be given up; see the impact.', '데이터 유실을 감수해야 했습니다(영향 참고).')) : undefined,
  ];
};

const targets: Judge = ({ incident: { clocks } }, { say }) => {
  const judged = (clock: Clock, name: string) => {
    const met = clock.metAt !== undefined && Date.parse(clock.metAt) <= Date.parse(clock.dueAt);
    return met ? well(say(`The target for ${name} was met.`, `${name} 목표 시간을 지켰습니다.`)) : badly(say(`The target for ${name} was missed.`, `${name} 목표 시간을 지키지 못했습니다.`));
  };
  return [judged(clocks.rootCause, say('the root cause', '근본 원인')), judged(clocks.recovery, say('recovery', '복구'))];
};

const messages: Judge = ({ incident }, { say }) => {
  const refused = incident.refusedMessages.length;
  return [refused > 0 ? badly(say(`Messages that had to be refused: ${refused}.`, `거부된 메시지: ${refused}건.`)) : undefined];
};

const JUDGES: readonly Judge[] = [targets, alerting, paging, diagnosis, decision, treatment, messages];

function entries({ timeline }: IncidentStatus, event: TimelineEntry['event']): TimelineEntry[] {
  return timeline.filter((entry) => entry.event === event);
}
