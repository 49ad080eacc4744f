import type { Evidence, IncidentRecord, IncidentStatus, Plan, RankedCause } from '../../../workflows/contracts';
import { recurrenceText } from '../../../workflows/domain/recurrence';
import type { Speaker } from './language';
import { code, escape, table } from './markdown';
import { IMPACT, IMPACT_CLAUSE, OUTCOME } from './words';

export function rootCauseOf(incident: IncidentStatus): RankedCause | undefined {
  return incident.causes.find((cause) => cause.id === incident.rootCause);
}

/** The plan that changed something; undefined where nothing was executed. */
export function executedPlan(incident: IncidentStatus): Plan | undefined {
  const ids = new Set(incident.mutations.filter(({ undo }) => !undo).map(({ planId }) => planId));
  const plans = incident.plans.flatMap((result) => (result.kind === 'planned' ? [result.plan] : []));
  return [...plans].reverse().find(({ id }) => ids.has(id));
}

export function facts({ incident }: IncidentRecord, { say, text, moment }: Speaker): string {
  const rows: Array<[string, string]> = [
    [say('Incident', '장애 번호'), `${code(incident.publicId)}${incident.practice ? say(' (practice)', ' (연습)') : ''}`],
    [say('Cluster', '클러스터'), escape(incident.cluster)],
    [say('Severity', '심각도'), escape(incident.severity)],
    [say('Outcome', '결과'), incident.outcome ? text(OUTCOME[incident.outcome]) : say('still open', '진행 중')],
    [say('First alert', '최초 알림'), moment(incident.beganAt)],
    [say('Recovered', '복구'), incident.recoveredAt ? moment(incident.recoveredAt) : say('not confirmed', '확인되지 않음')],
    [say('Closed', '종료'), incident.closedAt ? moment(incident.closedAt) : say('not yet', '아직 아님')],
  ];
  if (incident.runbook) rows.push([say('Runbook', '런북'), say(`${code(incident.runbook.id)}, revision ${incident.runbook.revision}`, `${code(incident.runbook.id)}, 개정 ${incident.runbook.revision}`)]);
  if (incident.previous) rows.push([say('Previous incident here', '직전 장애'), `${code(incident.previous.publicId)} (${text(OUTCOME[incident.previous.outcome])})`]);
  const again = recurrenceText(incident);
  if (again) rows.push([say('Has been here before', '재발'), escape(text(again))]);
  return table([say('Item', '항목'), say('Value', '내용')], rows);
}

/** Three sentences that can be read aloud: what happened, why, how it ended. */
export function summary(record: IncidentRecord, speaker: Speaker): string {
  return [whatHappened(record.incident, speaker), whyItHappened(record, speaker), howItEnded(record.incident, speaker)].join(' ');
}

function whatHappened(incident: IncidentStatus, { say, text, moment }: Speaker): string {
  const title = text(incident.title);
  const clause = incident.impact && text(IMPACT_CLAUSE[incident.impact]);
  const [when, cluster] = [moment(incident.beganAt), escape(incident.cluster)];
  return say(`On ${when}, cluster ${cluster} raised the alarm “${title}”${clause ? `; ${clause}` : ''}.`, `${when}에 ${cluster} 클러스터에서 “${title}” 알림이 발생했${clause ? `으며, ${clause}` : '습니다'}.`);
}

function whyItHappened({ incident, durations }: IncidentRecord, { say, text, duration }: Speaker): string {
  const cause = rootCauseOf(incident);
  if (!cause) return say('No root cause was certain enough to be named.', '확정할 수 있는 근본 원인을 찾지 못했습니다.');
  const after = durations.toRootCause === undefined ? undefined : duration(durations.toRootCause);
  const confidence = Math.round(cause.confidence * 100);
  return say(
    `The root cause${after ? `, found after ${after},` : ''} was: “${text(cause.title)}” (confidence ${confidence} %).`,
    `근본 원인은 “${text(cause.title)}”(신뢰도 ${confidence} %)로${after ? `, ${after} 만에` : ''} 확인되었습니다.`,
  );
}

