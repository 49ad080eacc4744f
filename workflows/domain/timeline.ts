import type { Evidence } from '../contracts/evidence';
import type { IncidentEvent, TimelineEntry, TimelineFact } from '../contracts/incident';
import type { PlanResult } from '../contracts/plan';
import type { Text } from '../contracts/text';
import type { Outcome, Phase } from '../contracts/vocabulary';
import { hhmm } from './time';
import { sayUnanswered } from './unanswered';

export const PHASE_TEXT: Record<Phase, Text> = {
  triage: { en: 'Triage: what is wrong, since when, where', ko: '초동 파악(육하원칙)' },
  diagnose: { en: 'Diagnosis', ko: '진단' },
  plan: { en: 'Planning a remedy', ko: '복구 계획 수립' },
  approve: { en: 'Waiting for a decision', ko: '승인 대기' },
  recover: { en: 'Recovery', ko: '즉시 복구' },
  verify: { en: 'Verification', ko: '복구 검증' },
  close: { en: 'Closing', ko: '마무리' },
  waiting: { en: 'In a person’s hands until the alerts resolve', ko: '담당자가 처리 중(알림 해소 대기)' },
  closed: { en: 'Closed', ko: '종료' },
};

export const OUTCOME_TEXT: Record<Outcome, Text> = {
  recovered: { en: 'recovered', ko: '복구됨' },
  'self-healed': { en: 'healed by itself', ko: '자연 복구됨' },
  mitigated: { en: 'mitigated', ko: '완화됨' },
  merged: { en: 'merged into another incident', ko: '다른 장애에 병합됨' },
  'handed-over': { en: 'handed over to a person', ko: '담당자에게 인계됨' },
  cancelled: { en: 'cancelled', ko: '취소됨' },
};

/** Completes "StatefulSet monitoring/x …". */
export const STEP_RESULT_TEXT: Record<string, Text> = {
  evicted: { en: 'has been evicted', ko: '축출됨' },
  deleted: { en: 'has been deleted', ko: '삭제됨' },
  patched: { en: 'has been patched', ko: '변경됨' },
  created: { en: 'has been created', ko: '생성됨' },
  reloaded: { en: 'has reloaded its configuration', ko: '설정을 다시 읽음' },
  unchanged: { en: 'was already as planned', ko: '이미 계획한 상태였음' },
};

