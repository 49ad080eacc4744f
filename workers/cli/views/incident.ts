import pc from 'picocolors';
import type { IncidentStatus, Locale, RankedCause, Text } from '../../../workflows/contracts';
import type { Retry } from '../../gateway/retries';
import { recurrenceText } from '../../../workflows/domain/recurrence';
import { hhmm } from '../../../workflows/domain/time';
import { unansweredOf } from '../../../workflows/domain/unanswered';
import { wayHere } from '../../../workflows/domain/way-here';
import { clockTime, inLanguage, localeOf, moment, oneLine, span, type Say } from '../terminal';
import { checklistLines } from './checklists';
import { field, item, list } from './layout';
import { nextCommands } from './next';
import { planView } from './plan';
import { toldOnce } from './timeline';

/** An incident's state, and what it tries again at this moment. */
export type ShownStatus = IncidentStatus & { retrying?: readonly Retry[] };

/** What a person needs at 3 a.m. on one screen: what, since when, why, what is planned, and what to type. */
export function incidentView(status: ShownStatus, locale: Locale = localeOf()): string {
  const say = inLanguage(locale);
  const sections = [headerLines, againLines, handOverLines, factLines, causeLines, checklistSection, planLines, retryLines, progressLines, lastLines, nextCommands];
  return sections.flatMap((linesOf) => linesOf(status, say)).join('\n');
}

function headerLines(status: IncidentStatus, say: Say): string[] {
  const { publicId, title, cluster, failureDomain, severity } = status;
  return [`${pc.bold(publicId)}  ${pc.bold(say(title))}`, `${oneLine(cluster)} · ${failureDomain} · ${oneLine(severity)} · ${stateOf(status, say)}`];
}

function stateOf({ phase, outcome, waiting, owner, heldUntil, closedAt }: IncidentStatus, say: Say): string {
  if (phase === 'closed') return pc.bold(`closed: ${outcome ?? 'no outcome'}${closedAt ? `, ${moment(closedAt)}` : ''}`);
  if (owner) return pc.bold(heldUntil ? `paused by ${oneLine(owner)} until ${hhmm(heldUntil)} UTC` : `${oneLine(owner)} has it`);
  if (waiting?.for === 'approval' || waiting?.for === 'person') return pc.bold(pc.yellow(`NEEDS YOU since ${moment(waiting.since)}`));
  if (waiting) return `${phase}: waits for ${say(waiting.text)}${waiting.until ? `, until ${clockTime(waiting.until)}` : ''}`;
  return phase;
}

/** That it has been here before is the first thing to know. */
function againLines(status: IncidentStatus, say: Say): string[] {
  const again = recurrenceText(status);
  return field('Again', again && pc.yellow(oneLine(say(again))));
}

/** Why it is a person's now; the reason stands in the timeline. */
function handOverLines({ phase, timeline }: IncidentStatus, say: Say): string[] {
  const handedOver = phase === 'waiting' ? timeline.findLast(({ event }) => event === 'outcome') : undefined;
  return field('Because', handedOver && oneLine(say(handedOver.text)));
}

function factLines(status: IncidentStatus): string[] {
  const { fiveW1H, beganAt, openedAt, alerts, impact, recoveredAt } = status;
  const names = [...new Set(alerts.filter((alert) => alert.status === 'firing').map(({ labels }) => oneLine(labels['alertname'] ?? '?')))];
  return [
    ...field('Merged', status.leader && `treated with ${oneLine(status.leader.publicId)} (${status.leader.failureDomain}); by itself again: npx nightshift resume`),
    ...field('Leads', status.followers && status.followers.length > 0 ? oneLine(status.followers.join(', ')) : undefined),
    ...field('What', fiveW1H && oneLine(fiveW1H.what)),
    ...field('Since', `${moment(beganAt)}; opened ${clockTime(openedAt)}${recoveredAt ? `; recovered ${clockTime(recoveredAt)}, after ${span(Date.parse(recoveredAt) - Date.parse(openedAt))}` : ''}`),
    ...field('Impact', impact && IMPACT[impact]),
    ...field('Alerts', names.join(', ') || 'none is firing'),
  ];
}