function howItEnded(incident: IncidentStatus, speaker: Speaker): string {
  const { say, text, duration } = speaker;
  const plan = executedPlan(incident);
  const recovered = incident.recoveredAt && duration(Date.parse(incident.recoveredAt) - Date.parse(incident.beganAt));
  if (plan && recovered) {
    const by = approversOf(incident, plan);
    return say(
      `“${text(plan.title)}” was carried out${by ? ` with the approval of ${by}` : ' by policy, without a person'}, and the pipeline was healthy again ${recovered} after the first alert.`,
      `${by ? `${by}의 승인으로` : '정책에 따라 자동으로'} “${text(plan.title)}” 조치를 실행했고, 최초 알림 후 ${recovered} 만에 정상으로 돌아왔습니다.`,
    );
  }
  if (recovered) return say(`Nightshift changed nothing; the pipeline was healthy again ${recovered} after the first alert.`, `Nightshift가 변경한 것은 없으며, 최초 알림 후 ${recovered} 만에 정상으로 돌아왔습니다.`);
  const outcome = incident.outcome ? text(OUTCOME[incident.outcome]) : say('still open', '진행 중');
  return plan
    ? say(`“${text(plan.title)}” was carried out, but a recovery was not confirmed; the incident was ${outcome}.`, `“${text(plan.title)}” 조치를 실행했으나 복구가 확인되지 않았으며, 장애 처리 결과는 “${outcome}”입니다.`)
    : say(`Nothing was changed; the incident was ${outcome}.`, `변경한 것은 없으며, 장애 처리 결과는 “${outcome}”입니다.`);
}

export function approversOf(incident: IncidentStatus, plan: Plan): string {
  const names = incident.decisions.filter(({ planId, verdict }) => planId === plan.id && verdict === 'approve').map(({ actor }) => escape(actor));
  return [...new Set(names)].join(', ');
}

/** What it cost, in numbers; "unknown" where nobody can say. */
export function impact(record: IncidentRecord, speaker: Speaker): string {
  const { incident } = record;
  const { say, text, unknown, duration, percent } = speaker;
  const delivered = lowest(incident.evidence, 'deliveredRatio');
  const lag = highest(incident.evidence, 'lagSeconds');
  const rows: Array<[string, string]> = [
    [say('Kind', '구분'), incident.impact ? text(IMPACT[incident.impact]) : unknown],
    [say('First alert to recovery', '최초 알림부터 복구까지'), incident.recoveredAt ? duration(Date.parse(incident.recoveredAt) - Date.parse(incident.beganAt)) : unknown],
    [say('Samples were late from about', '샘플 지연 시작(추정)'), lateFrom(incident, speaker)],
    [say('Delivered at the time of the diagnosis', '진단 시점 전송 성공률'), delivered === undefined ? unknown : percent(delivered)],
    [say('Agent behind at the time of the diagnosis', '진단 시점 에이전트 지연'), lag === undefined ? unknown : duration(lag * 1_000)],
    ...(record.metrics ? [[say('Agent behind at most', '에이전트 최대 지연'), mostBehind(record.metrics, speaker)] as [string, string]] : []),
    [say('Receivers ready at the time of the diagnosis', '진단 시점 준비된 리시버'), receiversReady(incident.evidence, speaker)],
    [say('Samples lost', '유실된 샘플'), samplesLost(record, speaker)],
    [say('Pods restarted or removed by Nightshift', 'Nightshift가 재시작·제거한 파드'), String(incident.mutations.filter(({ result, undo }) => !undo && (result === 'evicted' || result === 'deleted')).length)],
    [say('Alerts', '알림'), String(incident.alerts.length)],
  ];
  return table([say('Measure', '항목'), say('Value', '값')], rows);
}

/** An agent that is two minutes behind is well (domain section 6). */
const LATE_MS = 120_000;

