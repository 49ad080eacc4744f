/**
 * Which rule of a policy decides. For activities, the command line and tests, never for workflow code: it asks `Intl` for
 * the time in other places, and the answer changes with Node's time-zone data (ADR "policy is decided by workers").
 */
import { WEEKDAYS, type FreezePeriod, type Policy, type PolicyCondition, type PolicyRuling, type TimeWindow } from '../contracts/policy';
import type { Text } from '../contracts/text';
import type { Risk } from '../contracts/vocabulary';
import { floored } from './policy';

export interface PolicyQuestion {
  risk: Risk;
  incidentClass: string;
  cluster: string;
  severity: string;
  /** RFC 3339. */
  at: string;
}

/** What policy demands for a plan at a time, by which rule, and why. The first rule that applies decides; the table is the last one. */
export function decideRequirement(policy: Policy, question: PolicyQuestion): PolicyRuling {
  const { risk, at } = question;
  const rule = policy.rules?.find(({ when }) => applies(when, question));
  const requirement = floored(rule?.then ?? policy[risk], risk);
  return { requirement, rule: rule?.name ?? `default for ${risk}`, because: rule ? becauseOf(rule.when, question) : nothingApplied(policy, risk), at };
}

/** Why a rule does not apply: the first thing that it asks for and that is otherwise; undefined when it applies. */
export function mismatchOf(when: PolicyCondition, question: PolicyQuestion): string | undefined {
  const { risk, incidentClass, cluster, severity, at } = question;
  const facts = [['risk', when.risk, risk], ['class', when.class, incidentClass], ['cluster', when.cluster, cluster], ['severity', when.severity, severity]] as const;
  const other = facts.find(([, wanted, found]) => wanted && !(wanted as readonly string[]).includes(found));
  if (other) return `${other[0]} is ${other[2]}, not ${other[1]?.join(' or ')}`;
  if (when.window && !when.window.some((window) => isWithin(window, at))) return `it is ${when.window.map(({ timeZone }) => clockText(at, timeZone)).join(', ')}, outside of ${when.window.map(windowText).join(' and ')}`;
  if (when.freeze && !when.freeze.some((period) => isFrozen(period, at))) return `it is ${when.freeze.map(({ timeZone }) => clockText(at, timeZone))[0]}, in none of the periods ${when.freeze.map(freezeText).join(' and ')}`;
  return undefined;
}

function applies(when: PolicyCondition, question: PolicyQuestion): boolean {
  return mismatchOf(when, question) === undefined;
}

/** Does the window contain this moment? By the wall clock there: an hour that comes twice is in it twice. */
export function isWithin({ days = [...WEEKDAYS], from, to, timeZone }: TimeWindow, at: string): boolean {
  const { weekday, time } = wallClock(at, timeZone);
  const overMidnight = to <= from;
  const begun = time >= from && days.includes(WEEKDAYS[weekday]!);
  if (!overMidnight) return begun && time < to;
  const yesterday = WEEKDAYS[(weekday + 6) % 7]!;
  return begun || (time < to && days.includes(yesterday));
}

/** Dates count whole; the wall clock there decides. */
export function isFrozen({ from, until, timeZone }: FreezePeriod, at: string): boolean {
  const { date, time } = wallClock(at, timeZone);
  const now = `${date}T${time}`;
  return now >= from && (until.includes('T') ? now < until : date <= until);
}

interface WallClock {
  /** `2026-12-20` */
  date: string;
  /** `HH:MM` */
  time: string;
  /** 0 is Monday. */
  weekday: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function wallClock(at: string, timeZone: string): WallClock {
  const known = formats.get(timeZone);
  const format = known ?? new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', weekday: 'short' });
  if (!known) formats.set(timeZone, format);
  const parts = Object.fromEntries(format.formatToParts(new Date(at)).map(({ type, value }) => [type, value]));
  const weekday = WEEKDAYS.indexOf((parts['weekday'] ?? '').toLowerCase() as (typeof WEEKDAYS)[number]);
  return { date: `${parts['year']?.padStart(4, '0')}-${parts['month']}-${parts['day']}`, time: `${parts['hour']}:${parts['minute']}`, weekday };
}

function becauseOf(when: PolicyCondition, { risk, incidentClass, cluster, severity, at }: PolicyQuestion): Text {
  const reasons = [
    ...(when.risk ? [`risk ${risk}`] : []),
    ...(when.class ? [`class ${incidentClass}`] : []),
    ...(when.cluster ? [`cluster ${cluster}`] : []),
    ...(when.severity ? [`severity ${severity}`] : []),
    ...(when.window ?? []).filter((window) => isWithin(window, at)).map((window) => `${clockText(at, window.timeZone)} is within ${windowText(window)}`),
    ...(when.freeze ?? []).filter((period) => isFrozen(period, at)).map((period) => `${clockText(at, period.timeZone)} is within the freeze ${freezeText(period)}`),
  ];
  const all = reasons.join(', ');
  return { en: all || 'it applies to everything', ko: all || '모든 경우에 적용' };
}

function nothingApplied({ rules = [] }: Policy, risk: Risk): Text {
  if (rules.length === 0) return { en: 'no rules are configured, so the default for this risk counts', ko: '설정된 규칙이 없어 위험도별 기본값 적용' };
  return { en: `none of the ${rules.length} rules applies; the table decides by risk: ${risk}`, ko: `규칙 ${rules.length}개 중 해당 없음; 위험도 표에 따름: ${risk}` };
}

function clockText(at: string, timeZone: string): string {
  const { date, time, weekday } = wallClock(at, timeZone);
  return `${WEEKDAYS[weekday]} ${date} ${time} (${timeZone})`;
}

export function windowText({ days, from, to, timeZone }: TimeWindow): string {
  return `${days ? `${days.join(',')} ` : ''}${from}–${to} ${timeZone}`;
}

export function freezeText({ from, until, timeZone }: FreezePeriod): string {
  return `${from} to ${until} ${timeZone}`;
}