/** One sentence for the timeline, in both languages. Exhaustive: a new event cannot be forgotten here. */
export function describeEvent(event: IncidentEvent): Text {
  switch (event.type) {
    case 'opened':
      return { en: `Incident ${event.publicId} opened for ${event.failureDomain} of ${event.cluster}`, ko: `${event.cluster} ${event.failureDomain} 장애 ${event.publicId} 접수` };
    case 'configured':
      return { en: `Root cause is due by ${hhmm(event.rootCauseDueAt)}, recovery by ${hhmm(event.recoveryDueAt)} UTC`, ko: `목표: 근본 원인 ${hhmm(event.rootCauseDueAt)}, 복구 ${hhmm(event.recoveryDueAt)} (UTC)` };
    case 'alertsChanged':
      return same(event.alerts.map((alert) => `${alert.labels.alertname ?? 'alert'} ${alert.status}`).join(', '));
    case 'phaseEntered':
      return PHASE_TEXT[event.phase];
    case 'runbookChosen':
      return { en: `Runbook ${event.id} (revision ${event.revision}): ${event.chosenBecause}`, ko: `런북 ${event.id} (개정 ${event.revision}): ${event.chosenBecause}` };
    case 'triaged':
      return { en: `What fails: ${event.fiveW1H.what}`, ko: `무엇을: ${event.fiveW1H.what}` };
    case 'evidenceGathered':
      return evidenceText(event.evidence);
    case 'diagnosed':
      return diagnosedText(event);
    case 'ledOn':
      return { en: `“${event.from.title.en}” is treated by ${event.to}: the incident goes on as that`, ko: `“${event.from.title.ko}”의 조치는 ${event.to} 런북에 있으므로 그 유형으로 계속 진행` };
    case 'leadRefused':
      return { en: `Does not go on as ${event.to}: ${event.reason.en}`, ko: `${event.to} 유형으로 넘어가지 않음: ${event.reason.ko}` };
    case 'lookedFurther':
      return lookedFurtherText(event);
    case 'planned':
      return plannedText(event.result);
    case 'approvalAsked':
      return askedText(event);
    case 'policyRefused':
      return { en: `Policy does not allow plan ${event.planId} (rule “${event.ruling.rule}”: ${event.ruling.because.en})`, ko: `정책상 계획 ${event.planId} 실행 불가 (규칙 “${event.ruling.rule}”: ${event.ruling.because.ko})` };
    case 'deadlinePassed':
      return event.then === 'automatic'
        ? { en: `Nobody decided on plan ${event.planId} in time; policy lets it go ahead`, ko: `기한 내 결정 없음; 정책에 따라 계획 ${event.planId} 자동 진행` }
        : { en: `Nobody decided on plan ${event.planId} in time; a person has it now`, ko: `기한 내 결정 없음; 계획 ${event.planId} 담당자에게 인계` };
    case 'reminded':
      return remindedText(event);
    case 'decided':
      return decidedText(event);
    case 'messageRefused':
      return { en: `${event.message} refused: ${event.reason}`, ko: `${event.message} 거부: ${event.reason}` };
    case 'noted':
      return same(`“${event.text}”`);
    case 'remedyChosen':
      return { en: `Another remedy was chosen: ${event.remedy}${because(event.reason)}`, ko: `다른 조치 선택: ${event.remedy}${because(event.reason)}` };
    case 'takenOver':
      return takenOverText(event);
    case 'resumed':
      return { en: `Given back to Nightshift${because(event.reason)}`, ko: `Nightshift에 다시 맡김${because(event.reason)}` };
    case 'leaseTaken':
      return { en: `Holds the lease of the failure domain (token ${event.token})`, ko: `장애 영역 임차 획득 (토큰 ${event.token})` };
    case 'leaseReleased':
      return { en: 'Lease released', ko: '임차 반납' };
    case 'stepExecuted':
      return executedText(event);
    case 'executionFailed':
      return { en: `Plan ${event.planId} stopped: ${event.reason}`, ko: `계획 ${event.planId} 중단: ${event.reason}` };
    case 'waitingFor':
      return event.waiting?.text ?? same('');
    case 'verificationStarted':
      return { en: 'Checking whether it helped', ko: '조치 효과 확인 시작' };
    case 'verified':
      return { en: 'Recovered: every condition holds', ko: '복구 확인: 모든 조건 충족' };
    case 'notVerified':
      return { en: `Not recovered: ${event.reason.en}`, ko: `복구되지 않음: ${event.reason.ko}` };
    case 'stabilityConfirmed':
      return { en: 'Still healthy after the stability window', ko: '안정화 기간 후에도 정상' };
    case 'recoveryRevoked':
      return { en: `The recovery did not last: ${event.reason.en}`, ko: `복구가 유지되지 않음: ${event.reason.ko}` };
    case 'previousFound':
      return { en: `The last incident here was ${event.publicId} (${OUTCOME_TEXT[event.outcome].en})`, ko: `직전 장애: ${event.publicId} (${OUTCOME_TEXT[event.outcome].ko})` };
    case 'pastFound':
      return { en: `Incidents of this cluster within 30 days: ${event.past.length}; the last was ${event.past[0]?.publicId ?? ''}`, ko: `30일 안에 이 클러스터에서 발생한 장애: ${event.past.length}건, 최근 ${event.past[0]?.publicId ?? ''}` };
    case 'recurred':
      return recurredText(event);
    case 'merged':
      return { en: `Merged into ${event.leader.publicId} (${event.leader.failureDomain}): many failure domains failed at once, and that one is treated for all`, ko: `${event.leader.publicId}(${event.leader.failureDomain})에 병합: 여러 영역에서 동시에 장애가 발생해 그 장애를 대표로 처리` };
    case 'unmerged':
      return { en: `Looked at by itself again: ${event.reason.en}`, ko: `다시 개별 처리: ${event.reason.ko}` };
    case 'stormLed':
      return event.followers.length > 0
        ? { en: `Is treated for ${event.followers.join(', ')}, too`, ko: `${event.followers.join(', ')}의 대표로 처리` }
        : { en: 'No other incident follows it any more', ko: '함께 처리하던 장애가 더는 없음' };
    case 'clockBreached':
      return event.clock === 'rootCause'
        ? { en: 'The target for the root cause was missed', ko: '근본 원인 목표 시간 초과' }
        : { en: 'The target for recovery was missed', ko: '복구 목표 시간 초과' };
    case 'paged':
      return { en: `Page “${event.kind}” ${event.delivered ? 'delivered' : 'not delivered'}: ${event.detail}`, ko: `호출 “${event.kind}” ${event.delivered ? '전달됨' : '전달되지 않음'}: ${event.detail}` };
    case 'outcome':
      return { en: `Outcome: ${OUTCOME_TEXT[event.outcome].en}. ${event.reason.en}`, ko: `결과: ${OUTCOME_TEXT[event.outcome].ko}. ${event.reason.ko}` };
    case 'permanentFixStarted':
      return { en: `Permanent fix proposed: ${event.fixes.map((fix) => fix.title.en).join('; ')}`, ko: `영구 해결 제안: ${event.fixes.map((fix) => fix.title.ko).join('; ')}` };
    case 'recordWritten':
      return { en: `Record written to ${event.location}`, ko: `기록 저장: ${event.location}` };
    case 'closed':
      return { en: 'Incident closed', ko: '장애 종료' };
  }
}

