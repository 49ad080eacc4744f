import type { Clock, Evidence, IncidentRecord, IncidentStatus, RankedCause } from '../../../workflows/contracts';
import { unansweredOf } from '../../../workflows/domain/unanswered';
import { wayHere } from '../../../workflows/domain/way-here';
import type { Speaker } from './language';
import { bullets, code, escape, table } from './markdown';
import { rootCauseOf } from './summary';
import { DOMAIN, VERDICT } from './words';

const QUESTIONS = { who: ['Who', '누가'], what: ['What', '무엇을'], when: ['When', '언제'], where: ['Where', '어디서'], why: ['Why', '왜'], how: ['How it showed', '어떻게'] } as const;
type Question = keyof typeof QUESTIONS;

/** Who, what, when, where, why, how. */
export function fiveW1H({ incident }: IncidentRecord, speaker: Speaker): string {
  const { locale, say, unknown } = speaker;
  // The workflow answers in English; in Korean the same facts are put together here.
  const answers: Partial<Record<Question, string>> = { ...(locale === 'ko' ? inKorean(incident) : incident.fiveW1H), ...told(incident, speaker) };
  const rows = Object.entries(QUESTIONS).map(([question, [en, ko]]) => [say(en, ko), escape(answers[question as Question] ?? unknown)]);
  return table([say('Question', '구분'), say('Answer', '내용')], rows);
}

/** What is known better at the end than when the workflow wrote it down: times for readers, and the evidence that mattered. */
function told(incident: IncidentStatus, { say, moment }: Speaker): Partial<Record<Question, string>> {
  const cause = rootCauseOf(incident);
  const telling = incident.evidence.filter(({ status, probe }) => status === 'answered' && cause?.supports.some((seen) => seen.startsWith(`${probe}.`)));
  const [began, opened] = [moment(incident.beganAt), moment(incident.openedAt)];
  return {
    when: say(`began on ${began}; accepted on ${opened}`, `${began}에 발생, ${opened}에 접수`),
    ...(telling.length > 0 && { how: telling.slice(0, 3).map(({ summary }) => summary).join(' ') }),
  };
}

function inKorean(incident: IncidentStatus): Partial<Record<Question, string>> {
  const labels = (name: string) => [...new Set(incident.alerts.flatMap((alert) => alert.labels[name] ?? []))].slice(0, 5).join(', ');
  const list = (parts: Array<[string, string]>) => parts.filter(([, value]) => value !== '').map(([name, value]) => `${name} ${value}`).join(', ');
  const cause = rootCauseOf(incident);
  return {
    who: list([['클러스터', incident.cluster], ['네임스페이스', labels('namespace')], ['작업', labels('job')], ['테넌트', labels('tenant')], ['파드', labels('pod')]]),
    what: `${incident.title.ko} (${labels('alertname')})`,
    where: list([['장애 영역', DOMAIN[incident.failureDomain]], ['노드', labels('node')], ['볼륨', labels('persistentvolumeclaim')], ['주소', labels('url')]]),
    ...(cause && { why: [`${cause.title.ko} (신뢰도 ${Math.round(cause.confidence * 100)} %)`, ...wayHere(incident).map(({ title }) => `“${title.ko}”을(를) 거쳐 확인`)].join('; ') }),
    ...(incident.fiveW1H && { how: incident.fiveW1H.how }),
  };
}

/** The two promises: a cause in five minutes, recovery in fifteen. */
export function targets({ incident, durations }: IncidentRecord, speaker: Speaker): string {
  const { say, duration } = speaker;
  const row = (name: string, clock: Clock) => [name, duration(Date.parse(clock.dueAt) - Date.parse(incident.openedAt)), ...judged(clock, incident, speaker)];
  const rows = [row(say('Root cause', '근본 원인'), incident.clocks.rootCause), row(say('Recovery', '복구'), incident.clocks.recovery)];
  const detected = say(`The first alert reached Nightshift ${duration(durations.toDetect)} after it began to fire.`, `최초 알림은 발생 후 ${duration(durations.toDetect)} 만에 Nightshift에 도달했습니다.`);
  return `${table([say('Target', '목표'), say('Allowed', '허용'), say('Taken', '소요'), say('Result', '결과')], rows)}\n\n${detected}`;
}

function judged(clock: Clock, { openedAt }: IncidentStatus, { say, duration }: Speaker): [string, string] {
  if (!clock.metAt) return ['–', say('**not reached**', '**달성하지 못함**')];
  const taken = duration(Date.parse(clock.metAt) - Date.parse(openedAt));
  const spare = Date.parse(clock.dueAt) - Date.parse(clock.metAt);
  return spare >= 0 ? [taken, say(`met, ${duration(spare)} to spare`, `달성 (여유 ${duration(spare)})`)] : [taken, say(`**missed by ${duration(-spare)}**`, `**${duration(-spare)} 초과**`)];
}

