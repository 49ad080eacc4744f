import type { Clock, Evidence, IncidentRecord, IncidentStatus, RankedCause } from '../../../workflows/contracts';
import type { Speaker } from './language';
import { bullets, code, escape, table } from './markdown';
import { rootCauseOf } from './summary';
import { VERDICT } from './words';

/** Who, what, when, where, why, how. */
export function fiveW1H({ incident }: IncidentRecord, { say, unknown }: Speaker): string {
  const labels = { who: ['Who', '누가'], what: ['What', '무엇을'], when: ['When', '언제'], where: ['Where', '어디서'], why: ['Why', '왜'], how: ['How it showed', '어떻게'] } as const;
  const rows = Object.entries(labels).map(([field, [en, ko]]) => [say(en, ko), escape(incident.fiveW1H?.[field as keyof typeof labels] ?? unknown)]);
  return table([say('Question', '구분'), say('Answer', '내용')], rows);
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
  const rows = incident.timeline.map(({ at, actor, event, text: what }) => {
    const words = text(what);
    return [time(at), escape(actor), event === 'phaseEntered' ? `**${words}**` : words];
  });
  return table([say('Time (UTC)', '시각(UTC)'), say('Who', '주체'), say('What', '내용')], rows);
}

/** The cause, what speaks for and against it, and what was ruled out. */
export function rootCause({ incident }: IncidentRecord, speaker: Speaker): string {
  const { say, text } = speaker;
  const cause = rootCauseOf(incident);
  const others = incident.causes.filter((candidate) => candidate !== cause);
  const parts = cause
    ? [
        `**${text(cause.title)}** (${say('confidence', '신뢰도')} ${Math.round(cause.confidence * 100)} %)`,
        text(cause.explanation),
        ...evidenceList(say('Evidence for it', '뒷받침하는 증거'), cause.supports, incident.evidence),
        ...evidenceList(say('Evidence against it', '반대되는 증거'), cause.contradicts, incident.evidence, say('none', '없음')),
        ...evidenceList(say('Evidence that is missing', '확보하지 못한 증거'), cause.missing, incident.evidence, say('none', '없음')),
        ...(cause.advice ? [`**${say('Advice', '조언')}:** ${text(cause.advice)}`] : []),
      ]
    : [say('No cause was certain enough to be named. All evidence is in `record.json`.', '확정할 수 있는 원인이 없습니다. 모든 증거는 `record.json`에 있습니다.')];
  if (others.length > 0) parts.push(`### ${say('Alternatives', '검토한 다른 원인')}`, alternatives(others, speaker));
  return parts.join('\n\n');
}

function alternatives(causes: readonly RankedCause[], { say, text }: Speaker): string {
  const why = (cause: RankedCause) => (cause.verdict === 'rejected' ? cause.contradicts : cause.verdict === 'possible' ? cause.missing : [...cause.supports, ...cause.contradicts]);
  const rows = causes.map((cause) => [text(cause.title), text(VERDICT[cause.verdict]), escape(why(cause).join('; '))]);
  return table([say('Cause', '원인'), say('Verdict', '판단'), say('Because', '근거')], rows);
}

function evidenceList(heading: string, seen: readonly string[], evidence: readonly Evidence[], ifNone?: string): string[] {
  if (seen.length === 0) return ifNone === undefined ? [] : [`**${heading}:** ${ifNone}`];
  return [`**${heading}:**\n\n${bullets(byProbe(seen, evidence))}`];
}

/** "receiverPods.ready is 1" belongs to the sentence that the probe said; a reader gets the sentence first. */
function byProbe(seen: readonly string[], evidence: readonly Evidence[]): string[] {
  const groups = new Map<string, string[]>();
  for (const phrase of seen) {
    const probe = evidence.find(({ probe: id }) => phrase.startsWith(`${id}.`))?.probe ?? '';
    groups.set(probe, [...(groups.get(probe) ?? []), probe ? phrase.slice(probe.length + 1) : phrase]);
  }
  return [...groups].flatMap(([probe, phrases]) => {
    const said = evidence.find((item) => item.probe === probe);
    return said ? [`${escape(said.summary)} (${code(probe)}: ${escape(phrases.join('; '))})`] : phrases.map(escape);
  });
}