function recurredText({ incidents, setBack }: Extract<IncidentEvent, { type: 'recurred' }>): Text {
  const back = setBack.length > 0 ? { en: `; did not help twice, and not tried first: ${setBack.join(', ')}`, ko: `; 두 번 효과가 없어 먼저 시도하지 않음: ${setBack.join(', ')}` } : same('');
  return { en: `The same root cause as in ${incidents.join(', ')}${back.en}`, ko: `${incidents.join(', ')}와(과) 같은 근본 원인의 재발${back.ko}` };
}

/** The part of an event that the postmortem judges by. */
export function factOf(event: IncidentEvent): TimelineFact | undefined {
  if (event.type === 'diagnosed') return { cause: event.rootCause };
  return event.type === 'paged' ? { delivered: event.delivered } : undefined;
}

/** A long incident keeps so many entries in the query's answer; the history has them all. */
const MAX_TIMELINE = 400;

/** What a postmortem can do without, first to last; decisions, changes and phases are none of it. */
const DISPENSABLE: ReadonlyArray<ReadonlySet<TimelineEntry['event']>> = [new Set(['reminded', 'paged', 'alertsChanged', 'messageRefused']), new Set(['evidenceGathered', 'leaseTaken', 'triaged'])];

/** Of too many entries the oldest that tells least goes first. */
export function shortened(entries: TimelineEntry[]): TimelineEntry[] {
  if (entries.length <= MAX_TIMELINE) return entries;
  for (const events of DISPENSABLE) {
    const victim = entries.findIndex(({ event }) => events.has(event));
    if (victim !== -1) return entries.filter((_entry, index) => index !== victim);
  }
  return entries.slice(-MAX_TIMELINE);
}

function same(text: string): Text {
  return { en: text, ko: text };
}

function because(reason: string | undefined): string {
  return reason ? ` (${reason})` : '';
}

function evidenceText(evidence: readonly Evidence[]): Text {
  const asked = { en: `${evidence.length} probes asked`, ko: `점검 ${evidence.length}건 수행` };
  const silent = sayUnanswered(evidence);
  if (!silent) return { en: `${asked.en}, all answered`, ko: `${asked.ko}, 모두 응답` };
  return { en: `${asked.en}; ${silent.en}`, ko: `${asked.ko}; ${silent.ko}` };
}

function diagnosedText(event: Extract<IncidentEvent, { type: 'diagnosed' }>): Text {
  const cause = event.causes.find((candidate) => candidate.id === event.rootCause);
  if (!cause) return { en: 'No root cause is certain enough to be named', ko: '확정할 수 있는 근본 원인이 없음' };
  const share = Math.round(cause.confidence * 100);
  return { en: `Root cause: ${cause.title.en} (${share} %)`, ko: `근본 원인: ${cause.title.ko} (${share} %)` };
}

function lookedFurtherText({ from, asked, to }: Extract<IncidentEvent, { type: 'lookedFurther' }>): Text {
  const why = { en: `${from.incidentClass} found nothing to mend (${from.title.en})`, ko: `${from.incidentClass}에서 조치할 것을 찾지 못함(${from.title.ko})` };
  if (to) return { en: `${why.en}: the evidence supports ${to}, and the incident goes on as that`, ko: `${why.ko}: 증거가 ${to} 유형을 가리켜 그 유형으로 계속 진행` };
  return { en: `${why.en}; nor does ${asked.join(', ') || 'any other class'}`, ko: `${why.ko}; ${asked.join(', ') || '다른 유형'}에서도 찾지 못함` };
}