const IMPACT = { outage: pc.red('outage: data is being lost or delayed'), degraded: pc.yellow('degraded: redundancy is gone, nothing is lost yet'), none: 'none yet' };

/** Rows of one table on the screen; the page, the postmortem and --json have them all. */
const ROWS_OF_A_LINE = 4;

/** Everything there is to go on, where nothing is certain. */
function checklistSection({ checklists, evidence, rootCause, phase, alerts }: IncidentStatus, say: Say): string[] {
  if (!checklists || (rootCause !== undefined && rootCause !== 'unknown' && phase !== 'waiting')) return [];
  return ['', ...alertLines(alerts), ...checklistLines(checklists, evidence, say, ROWS_OF_A_LINE), ''];
}

/** Of alerts that nobody knows, everything that they say is all there is to begin with. */
function alertLines(alerts: IncidentStatus['alerts']): string[] {
  const firing = alerts.filter(({ status }) => status === 'firing');
  const said = (texts: Record<string, string>) => Object.entries(texts).filter(([name]) => name !== 'alertname').map(([name, value]) => `${name}=${value}`).join(' · ');
  return list('Said', firing.map(({ labels, annotations, startsAt }) => ['•', oneLine(`${labels['alertname'] ?? '?'} since ${startsAt}: ${said(labels)}${Object.keys(annotations).length > 0 ? ` — ${said(annotations)}` : ''}`)]), 4);
}

function causeLines({ causes, rootCause, evidence, phase, ledFrom, checklists }: IncidentStatus, say: Say): string[] {
  const likely = causes.some(({ verdict }) => verdict !== 'rejected');
  if (checklists && rootCause === 'unknown' && !likely) return field('Cause', 'not found; the checklists below have everything that was seen');
  const [top] = causes;
  if (!top) return field('Cause', rootCause === 'unknown' ? 'not found; the evidence is below' : phase === 'closed' ? undefined : 'being looked for').concat(evidenceLines(evidence));
  // Once a fault is over, nothing fits any more: the first of what does not is no likely one.
  if (rootCause === 'unknown' && !likely) return [...field('Cause', 'not found; what was seen speaks against every cause that is known'), ...evidenceLines(evidence), ...silentLines(evidence)];
  const possible = causes.slice(1).filter(({ verdict }) => verdict === 'possible');
  const rejected = causes.filter(({ verdict }) => verdict === 'rejected');
  return [
    ...field('Cause', rootCause === 'unknown' ? `not certain; most likely: ${say(top.title)} — ${percent(top)}` : `${pc.bold(say(top.title))} — ${percent(top)}, ${top.verdict}`),
    ...field('', say(top.explanation)),
    ...field('By way of', wayHere({ ledFrom }).map(({ title, incidentClass }) => `${say(title)} (${incidentClass})`).join(' → ')),
    ...field('', top.advice && say(top.advice)),
    ...list('Evidence', [...sentences('+', top.supports, evidence), ...sentences('-', top.contradicts, evidence), ...sentences('?', top.missing, evidence)], 6),
    ...silentLines(evidence),
    ...field('Or', possible.slice(0, 2).map((cause) => `${say(cause.title)} (${percent(cause)})`).join('; ')),
    ...field('Not', rejected.slice(0, 4).map((cause) => say(cause.title)).join('; ')),
  ];
}

function silentLines(evidence: IncidentStatus['evidence']): string[] {
  return list('No answer', unansweredOf(evidence).map(({ probes, why }) => ['?', oneLine(`${probes.join(', ')}: ${why}`)]), 4);
}

/** Rules name a probe and a field; a person is better served by the sentence that the probe said. */
function sentences(mark: string, rules: readonly string[], evidence: IncidentStatus['evidence']): Array<readonly [string, string]> {
  const said = rules.map((rule) => {
    const answer = evidence.find(({ probe }) => rule.startsWith(`${probe}.`));
    return oneLine(answer?.status === 'answered' ? answer.summary : rule);
  });
  return [...new Set(said)].map((sentence) => [mark, sentence] as const);
}

function percent({ confidence }: RankedCause): string {
  return `${Math.round(confidence * 100)} %`;
}