/** Harm begins before an alert does: at the newest sample that had arrived when the agent was first looked at. */
function lateFrom({ evidence, treatedEvidence = evidence, beganAt, recoveredAt }: IncidentStatus, { say, unknown, duration, moment }: Speaker): string {
  const first = treatedEvidence.find(({ fields }) => typeof fields['lagSeconds'] === 'number');
  if (!first) return unknown;
  const behind = (first.fields['lagSeconds'] as number) * 1_000;
  if (behind <= LATE_MS) return say('they were not late', '지연 없음');
  const from = Date.parse(first.at) - behind;
  const before = duration(Math.max(0, Date.parse(beganAt) - from));
  const until = recoveredAt && duration(Date.parse(recoveredAt) - from);
  return say(
    `${moment(new Date(from).toISOString())}, ${before} before the first alert${until ? `; ${until} until recovery` : ''}`,
    `${moment(new Date(from).toISOString())}, 최초 알림 ${before} 전${until ? `; 복구까지 ${until}` : ''}`,
  );
}

function receiversReady(evidence: readonly Evidence[], { say, unknown }: Speaker): string {
  const pods = evidence.find(({ fields }) => typeof fields['writeQuorum'] === 'number');
  if (!pods) return unknown;
  const [ready, members, readyNeeded] = ['ready', 'members', 'readyNeeded'].map((field) => String(pods.fields[field] ?? unknown));
  return say(`${ready} of ${members} (${readyNeeded} needed for every write)`, `${members}개 중 ${ready}개 (쓰기에 필요한 수 ${readyNeeded}개)`);
}

/** Over the whole time that the metrics tell of, not only when Nightshift looked. */
function mostBehind(metrics: NonNullable<IncidentRecord['metrics']>, { unknown, duration }: Speaker): string {
  return metrics.kind === 'read' && metrics.mostBehindSeconds !== null ? duration(metrics.mostBehindSeconds * 1_000) : unknown;
}

/** Only what is known is said: a loss that was accepted, what the agent counted, rejections that were measured, or a quorum that held. */
function samplesLost({ incident, metrics }: IncidentRecord, speaker: Speaker): string {
  const { say, text, unknown } = speaker;
  const accepted = executedPlan(incident)?.expectedLoss;
  const known = [...(accepted ? [text(accepted)] : []), ...counted(metrics, speaker)];
  if (known.length > 0) return known.join(' ');
  const remoteWrite = incident.evidence.find(({ fields }) => typeof fields['failedRatio'] === 'number');
  const { failedRatio, attemptedPerSecond } = remoteWrite?.fields ?? {};
  if (typeof failedRatio === 'number' && failedRatio > 0 && typeof attemptedPerSecond === 'number') {
    const perSecond = Math.round(failedRatio * attemptedPerSecond);
    return say(`about ${perSecond} a second were rejected for good until recovery`, `복구될 때까지 초당 약 ${perSecond}개가 최종 거부됨`);
  }
  if (incident.impact === 'degraded') return say('none: the write quorum held', '없음: 쓰기 쿼럼이 유지됨');
  if (failedRatio === 0 && incident.recoveredAt) return say('none seen: nothing was rejected, and the agent sent what it had kept', '확인된 유실 없음: 거부된 샘플이 없고 에이전트가 보관분을 전송함');
  return unknown;
}

/** What the agent's own counters say; nothing where neither says anything. */
function counted(metrics: IncidentRecord['metrics'], { say, unknown, moment }: Speaker): string[] {
  if (metrics?.kind !== 'read' || (metrics.samplesFailed === null && metrics.samplesDropped === null)) return [];
  const { samplesFailed, samplesDropped, from } = metrics;
  const [failed, dropped] = [samplesFailed, samplesDropped].map((samples) => samples?.toLocaleString('en-US') ?? unknown);
  return [say(
    `By the agent’s counters since ${moment(from)}: ${failed} rejected for good, ${dropped} dropped before they were sent.`,
    `${moment(from)} 이후 에이전트 카운터 기준: 최종 거부 ${failed}개, 전송 전 폐기 ${dropped}개.`,
  )];
}

function numbers(evidence: readonly Evidence[], field: string): number[] {
  return evidence.flatMap(({ fields }) => (typeof fields[field] === 'number' ? [fields[field]] : []));
}

function lowest(evidence: readonly Evidence[], field: string): number | undefined {
  const found = numbers(evidence, field);
  return found.length > 0 ? Math.min(...found) : undefined;
}

function highest(evidence: readonly Evidence[], field: string): number | undefined {
  const found = numbers(evidence, field);
  return found.length > 0 ? Math.max(...found) : undefined;
}