function plannedText(result: PlanResult): Text {
  switch (result.kind) {
    case 'planned':
      return { en: `Plan ${result.plan.id}: ${result.plan.title.en} (${result.plan.risk}, ${result.plan.steps.length} step(s))`, ko: `계획 ${result.plan.id}: ${result.plan.title.ko} (위험도 ${result.plan.risk}, ${result.plan.steps.length}단계)` };
    case 'refused':
      return { en: `Remedy ${result.remedy} is not possible: ${result.reason.en}`, ko: `조치 ${result.remedy} 불가: ${result.reason.ko}` };
    case 'unneeded':
      return { en: `Remedy ${result.remedy} is not needed: ${result.reason.en}`, ko: `조치 ${result.remedy} 불필요: ${result.reason.ko}` };
  }
}

/** The rule is named where one decided; the table by risk explains itself. */
function askedText({ planId, risk, approvers, until, ruling }: Extract<IncidentEvent, { type: 'approvalAsked' }>): Text {
  const frozen = ruling?.requirement.kind === 'never';
  const rule = ruling ? { en: ` (rule “${ruling.rule}”: ${ruling.because.en})`, ko: ` (규칙 “${ruling.rule}”: ${ruling.because.ko})` } : { en: '', ko: '' };
  if (frozen) return { en: `Plan ${planId} is ${risk} and not allowed${rule.en}; it waits for ${approvers} to break the glass until ${hhmm(until)} UTC`, ko: `계획 ${planId} (위험도 ${risk}) 실행 불가${rule.ko}; 긴급 승인 ${approvers}명 대기, 기한 ${hhmm(until)} UTC` };
  return { en: `Plan ${planId} is ${risk} and waits for ${approvers} approver(s) until ${hhmm(until)} UTC${rule.en}`, ko: `계획 ${planId} (위험도 ${risk}): ${approvers}명의 승인 대기, 기한 ${hhmm(until)} UTC${rule.ko}` };
}

function remindedText({ count, level = 1, of }: Extract<IncidentEvent, { type: 'reminded' }>): Text {
  const escalated = level > 1 ? { en: ` (escalation level ${level})`, ko: ` (에스컬레이션 ${level}단계)` } : { en: '', ko: '' };
  if (of === 'hand-over') return { en: `Reminder ${count}: nobody has taken the incident over yet${escalated.en}`, ko: `알림 ${count}회: 아직 인수한 담당자가 없음${escalated.ko}` };
  return { en: `Reminder ${count}: a decision is still needed${escalated.en}`, ko: `알림 ${count}회: 아직 승인이 필요함${escalated.ko}` };
}

function takenOverText({ actor, reason, until }: Extract<IncidentEvent, { type: 'takenOver' }>): Text {
  if (until) return { en: `${actor ?? 'Somebody'} has paused Nightshift until ${hhmm(until)} UTC${because(reason)}`, ko: `${actor ?? '담당자'} 일시 중지, ${hhmm(until)} UTC까지${because(reason)}` };
  return { en: `${actor ?? 'Somebody'} has taken over${because(reason)}; nothing more is executed`, ko: `${actor ?? '담당자'} 인수${because(reason)}; 자동 조치 중단` };
}

function decidedText(event: Extract<IncidentEvent, { type: 'decided' }>): Text {
  const { decision, standing } = event;
  const unsigned = decision.signed ? '' : ' (unsigned)';
  const more = standing === 'waiting' ? { en: '; another approver is needed', ko: '; 추가 승인 필요' } : { en: '', ko: '' };
  const verb = decision.verdict === 'approve' ? { en: 'approved', ko: '승인' } : { en: 'rejected', ko: '거부' };
  const { planId, actor, reason } = decision;
  if (decision.breakGlass) return { en: `BREAK-GLASS: ${actor} overrode policy for plan ${planId}${because(reason)}${more.en}`, ko: `긴급 승인(BREAK-GLASS): ${actor}이(가) 정책을 무시하고 계획 ${planId} 승인${because(reason)}${more.ko}` };
  return {
    en: `${actor}${unsigned} ${verb.en} plan ${planId}${because(reason)}${more.en}`,
    ko: `${actor}${unsigned} 계획 ${planId} ${verb.ko}${because(reason)}${more.ko}`,
  };
}

function executedText(event: Extract<IncidentEvent, { type: 'stepExecuted' }>): Text {
  const { object, result } = event.result;
  const name = `${object.kind} ${object.namespace}/${object.name}`;
  const done = STEP_RESULT_TEXT[result] ?? same(result);
  return { en: `${event.undo ? 'Undo: ' : ''}${name} ${done.en}`, ko: `${event.undo ? '되돌림: ' : ''}${name} ${done.ko}` };
}