export function timeline({ incident }: IncidentRecord, { say, text, time }: Speaker): string {
  // The day is said once, and again only where it changes.
  const day = (index: number) => incident.timeline[index]?.at.slice(0, 10);
  const rows = incident.timeline.map(({ at, actor, event, text: what }, index) => {
    const words = text(what);
    return [index > 0 && day(index) !== day(index - 1) ? `${day(index)} ${time(at)}` : time(at), escape(actor), event === 'phaseEntered' ? `**${words}**` : words];
  });
  return table([say('Time (UTC)', '시각(UTC)'), say('Who', '주체'), say('What', '내용')], rows);
}

/** The cause, what speaks for and against it, and what was ruled out. */
export function rootCause({ incident }: IncidentRecord, speaker: Speaker): string {
  const { say, text } = speaker;
  const cause = rootCauseOf(incident);
  const way = wayHere(incident);
  const others = incident.causes.filter((candidate) => candidate !== cause);
  const parts = cause
    ? [
        `**${text(cause.title)}** (${say('confidence', '신뢰도')} ${Math.round(cause.confidence * 100)} %)`,
        text(cause.explanation),
        ...changesBefore(incident.evidence, speaker),
        ...evidenceList(say('Evidence for it', '뒷받침하는 증거'), cause.supports, incident.evidence, speaker),
        ...evidenceList(say('Evidence against it', '반대되는 증거'), cause.contradicts, incident.evidence, speaker, say('none', '없음')),
        ...evidenceList(say('Evidence that is missing', '확보하지 못한 증거'), cause.missing, incident.evidence, speaker, say('none', '없음')),
        ...(cause.advice ? [`**${say('Advice', '조언')}:** ${text(cause.advice)}`] : []),
      ]
    : [say('No cause was certain enough to be named. All evidence is in `record.json`.', '확정할 수 있는 원인이 없습니다. 모든 증거는 `record.json`에 있습니다.')];
  parts.push(...notAnswered(incident.evidence, speaker));
  if (way.length > 0) parts.push(`**${say('Found by way of', '여기까지의 경로')}:** ${way.map(({ incidentClass, title }) => `${text(title)} (${code(incidentClass)})`).join(' → ')}`);
  if (others.length > 0) parts.push(`### ${say('Alternatives', '검토한 다른 원인')}`, alternatives(others, speaker));
  return parts.join('\n\n');
}

/** What could not be looked at when the cause was looked for, and why. */
function notAnswered(evidence: readonly Evidence[], { say }: Speaker): string[] {
  const groups = unansweredOf(evidence);
  return groups.length === 0 ? [] : [`**${say('Not answered', '응답하지 않은 점검')}:**\n\n${bullets(groups.map(({ probes, why }) => `${probes.map(code).join(', ')}: ${escape(why)}`))}`];
}

function alternatives(causes: readonly RankedCause[], { say, text, phrase }: Speaker): string {
  const why = (cause: RankedCause) => (cause.verdict === 'rejected' ? cause.contradicts : cause.verdict === 'possible' ? cause.missing : [...cause.supports, ...cause.contradicts]);
  const rows = causes.map((cause) => [text(cause.title), text(VERDICT[cause.verdict]), [...new Set(why(cause))].map(phrase).join('; ')]);
  return table([say('Cause', '원인'), say('Verdict', '판단'), say('Because', '근거')], rows);
}

/** The first question of any on-call engineer. */
function changesBefore(evidence: readonly Evidence[], { say }: Speaker): string[] {
  const changes = evidence.find(({ use, status }) => use === 'kubernetes.recentChanges' && status === 'answered');
  return changes ? [`**${say('What had changed', '직전 변경 사항')}:** ${escape(changes.summary)}`] : [];
}

function evidenceList(heading: string, seen: readonly string[], evidence: readonly Evidence[], speaker: Speaker, ifNone?: string): string[] {
  if (seen.length === 0) return ifNone === undefined ? [] : [`**${heading}:** ${ifNone}`];
  return [`**${heading}:**\n\n${bullets(byProbe(seen, evidence, speaker))}`];
}

/** "receiverPods.ready is 1" belongs to the sentence that the probe said; a reader gets the sentence first. */
function byProbe(seen: readonly string[], evidence: readonly Evidence[], { phrase }: Speaker): string[] {
  const groups = new Map<string, string[]>();
  for (const phrase of seen) {
    const probe = evidence.find(({ probe: id }) => phrase.startsWith(`${id}.`))?.probe ?? '';
    groups.set(probe, [...(groups.get(probe) ?? []), probe ? phrase.slice(probe.length + 1) : phrase]);
  }
  return [...groups].flatMap(([probe, phrases]) => {
    const said = evidence.find((item) => item.probe === probe);
    return said ? [`${escape(said.summary)} (${code(probe)}: ${[...new Set(phrases)].map(phrase).join('; ')})`] : phrases.map(phrase);
  });
}