function evidenceLines(evidence: IncidentStatus['evidence']): string[] {
  return list('Evidence', evidence.map(({ summary, status, error, use }) => (status === 'answered' ? ['•', oneLine(summary)] : ['?', `${use} did not answer: ${oneLine(error?.message ?? '')}`])), 6);
}

/** The plan in full while somebody has to decide on it; one line afterwards. */
function planLines({ plan, phase, plans, decisions, mutations }: IncidentStatus, say: Say): string[] {
  if (plan && ['plan', 'approve'].includes(phase)) return ['', ...planView(plan, say), ...budgetLines(plan.id, plans, say), ''];
  const refused = plans.flatMap((result) => (result.kind === 'refused' ? [`${oneLine(result.remedy)}: ${say(result.reason)}`] : []));
  return [
    ...field('Plan', plan && `${say(plan.title)} (${plan.risk})`),
    ...list('Decided', decisions.filter(({ planId }) => planId === plan?.id).map(({ actor, verdict, at, reason }) => ['•', `${oneLine(actor)}: ${verdict} at ${clockTime(at)}${reason ? ` — ${oneLine(reason)}` : ''}`])),
    ...list('Done', mutations.map(({ result, object, at, undo }) => ['•', `${object.kind} ${oneLine(`${object.namespace}/${object.name}`)} has been ${undo ? 'put back: ' : ''}${result} at ${clockTime(at)}`]), 6),
    ...(plan ? [] : list('Refused', refused.map((text) => ['✗', text]), 3)),
  ];
}

/** Why somebody is asked about a plan that would go ahead by itself on another day. */
function budgetLines(planId: string, plans: IncidentStatus['plans'], say: Say): string[] {
  const result = plans.findLast((candidate) => candidate.kind === 'planned' && candidate.plan.id === planId);
  const ruling = result?.kind === 'planned' ? result.ruling : undefined;
  return field('Asked', ruling?.budget && pc.yellow(`${oneLine(ruling.rule)}: ${say(ruling.because)}`));
}

const RETRIED: Readonly<Record<string, Text>> = {
  kubernetesPlanRemedy: { en: 'planning', ko: '계획 수립' },
  kubernetesExecuteStep: { en: 'the step', ko: '단계 실행' },
  kubernetesUndoStep: { en: 'undoing', ko: '되돌림' },
  verificationCheck: { en: 'verification', ko: '복구 검증' },
  notifyPage: { en: 'paging', ko: '호출' },
  recordsWrite: { en: 'the record', ko: '기록 저장' },
};

/** Why it takes so long: what was tried in vain, and is tried again. */
function retryLines({ retrying = [] }: ShownStatus, say: Say): string[] {
  return list('So far', retrying.map(({ what, attempt, why }) => ['↻', `${say(RETRIED[what] ?? { en: what, ko: what })} (${attempt}): ${oneLine(why)}`]), 4);
}

const NOT_APPLICABLE = { en: 'Not applicable here', ko: '이 클러스터에는 해당 없음' };

function progressLines({ verification, phase }: IncidentStatus, say: Say): string[] {
  if (!verification || phase === 'approve') return [];
  // What does not hold comes first; what this cluster does not have is said, and takes one line.
  const conditions = verification.conditions.filter(({ notApplicable }) => !notApplicable).sort((a, b) => Number(a.holds) - Number(b.holds));
  const others = verification.conditions.filter(({ notApplicable }) => notApplicable).map(({ title }) => say(title));
  return [
    ...list('Verified', conditions.map(({ holds, title, seen }) => [holds ? pc.green('✓') : pc.red('✗'), `${say(title)}: ${oneLine(seen)}`]), 8),
    ...(others.length > 0 ? item('–', `${say(NOT_APPLICABLE)}: ${others.join('; ')}`) : []),
  ];
}

const LAST_ENTRIES = 3;

function lastLines({ timeline, notes }: IncidentStatus, say: Say): string[] {
  return [
    ...list('Notes', notes.slice(-3).map(({ at, actor, text }) => ['•', `${clockTime(at)} ${oneLine(actor)}: ${oneLine(text)}`])),
    ...list('Last', toldOnce(timeline).slice(-LAST_ENTRIES).map(({ at, text }) => [clockTime(at), say(text)])),
  ];
}
